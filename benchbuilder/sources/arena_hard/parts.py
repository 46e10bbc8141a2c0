"""What reading arena-hard's files gives: rows, the frames they make, and the part of a file they come from."""

from enum import StrEnum
from typing import NamedTuple

import polars as pl

BATTLES_JUDGE = "battles file"  # such a file does not say who judged

QUESTION_SCHEMA = pl.Schema(
    {"question_ref": pl.String, "text": pl.String, "category": pl.String, "topic": pl.String, "line": pl.Int64}
)
ANSWER_SCHEMA = pl.Schema(
    {
        "question_ref": pl.String,
        "model": pl.String,
        "text": pl.String,
        "count_tokens": pl.Int64,
        "count_headers": pl.Int64,
        "count_lists": pl.Int64,
        "count_bold": pl.Int64,
        "line": pl.Int64,
    }
)
JUDGMENT_SCHEMA = pl.Schema(
    {
        "question_ref": pl.String,
        "model": pl.String,
        "baseline": pl.String,
        "judge": pl.String,
        "baseline_first": pl.Boolean,
        "is_order_known": pl.Boolean,
        "replicate": pl.Int32,
        "verdict": pl.String,
        "reason": pl.String,
        "judge_text": pl.String,
        "line": pl.Int64,
    }
)
REJECTION_SCHEMA = pl.Schema(
    {
        "file": pl.String,
        "line": pl.Int64,
        "reason": pl.String,
        "excerpt": pl.String,
        "record_sha256": pl.String,
        "count_records": pl.Int64,
    }
)


class Fault(StrEnum):
    """Why a record of arena-hard cannot be read, beyond what `sources.records.Reason` knows."""

    SAME_MODEL = "same_model"  # a model against itself
    UNKNOWN_WINNER = "unknown_winner"
    TOO_MANY_ROWS = "too_many_rows"  # two games make six battles at most
    NOT_TWO_GAMES = "not_two_games"  # the battles of a pair are more than two games
    REPEATS_JUDGMENTS = "repeats_judgments"  # battles beside the judgments that they were made from


class QuestionRow(NamedTuple):
    """One question; `text` is not masked yet."""

    question_ref: str
    text: str
    category: str | None
    topic: str | None
    line: int


class AnswerRow(NamedTuple):
    """One answer; `text` is not masked yet; a count is None where the record does not say."""

    question_ref: str
    model: str
    text: str
    count_tokens: int | None
    count_headers: int | None
    count_lists: int | None
    count_bold: int | None
    line: int


class JudgmentRow(NamedTuple):
    """One game as the judge saw it: in `verdict`, A is what was shown first; `judge_text` is not masked yet."""

    question_ref: str
    model: str
    baseline: str
    judge: str
    baseline_first: bool
    is_order_known: bool
    replicate: int
    verdict: str | None
    reason: str | None
    judge_text: str | None
    line: int


class Part(NamedTuple):
    """What was read of one file, or of a piece of a large one.

    Attributes:
        file: its name from the parent of the imported path on, with `/`.
        questions: frame of `QUESTION_SCHEMA`.
        answers: frame of `ANSWER_SCHEMA`.
        judgments: frame of `JUDGMENT_SCHEMA`; one row per game, also where its verdict is unreadable (null, and why).
        rejections: frame of `REJECTION_SCHEMA`; its count_records is 1 but for battles that are rejected together.
        count_records: lines that are not blank; each is in exactly one of the four frames.
    """

    file: str
    questions: pl.DataFrame
    answers: pl.DataFrame
    judgments: pl.DataFrame
    rejections: pl.DataFrame
    count_records: int
