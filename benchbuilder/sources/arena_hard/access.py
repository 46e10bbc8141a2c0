"""Single values out of a record, or the reason why it cannot be read."""

from typing import Any

from benchbuilder.sources.fields import MAX_REFERENCE
from benchbuilder.sources.records import Reason
from benchbuilder.text import clean_text

QUESTION_IDS = ("uid", "question_id")  # v2.0, v0.1


class UnreadableRecordError(Exception):
    """A record cannot be read; never leaves this package.

    Attributes:
        reason: a `Reason` or a `Fault`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def value_of(record: dict[str, Any], *names: str) -> Any:
    """The first value that is not null among the fields `names`; None where they are all null.

    Raises:
        UnreadableRecordError: there is no such field.
    """
    for name in names:
        if (value := record.get(name)) is not None:
            return value
    if not any(name in record for name in names):
        raise UnreadableRecordError(Reason.MISSING_FIELD)
    return None


def label_of(record: dict[str, Any], *names: str) -> str:
    """An id or a name under one of `names`; whole numbers are ids too (arena-hard's battles count questions from 0).

    Raises:
        UnreadableRecordError: missing, null, of another type, blank, or longer than 200 characters.
    """
    value = value_of(record, *names)
    if value is None:
        raise UnreadableRecordError(Reason.NULL_FIELD)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UnreadableRecordError(Reason.WRONG_TYPE)
    label = clean_text(str(value))
    if not label.strip():
        raise UnreadableRecordError(Reason.EMPTY)
    if len(label) > MAX_REFERENCE:
        raise UnreadableRecordError(Reason.TOO_LARGE)
    return label


def optional_label_of(record: dict[str, Any], *names: str) -> str | None:
    """As `label_of`; None where the fields are missing, null or blank."""
    try:
        return label_of(record, *names)
    except UnreadableRecordError as error:
        if error.reason in {Reason.MISSING_FIELD, Reason.NULL_FIELD, Reason.EMPTY}:
            return None
        raise


def text_of(value: Any) -> str:
    """A text that must be there.

    Raises:
        UnreadableRecordError: null, of another type, or blank.
    """
    if value is None:
        raise UnreadableRecordError(Reason.NULL_FIELD)
    if not isinstance(value, str):
        raise UnreadableRecordError(Reason.WRONG_TYPE)
    text = clean_text(value)
    if not text.strip():
        raise UnreadableRecordError(Reason.EMPTY)
    return text


def first_of(value: Any, place: int = 0) -> Any:
    """The first item of a list, or that at `place`.

    Raises:
        UnreadableRecordError: null, no list, or an empty one.
    """
    if value is None:
        raise UnreadableRecordError(Reason.NULL_FIELD)
    if not isinstance(value, list):
        raise UnreadableRecordError(Reason.WRONG_TYPE)
    if not value:
        raise UnreadableRecordError(Reason.EMPTY)
    return value[place]


def object_of(value: Any) -> dict[str, Any]:
    """An object.

    Raises:
        UnreadableRecordError: null, or something else.
    """
    if not isinstance(value, dict):
        raise UnreadableRecordError(Reason.NULL_FIELD if value is None else Reason.WRONG_TYPE)
    return value
