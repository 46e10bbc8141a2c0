"""benchbuilder.sources.arena_hard: both layouts come out as the same frames."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchbuilder.sources.arena_hard import (
    ANSWER_SCHEMA,
    JUDGMENT_SCHEMA,
    QUESTION_SCHEMA,
    REJECTION_SCHEMA,
)

SIDES = ("question_ref", "model", "baseline", "judge")
GAME = ("baseline_first", "is_order_known", "replicate", "verdict", "reason", "judge_text", "line")


def test_questions_of_v01(v01: Path, read: Any) -> None:
    """The first turn is the text, the cluster the topic."""
    assert read(v01).questions.rows() == [
        ("q1", "Rhyme on moss.", "arena-hard-v0.1", "Rhymes", 1),
        ("q2", "Add 3 and 4.", "arena-hard-v0.1", "Sums", 2),
    ]


def test_answers_of_v01(v01: Path, read: Any) -> None:
    """Counts come from conv_metadata with sub-counts added up; what it lacks is null, and so is all without it."""
    assert read(v01).answers.rows() == [
        ("q1", "newt", "Boss, gloss.", 5, 3, 3, None, 1),
        ("q2", "newt", "Seven.", None, None, None, None, 2),
    ]


def test_judgments_of_v01(v01: Path, read: Any) -> None:
    """The baseline is arena-hard-v0.1's; the first game shows it first; a null score and a null game are unreadable."""
    judgments = read(v01).judgments
    assert set(judgments.select(SIDES).rows()) == {(ref, "newt", "gpt-4-0314", "owl") for ref in ("q1", "q2")}
    assert judgments.select(GAME).rows() == [
        (True, True, 0, "B>A", None, "B is clearer: [[B>A]]", 1),
        (False, True, 0, "A>>B", None, "Mine: [[A>>B]]", 1),
        (True, True, 0, None, "no_verdict", "hm", 2),
        (False, True, 0, None, "missing", None, 2),
    ]


def test_v20(v20: Path, read: Any) -> None:
    """The last message is the answer, mirrored scores are read as what they say, games beyond two are replicates."""
    reading = read(v20)
    assert reading.questions.rows() == [
        ("u1", "Sort a list.", "hard_prompt", "coding", 1),
        ("u2", "A tale.", "creative_writing", "creative_writing", 2),
    ]
    assert reading.answers.rows() == [
        ("u1", "toad", "sorted(x)", 3, 0, 3, 5, 1),
        ("u2", "toad", "Once.", None, None, None, None, 2),
    ]
    assert set(reading.judgments.select(SIDES).rows()) == {("u1", "toad", "frog", "org/heron")}
    assert reading.judgments.select(GAME).rows() == [
        (True, True, 0, "B>A", None, "[[A<B]]", 1),
        (False, True, 0, "A=B", None, "[[B=A]]", 1),
        (True, True, 1, "A>>B", None, "[[B<<A]]", 1),
        (False, True, 1, None, "unknown_verdict", None, 1),
    ]


def test_files_come_one_by_one_with_questions_first(v20: Path, read: Any) -> None:
    """A part names its file from the parent of the path on, and counts its records; frames have their schemas."""
    parts = read(v20).parts
    assert [(part.file, part.count_records) for part in parts] == [
        ("small-v2.0/question.jsonl", 2),
        ("small-v2.0/model_answer/toad.jsonl", 2),
        ("small-v2.0/model_judgment/org/heron/toad.jsonl", 1),
    ]
    for part in parts:
        schemas = [frame.schema for frame in (part.questions, part.answers, part.judgments, part.rejections)]
        assert schemas == [QUESTION_SCHEMA, ANSWER_SCHEMA, JUDGMENT_SCHEMA, REJECTION_SCHEMA]


def test_layouts_may_be_mixed_record_by_record(write: Any, read: Any) -> None:
    """As in arena-hard's own data after its move to v2.0: uid beside cluster, question_id beside prompt."""
    path = write(
        "mixed.jsonl",
        {"uid": "a", "cluster": "Rhymes", "prompt": "one"},
        {"question_id": 7, "subcategory": None, "turns": ["two"]},
        {"uid": None, "question_id": "c", "category": " ", "prompt": "three"},
    )
    assert read(path).questions.rows() == [
        ("a", "one", None, "Rhymes", 1),
        ("7", "two", None, None, 2),
        ("c", "three", None, None, 3),
    ]


def test_a_table_of_verdicts(write: Any, read: Any) -> None:
    """game1 shows the baseline first; a null is unreadable, a game that is not there is missing."""
    row = {"question_id": "q", "model": "newt", "baseline": "frog", "judge": "owl"}
    path = write("any.name", row | {"game1": "A>B", "game2": None}, row | {"model": "toad", "game2": " B<<A "})
    judgments = read(path).judgments
    assert judgments.select("model", *GAME).rows() == [
        ("newt", True, True, 0, "A>B", None, None, 1),
        ("newt", False, True, 0, None, "no_verdict", None, 1),
        ("toad", True, True, 0, None, "missing", None, 2),
        ("toad", False, True, 0, "A>>B", None, None, 2),
    ]


@pytest.mark.parametrize(
    ("fields", "argument", "baseline"),
    [
        ({}, None, "gpt-4-0314"),
        ({}, "frog", "frog"),
        ({"baseline": "crane"}, "frog", "crane"),
        ({"category": "arena-hard-v0.1"}, None, "gpt-4-0314"),
        ({"category": "hard_prompt"}, "frog", "frog"),
    ],
)
def test_whose_baseline_it_is(
    fields: dict[str, str], argument: str | None, baseline: str, write: Any, read: Any
) -> None:
    """What the record says, else what the caller says, else that of arena-hard-v0.1."""
    path = write("j.jsonl", {"uid": "q", "model": "newt", "judge": "owl", "games": [{"score": "A=B"}]} | fields)
    assert read(path, baseline=argument).judgments["baseline"].to_list() == [baseline]


def test_the_folder_names_the_judge_of_records_that_do_not(write: Any, read: Any, tmp_path: Path) -> None:
    """Early files of v0.1 have no field for it; the name of the file stays out of it."""
    record = {"question_id": "q", "model": "newt", "games": [{"score": "A=B"}]}
    write("d/model_judgment/org/owl/newt.jsonl", record)
    write("d/model_judgment/flat.jsonl", record)
    reading = read(tmp_path / "d")
    assert reading.judgments["judge"].to_list() == ["org/owl"]
    assert reading.rejections.select("file", "reason").rows() == [("d/model_judgment/flat.jsonl", "missing_field")]


def test_only_texts_are_masked_and_each_once(v20: Path, read: Any) -> None:
    """Prompts, answers and words of judges go through the mask; names, ids and verdicts do not."""
    seen: list[str] = []

    def mask(text: str) -> str:
        seen.append(text)
        return text.upper()

    reading = read(v20, mask)
    texts = ["Sort a list.", "A tale.", "sorted(x)", "Once.", "[[A<B]]", "[[B=A]]", "[[B<<A]]"]
    assert seen == texts
    stored = [*reading.questions["text"], *reading.answers["text"], *reading.judgments["judge_text"].drop_nulls()]
    assert stored == [text.upper() for text in texts]


@pytest.mark.parametrize(
    ("token_len", "count"),
    [(12, 12), (12.0, 12), ({"a": 1, "b": 2.0}, 3), (True, None), (-1, None), (1.5, None), (10**15, None), ({}, None)],
)
def test_counts_that_are_no_counts_are_unknown(token_len: Any, count: int | None, write: Any, read: Any) -> None:
    """The answer is read all the same, since its counts can be counted."""
    record = {"uid": "q", "model": "m", "messages": [{"content": "x"}], "metadata": {"token_len": token_len}}
    assert read(write("a.jsonl", record)).answers["count_tokens"].to_list() == [count]


def test_large_files_come_in_parts(write: Any, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the count of records and by their size; lines keep the numbers of the file."""
    path = write("q.jsonl", *({"uid": number, "prompt": "x" * 50} for number in range(7)))
    monkeypatch.setattr("benchbuilder.sources.arena_hard.gathering.MAX_RECORDS", 3)
    reading = read(path)
    assert [part.count_records for part in reading.parts] == [3, 3, 1]
    assert reading.questions["line"].to_list() == list(range(1, 8))
    monkeypatch.setattr("benchbuilder.sources.arena_hard.gathering.MAX_PART_BYTES", 100)
    assert [part.count_records for part in read(path).parts] == [2, 2, 2, 1]


def test_text_is_clean_for_any_store(write: Any, read: Callable[..., Any]) -> None:
    """NUL goes, half an emoji is replaced, a byte order mark is no part of the first record."""
    path = write(
        "q.jsonl", b'\xef\xbb\xbf{"uid": "a\\u0000b", "prompt": "c\\u0000d"}', '{"uid": 2, "prompt": "\\ud83d!"}'
    )
    assert read(path).questions.select("question_ref", "text").rows() == [("ab", "cd"), ("2", "\ufffd!")]
