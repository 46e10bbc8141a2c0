"""Records with one text: questions and answers of both layouts."""

from typing import Any

from benchbuilder.sources.arena_hard.access import (
    QUESTION_IDS,
    UnreadableRecordError,
    first_of,
    label_of,
    object_of,
    optional_label_of,
    text_of,
    value_of,
)
from benchbuilder.sources.arena_hard.parts import AnswerRow, QuestionRow
from benchbuilder.sources.records import Reason

MAX_COUNT = 10**12  # more than any text holds; keeps sums inside 64 bits


def _content_of(turn: Any) -> Any:
    """Of a turn of v0.1: an object, or in its early files the text itself."""
    return turn if isinstance(turn, str) else value_of(object_of(turn), "content")


def parse_question(record: dict[str, Any], line: int) -> QuestionRow:
    """A question: `prompt`, or the first of `turns`.

    Raises:
        UnreadableRecordError: with the reason.
    """
    text = record["prompt"] if "prompt" in record else _content_of(first_of(value_of(record, "turns")))
    return QuestionRow(
        question_ref=label_of(record, *QUESTION_IDS),
        text=text_of(text),
        category=optional_label_of(record, "category"),
        topic=optional_label_of(record, "cluster", "subcategory"),
        line=line,
    )


def _answer_in(record: dict[str, Any]) -> Any:
    """What the model said: the last message, or the first turn of the first choice."""
    if "messages" not in record:
        choice = object_of(first_of(value_of(record, "choices")))
        return _content_of(first_of(value_of(choice, "turns")))
    message = object_of(first_of(record["messages"], place=-1))
    if message.get("role", "assistant") != "assistant":
        raise UnreadableRecordError(Reason.MISSING_FIELD)  # the conversation stops before the model speaks
    content = value_of(message, "content")
    return value_of(content, "answer") if isinstance(content, dict) else content


def _is_count(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < MAX_COUNT and value == int(value)


def _count_of(value: Any) -> int | None:
    """A count, or the sum of an object's counts; None for anything that is no count."""
    counts = list(value.values()) if isinstance(value, dict) else [value]
    return sum(map(int, counts)) if counts and all(map(_is_count, counts)) else None


def parse_answer(record: dict[str, Any], line: int) -> AnswerRow:
    """An answer; its counts from `metadata` (v2.0) or `conv_metadata` (v0.1), where sub-counts are added up.

    Raises:
        UnreadableRecordError: with the reason.
    """
    metadata = record.get("metadata", record.get("conv_metadata"))
    counts = metadata if isinstance(metadata, dict) else {}
    return AnswerRow(
        question_ref=label_of(record, *QUESTION_IDS),
        model=label_of(record, "model", "model_id"),
        text=text_of(_answer_in(record)),
        count_tokens=_count_of(counts.get("token_len")),
        count_headers=_count_of(counts.get("header_count")),
        count_lists=_count_of(counts.get("list_count")),
        count_bold=_count_of(counts.get("bold_count")),
        line=line,
    )
