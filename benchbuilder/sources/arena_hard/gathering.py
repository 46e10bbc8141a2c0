"""Gathers what is read of one file until it makes a part."""

from collections.abc import Callable, Iterable

import polars as pl

from benchbuilder.sources.arena_hard.access import UnreadableRecordError
from benchbuilder.sources.arena_hard.games import Defaults, parse_judgments, parse_verdicts
from benchbuilder.sources.arena_hard.kinds import Kind
from benchbuilder.sources.arena_hard.parts import (
    ANSWER_SCHEMA,
    JUDGMENT_SCHEMA,
    QUESTION_SCHEMA,
    REJECTION_SCHEMA,
    AnswerRow,
    JudgmentRow,
    Part,
    QuestionRow,
)
from benchbuilder.sources.arena_hard.texts import parse_answer, parse_question
from benchbuilder.sources.excerpts import excerpt_of
from benchbuilder.sources.json_objects import parse_object
from benchbuilder.sources.lines import MAX_RECORD_BYTES, Line
from benchbuilder.sources.records import Reason

MAX_RECORDS = 20_000
MAX_PART_BYTES = 64_000_000 - MAX_RECORD_BYTES  # a part is full only behind the record that fills it

Mask = Callable[[str], str]


def object_in(line: Line) -> dict:
    """The object that a line holds.

    Raises:
        UnreadableRecordError: it is too long, or holds none.
    """
    value = Reason.TOO_LARGE if line.sha256_of_long else parse_object(line.raw)
    if isinstance(value, Reason):
        raise UnreadableRecordError(value)
    return value


class Gatherer:
    """What has been read of `file` since the last part; texts go through `mask` when a part is made of them."""

    def __init__(self, file: str, mask: Mask, defaults: Defaults) -> None:
        self.file, self._mask, self._defaults = file, mask, defaults
        self._clear()

    def _clear(self) -> None:
        self._questions: list[QuestionRow] = []
        self._answers: list[AnswerRow] = []
        self._judgments: list[JudgmentRow] = []
        self._rejections: list[tuple[str, int, str, str, str, int]] = []
        self._count_records = self._count_bytes = 0

    @property
    def is_full(self) -> bool:
        """Time to hand over a part."""
        return self._count_records >= MAX_RECORDS or self._count_bytes >= MAX_PART_BYTES

    @property
    def count_records(self) -> int:
        """Read and rejected since the last part."""
        return self._count_records

    def add(self, line: Line, kind: Kind) -> None:
        """Read a record of `kind`, or reject it."""
        try:
            self._parse(object_in(line), line.number, kind)
        except UnreadableRecordError as error:
            self.reject(line, error.reason)
            return
        self._count_records += 1
        self._count_bytes += len(line.raw)

    def _parse(self, record: dict, number: int, kind: Kind) -> None:
        if kind is Kind.QUESTIONS:
            self._questions.append(parse_question(record, number))
        elif kind is Kind.ANSWERS:
            self._answers.append(parse_answer(record, number))
        else:
            parse = parse_verdicts if kind is Kind.VERDICTS else parse_judgments
            self._judgments += parse(record, number, self._defaults)

    def reject(self, line: Line, reason: str, *, count_records: int = 1) -> None:
        """A record that cannot be read, or several that are rejected together and begin with it."""
        excerpt = excerpt_of(line.raw, self._mask)
        self._rejections.append((self.file, line.number, str(reason), excerpt, line.sha256, count_records))
        self._count_records += count_records
        self._count_bytes += len(line.raw)

    def _masked(self, rows: Iterable[tuple], schema: pl.Schema, column: str) -> pl.DataFrame:
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        texts = [None if text is None else self._mask(text) for text in frame[column]]
        return frame.with_columns(pl.Series(column, texts, dtype=pl.String))

    def part(self) -> Part:
        """What was gathered, and a new start."""
        part = Part(
            file=self.file,
            questions=self._masked(self._questions, QUESTION_SCHEMA, "text"),
            answers=self._masked(self._answers, ANSWER_SCHEMA, "text"),
            judgments=self._masked(self._judgments, JUDGMENT_SCHEMA, "judge_text"),
            rejections=pl.DataFrame(self._rejections, schema=REJECTION_SCHEMA, orient="row"),
            count_records=self._count_records,
        )
        self._clear()
        return part
