"""benchbuilder.sources.arena_hard.writer: what is written is what arena-hard reads, and comes back as it was."""

import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.errors import SourceError
from benchbuilder.judging.verdict import SCALE
from benchbuilder.sources.arena_hard import (
    ANSWER_SCHEMA,
    JUDGMENT_SCHEMA,
    QUESTION_SCHEMA,
    read_arena_hard,
    write_arena_hard,
)
from benchbuilder.text import count_tokens

ANSWER = "# Plan\n\n- **one**\n- two\n\n1. three\n\n```\n# no header\n- no item\n```\n"


def frame(schema: pl.Schema, *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of a schema; what they do not name is null."""
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def game(**fields: Any) -> dict[str, Any]:
    """One game of `newt` against `frog`."""
    sides = {"question_ref": "q", "model": "newt", "baseline": "frog", "judge": "owl"}
    plain = {"baseline_first": True, "is_order_known": True, "replicate": 0, "verdict": "A>B", "line": 1}
    return sides | plain | fields


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a file."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def written_games(folder: Path, *games: dict[str, Any]) -> list[dict[str, Any]]:
    """The records that these games are written as."""
    nothing = frame(QUESTION_SCHEMA), frame(ANSWER_SCHEMA)
    [path] = write_arena_hard(folder, *nothing, frame(JUDGMENT_SCHEMA, *games))
    return lines(path)


def test_the_files_and_their_fields(tmp_path: Path) -> None:
    """Everything that gen_answer and gen_judgment of arena-hard write, with the same names."""
    questions = frame(
        QUESTION_SCHEMA,
        {"question_ref": "q", "text": "Plan.", "topic": "plans", "line": 1},
        {"question_ref": "r", "text": "Tell.", "category": "creative_writing", "line": 2},
    )
    answers = frame(ANSWER_SCHEMA, {"question_ref": "q", "model": "newt", "text": ANSWER, "line": 1})
    judgments = frame(
        JUDGMENT_SCHEMA,
        game(judge_text="Better: [[A>B]]"),
        game(baseline_first=False, verdict=None, reason="no_verdict"),
        game(question_ref="r", verdict="A=B"),
        game(question_ref="r", verdict="B>>A", baseline_first=False),
    )
    folder = tmp_path / "made/here"
    paths = write_arena_hard(folder, questions, answers, judgments)
    names = ["question.jsonl", "model_answer/newt.jsonl", "model_judgment/owl/newt.jsonl"]
    assert paths == [folder / name for name in names]
    assert lines(paths[0]) == [
        {"uid": "q", "category": "hard_prompt", "subcategory": "plans", "prompt": "Plan."},
        {"uid": "r", "category": "creative_writing", "subcategory": None, "prompt": "Tell."},
    ]
    [answer] = lines(paths[1])
    assert re.fullmatch(r"[0-9a-f]{22}", answer.pop("ans_id"))
    assert answer == {
        "uid": "q",
        "model": "newt",
        "messages": [{"role": "user", "content": "Plan."}, {"role": "assistant", "content": {"answer": ANSWER}}],
        "metadata": {
            "token_len": count_tokens(ANSWER),
            "header_count": {"h1": 1, "h2": 0, "h3": 0, "h4": 0, "h5": 0, "h6": 0},
            "list_count": {"ordered": 1, "unordered": 2},
            "bold_count": {"**": 1, "__": 0},
        },
    }
    first, second = lines(paths[2])
    assert first == {
        "uid": "q",
        "category": "hard_prompt",
        "judge": "owl",
        "model": "newt",
        "baseline": "frog",
        "games": [
            {"score": "A>B", "judgment": {"answer": "Better: [[A>B]]"}, "prompt": None},
            {"score": None, "judgment": {"answer": None}, "prompt": None},
        ],
    }
    assert (second["category"], [one["score"] for one in second["games"]]) == ("creative_writing", ["A=B", "B>>A"])
    assert sorted(path.name for path in folder.iterdir()) == ["model_answer", "model_judgment", "question.jsonl"]


def test_known_counts_stand_and_their_sorts_add_up_to_them(tmp_path: Path) -> None:
    """Where the text shows another count by sort than the total says, the total goes before."""
    counts = {"count_tokens": 99, "count_headers": 5, "count_lists": 3, "count_bold": 0}
    answers = frame(ANSWER_SCHEMA, {"question_ref": "q", "model": "newt", "text": ANSWER, "line": 1} | counts)
    [path] = write_arena_hard(tmp_path / "x", frame(QUESTION_SCHEMA), answers, frame(JUDGMENT_SCHEMA))
    [answer] = lines(path)
    assert [message["role"] for message in answer["messages"]] == ["assistant"]  # the question is not known
    assert answer["metadata"]["token_len"] == 99
    assert sum(answer["metadata"]["header_count"].values()) == 5
    assert answer["metadata"]["list_count"] == {"ordered": 1, "unordered": 2}
    assert answer["metadata"]["bold_count"] == {"**": 0, "__": 0}


def test_a_game_that_was_never_asked_for(tmp_path: Path) -> None:
    """The layout wants both orders: the other has no score, and a mark, so that it does not come back as unreadable."""
    [record] = written_games(tmp_path / "x", game(baseline_first=False))
    assert [one["score"] for one in record["games"]] == [None, "A>B"]
    [part] = read_arena_hard(tmp_path / "x", str)
    assert part.judgments.select("baseline_first", "verdict").rows() == [(False, "A>B")]


def test_games_without_an_order(tmp_path: Path) -> None:
    """They fill both places, the score of the second turned round, so that arena-hard counts each for the same side."""
    unknown = {"is_order_known": False, "verdict": "B>>A"}
    [record] = written_games(tmp_path / "x", game(**unknown), game(**unknown, replicate=1))
    assert [one["score"] for one in record["games"]] == ["B>>A", "A>>B"]
    [part] = read_arena_hard(tmp_path / "x", str)
    assert part.judgments.select("baseline_first", "is_order_known", "replicate", "verdict").rows() == [
        (True, False, 0, "B>>A"),
        (True, False, 1, "B>>A"),
    ]


def test_why_a_reply_was_unreadable(tmp_path: Path) -> None:
    """A null score says no_verdict, a null game missing; any other reason is written beside."""
    games = written_games(
        tmp_path / "x",
        game(verdict=None, reason="missing"),
        game(verdict=None, reason="repeats_the_scale", judge_text="[[A>>B]] …", baseline_first=False),
    )[0]["games"]
    assert games[0] is None
    assert (games[1]["score"], games[1]["benchbuilder"]) == (None, {"reason": "repeats_the_scale"})


def test_replicates_and_games_that_come_twice(tmp_path: Path) -> None:
    """A replicate is the next pair of places; the very same game again is a record of its own."""
    records = written_games(tmp_path / "x", game(), game(replicate=1), game(verdict="A=B"))
    assert [[one["score"] for one in record["games"]] for record in records] == [
        ["A>B", None, "A>B", None],
        ["A=B", None],
    ]


def test_what_has_no_text_is_left_out(tmp_path: Path) -> None:
    """An imported benchmark may have neither prompts nor answers; its judgments keep their category."""
    questions = frame(QUESTION_SCHEMA, {"question_ref": "q", "category": "math", "line": 1})
    answers = frame(ANSWER_SCHEMA, {"question_ref": "q", "model": "newt", "line": 1})
    [path] = write_arena_hard(tmp_path / "x", questions, answers, frame(JUDGMENT_SCHEMA, game()))
    assert lines(path)[0]["category"] == "math"


def test_names_that_are_no_file_names(tmp_path: Path) -> None:
    """Nothing is written outside the folder, no two share a file, and the true names stand in the records."""
    models = ["org/newt", "..", "../../newt", "NEWT", "newt", "a\nb"]
    games = [game(model=model, judge="../owl") for model in models]
    folder = tmp_path / "deep/x"
    paths = write_arena_hard(folder, frame(QUESTION_SCHEMA), frame(ANSWER_SCHEMA), frame(JUDGMENT_SCHEMA, *games))
    assert {path.parent.parent for path in paths} == {folder / "model_judgment"}
    assert len({path.name.casefold() for path in paths}) == len(models)
    assert {record["model"] for path in paths for record in lines(path)} == set(models)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(paths)


@pytest.mark.parametrize("name", ["question.jsonl", "model_answer", "model_judgment", "arena_hard_battles.jsonl"])
def test_a_folder_that_is_used_is_left_alone(name: str, tmp_path: Path) -> None:
    """It is refused, and nothing is written."""
    (tmp_path / name).mkdir()
    with pytest.raises(SourceError, match=f"already holds {re.escape(name)}"):
        write_arena_hard(tmp_path, frame(QUESTION_SCHEMA), frame(ANSWER_SCHEMA), frame(JUDGMENT_SCHEMA, game()))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_with_other_files_is_taken(tmp_path: Path) -> None:
    """They stay as they are."""
    (tmp_path / "notes.txt").write_text("mine")
    write_arena_hard(tmp_path, frame(QUESTION_SCHEMA), frame(ANSWER_SCHEMA), frame(JUDGMENT_SCHEMA, game()))
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "model_judgment"}


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A fault of the frames shows before anything is moved; a path that cannot be a folder is named."""
    wrong = frame(JUDGMENT_SCHEMA, game(), game(verdict="no verdict", is_order_known=False, replicate=1))
    with pytest.raises(ValueError, match="no verdict"):
        write_arena_hard(tmp_path / "x", frame(QUESTION_SCHEMA), frame(ANSWER_SCHEMA), wrong)
    assert list((tmp_path / "x").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="file/x: cannot be written"):
        write_arena_hard(tmp_path / "file/x", frame(QUESTION_SCHEMA), frame(ANSWER_SCHEMA), frame(JUDGMENT_SCHEMA))


def test_the_same_frames_make_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the order of judgments and answers."""
    games = frame(JUDGMENT_SCHEMA, *(game(question_ref=ref, replicate=number) for ref in "cab" for number in (1, 0)))
    nothing = frame(QUESTION_SCHEMA), frame(ANSWER_SCHEMA)
    [one] = write_arena_hard(tmp_path / "one", *nothing, games)
    [other] = write_arena_hard(tmp_path / "other", *nothing, games.reverse())
    assert one.read_bytes() == other.read_bytes()


# ── the round trip ──────────────────────────────────────────────────────────────────────────────────────────────────

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
SAID = TEXT.filter(str.strip)
NAME = st.sampled_from(["newt", "org/newt", "NEWT", "..", "crested newt", "蠑螈", "a\tb"]) | SAID
REFERENCE = st.sampled_from(["q1", "q2", "0", "q/3"])
BASELINE = st.sampled_from(["frog", "toad/1"])
COUNT = st.none() | st.integers(0, 10**9)
REASON = st.sampled_from(["no_verdict", "missing", "repeats_the_scale", "no_digit"])


@st.composite
def games(draw: st.DrawFn) -> dict[str, Any]:
    """Any game that a frame of judgments can hold."""
    verdict = draw(st.none() | st.sampled_from([str(verdict) for verdict in SCALE]))
    is_order_known = draw(st.booleans())
    return game(
        question_ref=draw(REFERENCE),
        model=draw(NAME),
        baseline=draw(BASELINE.map(lambda name: f"baseline {name}")),
        judge=draw(NAME),
        is_order_known=is_order_known,
        baseline_first=draw(st.booleans()) or not is_order_known,
        replicate=draw(st.integers(0, 3)),
        verdict=verdict,
        reason=draw(REASON) if verdict is None else None,
        judge_text=draw(st.none() | TEXT),
    )


QUESTIONS = st.fixed_dictionaries(
    {
        "question_ref": REFERENCE,
        "text": SAID,
        "category": st.sampled_from(["hard_prompt", "math", "odd / one"]),
        "topic": st.none() | SAID,
    }
)
ANSWERS = st.fixed_dictionaries(
    {
        "question_ref": REFERENCE,
        "model": NAME,
        "text": SAID | st.just(ANSWER),
        "count_tokens": st.integers(0, 10**9),
        "count_headers": st.integers(0, 9),
        "count_lists": st.integers(0, 9),
        "count_bold": st.integers(0, 9),
    }
)


def rows_of(table: pl.DataFrame) -> Counter[Any]:
    """The rows of a frame with how often each is there; a line says nothing once a file is written anew."""
    return Counter(table.drop("line").rows())


@settings(max_examples=60, deadline=None)
@given(
    questions=st.lists(QUESTIONS, max_size=4, unique_by=lambda row: row["question_ref"]),
    answers=st.lists(ANSWERS, max_size=4),
    judgments=st.lists(games(), max_size=12),
)
def test_what_is_written_comes_back(
    questions: list[dict[str, Any]], answers: list[dict[str, Any]], judgments: list[dict[str, Any]]
) -> None:
    """read(write(x)) = x: names, texts, counts, orders, replicates, reasons, also of games that come twice."""
    frames = (
        frame(QUESTION_SCHEMA, *questions),
        frame(ANSWER_SCHEMA, *answers),
        frame(JUDGMENT_SCHEMA, *judgments),
    )
    with tempfile.TemporaryDirectory() as folder:
        if not write_arena_hard(Path(folder) / "x", *frames):
            return
        parts = list(read_arena_hard(Path(folder) / "x", str))
    assert pl.concat([part.rejections for part in parts]).is_empty()
    for name, before in zip(("questions", "answers", "judgments"), frames, strict=True):
        assert rows_of(pl.concat([getattr(part, name) for part in parts])) == rows_of(before)


@settings(max_examples=30, deadline=None)
@given(judgments=st.lists(games(), min_size=1, max_size=12))
def test_show_result_counts_what_stands_in_the_frame(judgments: list[dict[str, Any]]) -> None:
    """Its rule, on every pair with two scores: one minus the first game's score, and the second game's."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_arena_hard(
            Path(folder), frame(QUESTION_SCHEMA), frame(ANSWER_SCHEMA), frame(JUDGMENT_SCHEMA, *judgments)
        )
        records = [record for path in paths for record in lines(path)]
    steps = {str(verdict): (2, 1, 0, -1, -2)[place] for place, verdict in enumerate(SCALE)}
    of_records: Counter[str] = Counter()
    for record in records:
        for first, second in zip(record["games"][::2], record["games"][1::2], strict=True):
            of_records[record["model"]] += sum(
                sign * steps[one["score"]] for sign, one in ((-1, first), (1, second)) if one and one["score"]
            )
    of_frame: Counter[str] = Counter()
    for row in judgments:
        of_frame[row["model"]] += (-1 if row["baseline_first"] else 1) * steps.get(row["verdict"], 0)
    assert {model: of_records[model] for model in of_frame} == dict(of_frame)
