"""Miniature data folders in both layouts of arena-hard, written for these tests, and a reader of all their parts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import polars as pl
import pytest

from benchbuilder.sources.arena_hard import read_arena_hard
from benchbuilder.sources.arena_hard.parts import Part


class Reading(NamedTuple):
    """Everything that a path holds, parts put together."""

    questions: pl.DataFrame
    answers: pl.DataFrame
    judgments: pl.DataFrame
    rejections: pl.DataFrame
    parts: list[Part]


Read = Callable[..., Reading]
Write = Callable[..., Path]


@pytest.fixture(scope="session")
def read() -> Read:
    """Read a path whole, with a mask that changes nothing unless told otherwise."""

    def read_whole(path: Path, mask: Callable[[str], str] = str, **arguments: Any) -> Reading:
        parts = list(read_arena_hard(path, mask, **arguments))
        return Reading(
            questions=pl.concat([part.questions for part in parts]),
            answers=pl.concat([part.answers for part in parts]),
            judgments=pl.concat([part.judgments for part in parts]),
            rejections=pl.concat([part.rejections for part in parts]),
            parts=parts,
        )

    return read_whole


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write JSON lines under a name below the test's folder: str and bytes as they are, anything else as JSON."""

    def write_lines(name: str, *lines: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = [
            line if isinstance(line, bytes) else line.encode() if isinstance(line, str) else orjson.dumps(line)
            for line in lines
        ]
        path.write_bytes(b"".join(line + b"\n" for line in raw))
        return path

    return write_lines


@pytest.fixture
def v01(write: Write, tmp_path: Path) -> Path:
    """A folder in the layout of v0.1."""
    write(
        "small-v0.1/question.jsonl",
        {
            "question_id": "q1",
            "category": "arena-hard-v0.1",
            "cluster": "Rhymes",
            "turns": [{"content": "Rhyme on moss."}],
        },
        {"question_id": "q2", "category": "arena-hard-v0.1", "cluster": "Sums", "turns": [{"content": "Add 3 and 4."}]},
    )
    write(
        "small-v0.1/model_answer/newt.jsonl",
        {
            "question_id": "q1",
            "answer_id": "x1",
            "model_id": "newt",
            "choices": [{"index": 0, "turns": [{"content": "Boss, gloss.", "token_len": 5}]}],
            "tstamp": 1711491874.2,
            "conv_metadata": {"token_len": 5, "header_count": {"h1": 1, "h2": 2}, "list_count": {"ordered": 3}},
        },
        {"question_id": "q2", "answer_id": "x2", "model_id": "newt", "choices": [{"index": 0, "turns": ["Seven."]}]},
    )
    write(
        "small-v0.1/model_judgment/owl/newt.jsonl",
        {
            "question_id": "q1",
            "model": "newt",
            "judge": "owl",
            "games": [
                {"user_prompt": "p", "judgment": "B is clearer: [[B>A]]", "score": "B>A"},
                {"user_prompt": "p", "judgment": "Mine: [[A>>B]]", "score": "A>>B"},
            ],
        },
        {
            "question_id": "q2",
            "model": "newt",
            "judge": "owl",
            "games": [{"user_prompt": "p", "judgment": "hm", "score": None}, None],
        },
    )
    return tmp_path / "small-v0.1"


@pytest.fixture
def v20(write: Write, tmp_path: Path) -> Path:
    """A folder in the layout of v2.0."""
    write(
        "small-v2.0/question.jsonl",
        {"uid": "u1", "category": "hard_prompt", "subcategory": "coding", "prompt": "Sort a list."},
        {"uid": "u2", "category": "creative_writing", "subcategory": "creative_writing", "prompt": "A tale."},
    )
    write(
        "small-v2.0/model_answer/toad.jsonl",
        {
            "uid": "u1",
            "ans_id": "y1",
            "model": "toad",
            "messages": [
                {"role": "user", "content": "Sort a list."},
                {"role": "assistant", "content": {"thought": "easy", "answer": "sorted(x)"}},
            ],
            "tstamp": 1744155079.1,
            "metadata": {
                "token_len": 3,
                "header_count": {"h1": 0, "h2": 0, "h3": 0, "h4": 0, "h5": 0, "h6": 0},
                "list_count": {"ordered": 1, "unordered": 2},
                "bold_count": {"**": 4, "__": 1},
            },
        },
        {"uid": "u2", "ans_id": "y2", "model": "toad", "messages": [{"role": "assistant", "content": "Once."}]},
    )
    write(
        "small-v2.0/model_judgment/org/heron/toad.jsonl",
        {
            "uid": "u1",
            "category": "hard_prompt",
            "judge": "org/heron",
            "model": "toad",
            "baseline": "frog",
            "games": [
                {"score": "A<B", "judgment": {"answer": "[[A<B]]"}, "prompt": []},
                {"score": "B=A", "judgment": {"answer": "[[B=A]]"}, "prompt": []},
                {"score": "B<<A", "judgment": "[[B<<A]]", "prompt": []},
                {"score": "C>A", "judgment": {"answer": None}, "prompt": []},
            ],
        },
    )
    return tmp_path / "small-v2.0"
