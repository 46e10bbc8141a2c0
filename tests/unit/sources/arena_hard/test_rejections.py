"""benchbuilder.sources.arena_hard: what cannot be read is rejected with its reason, and nothing is lost."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchbuilder.sources.arena_hard import read_arena_hard

QUESTION = {"uid": "q", "prompt": "p"}
ANSWER = {"uid": "q", "model": "m", "messages": [{"role": "assistant", "content": "text"}]}
CHOICE = {"question_id": "q", "model_id": "m", "choices": [{"turns": [{"content": "text"}]}]}
JUDGMENT = {"uid": "q", "model": "m", "baseline": "b", "judge": "j", "games": [{"score": "A>B"}]}
VERDICT = {"question_id": "q", "model": "m", "baseline": "b", "judge": "j", "game1": "A>B", "game2": "A>B"}
BATTLE = {"question_id": "q", "model_a": "b", "model_b": "m", "winner": "tie"}


def reasons(read: Any, path: Path) -> list[str]:
    """Why the records of a file were rejected."""
    return read(path).rejections["reason"].to_list()


@pytest.mark.parametrize("sound", [QUESTION, ANSWER, CHOICE, JUDGMENT, VERDICT, BATTLE])
def test_broken_lines_of_any_kind(sound: dict[str, Any], read: Any, write: Any) -> None:
    """Broken JSON, other JSON, another encoding, a record without any field: one rejection each."""
    path = write("x.jsonl", "{", sound, "[1]", b"\xff\xfe", "", "   ", "{}", '{"a": "cut')
    reading = read(path)
    found = dict(reading.rejections.select("line", "reason").rows())
    assert found == {
        1: "broken_json",
        3: "not_an_object",
        4: "wrong_encoding",
        7: "missing_field",
        8: "broken_json",
    }
    assert sum(part.count_records for part in reading.parts) == 6  # blank lines are no records


@pytest.mark.parametrize(
    ("sound", "changes", "reason"),
    [
        (QUESTION, {"prompt": None}, "null_field"),
        (QUESTION, {"prompt": " \n"}, "empty"),
        (QUESTION, {"prompt": ["p"]}, "wrong_type"),
        (QUESTION, {"uid": None}, "null_field"),
        (QUESTION, {"uid": True}, "wrong_type"),
        (QUESTION, {"uid": 1.5}, "wrong_type"),
        (QUESTION, {"uid": "\u0000"}, "empty"),
        (QUESTION, {"uid": "u" * 201}, "too_large"),
        (QUESTION, {"category": ["c"]}, "wrong_type"),
        (ANSWER, {"messages": None}, "null_field"),
        (ANSWER, {"messages": []}, "empty"),
        (ANSWER, {"messages": ["text"]}, "wrong_type"),
        (ANSWER, {"messages": [{"role": "user", "content": "p"}]}, "missing_field"),
        (ANSWER, {"messages": [{"role": "assistant"}]}, "missing_field"),
        (ANSWER, {"messages": [{"content": {"answer": None}}]}, "null_field"),
        (ANSWER, {"messages": [{"content": {"answer": ""}}]}, "empty"),
        (ANSWER, {"messages": [{"content": {"thought": "x"}}]}, "missing_field"),
        (ANSWER, {"model": ""}, "empty"),
        (CHOICE, {"choices": [{"turns": [{"content": None}]}]}, "null_field"),
        (CHOICE, {"choices": [{"turns": []}]}, "empty"),
        (CHOICE, {"choices": {"turns": []}}, "wrong_type"),
        (JUDGMENT, {"games": None}, "null_field"),
        (JUDGMENT, {"games": []}, "empty"),
        (JUDGMENT, {"games": {"score": "A>B"}}, "wrong_type"),
        (JUDGMENT, {"games": ["A>B"]}, "wrong_type"),
        (JUDGMENT, {"games": [{"score": "A>B", "judgment": ["x"]}]}, "wrong_type"),
        (JUDGMENT, {"games": [{"score": None, "benchbuilder": {"is_asked": False}}]}, "empty"),
        (JUDGMENT, {"baseline": None, "category": "hard_prompt"}, "missing_field"),
        (JUDGMENT, {"baseline": "m"}, "same_model"),
        (JUDGMENT, {"judge": None}, "null_field"),
        (JUDGMENT, {"model": ["m"]}, "wrong_type"),
        (VERDICT, {"model": "b"}, "same_model"),
        (BATTLE, {"model_a": "m"}, "same_model"),
        (BATTLE, {"winner": "model_c"}, "unknown_winner"),
        (BATTLE, {"winner": None}, "null_field"),
        (BATTLE, {"winner": ["tie"]}, "wrong_type"),
        (BATTLE, {"question_id": None}, "null_field"),
    ],
)
def test_faulty_fields(sound: dict[str, Any], changes: dict[str, Any], reason: str, read: Any, write: Any) -> None:
    """A wrong value is named by its reason; the sound record beside it is read."""
    reading = read(write("x.jsonl", sound, sound | changes))
    assert reading.rejections.select("line", "reason").rows() == [(2, reason)]
    assert len(reading.questions) + len(reading.answers) + len(reading.judgments) >= 1


@pytest.mark.parametrize(
    ("sound", "missing"),
    [
        (QUESTION, "uid"),
        (QUESTION, "prompt"),
        (ANSWER, "model"),
        (ANSWER, "messages"),
        (CHOICE, "model_id"),
        (JUDGMENT, "judge"),
        (JUDGMENT, "games"),
        (VERDICT, "model"),
        (BATTLE, "winner"),
        (BATTLE, "model_b"),
    ],
)
def test_missing_fields(sound: dict[str, Any], missing: str, read: Any, write: Any) -> None:
    """A file is of one kind; a record that lacks one of its fields is rejected, whatever else it looks like."""
    lacking = {name: value for name, value in sound.items() if name != missing}
    assert reasons(read, write("x.jsonl", sound, lacking)) == ["missing_field"]


def test_a_rejection_says_where_and_what(read: Any, write: Any) -> None:
    """File, line, hash of the record, and its beginning on one line, masked before it is cut."""
    record = b'{"uid": "q", "prompt": 5, "sent_by": "tell\\u0007 ann@example.org ' + b"x" * 300 + b'"}'
    path = write("deep/x.jsonl", QUESTION, record)
    [rejection] = read(path, lambda text: text.replace("ann@example.org", "<EMAIL>")).rejections.rows(named=True)
    excerpt = rejection.pop("excerpt")
    assert rejection == {
        "file": "x.jsonl",
        "line": 2,
        "reason": "wrong_type",
        "record_sha256": hashlib.sha256(record).hexdigest(),
        "count_records": 1,
    }
    assert "<EMAIL>" in excerpt
    assert "ann@" not in excerpt
    assert len(excerpt) <= 200


def test_a_line_that_is_too_long_is_not_kept(read: Any, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is hashed part by part, and the lines behind it are read."""
    monkeypatch.setattr("benchbuilder.sources.lines.MAX_RECORD_BYTES", 100)
    monkeypatch.setattr("benchbuilder.sources.lines.CHUNK", 64)
    long = '{"uid": "q", "prompt": "' + "x" * 500 + '"}'
    reading = read(write("x.jsonl", QUESTION, long, QUESTION, long[:-1]))
    rejected = reading.rejections.select("line", "reason", "record_sha256").rows()
    digests = [hashlib.sha256(line.encode()).hexdigest() for line in (long, long[:-1])]
    assert rejected == [(2, "too_large", digests[0]), (4, "too_large", digests[1])]
    assert reading.questions["line"].to_list() == [1, 3]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["A>B", "tie", "q"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["content", "turns", "answer", "role", "score", "benchbuilder"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sound=st.sampled_from([QUESTION, ANSWER, CHOICE, JUDGMENT, VERDICT, BATTLE]),
    changes=st.lists(st.tuples(st.integers(0, 9), JSON), min_size=1, max_size=3),
)
def test_any_json_is_read_or_rejected(sound: dict[str, Any], changes: list[tuple[int, Any]], write: Any) -> None:
    """Whatever stands in a field, each record is counted once: read, or rejected."""
    names = list(sound)
    odd = sound | {names[place % len(names)]: value for place, value in changes}
    other = {name: "other" if name == names[0] else value for name, value in sound.items()}
    path = write("x.jsonl", json.dumps(other), json.dumps(odd))
    count = 0
    for part in read_arena_hard(path, str):
        lines = {line for frame in (part.questions, part.answers, part.judgments) for line in frame["line"]}
        rejected = part.rejections["count_records"].sum()
        assert len(lines) + rejected == part.count_records
        count += part.count_records
    assert count == 2
