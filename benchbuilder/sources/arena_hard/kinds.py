"""What a file holds, told by the fields of its records and never by its name."""

from enum import StrEnum
from pathlib import Path
from typing import Any

from benchbuilder.errors import SourceError
from benchbuilder.sources.arena_hard.access import QUESTION_IDS
from benchbuilder.sources.json_objects import parse_object
from benchbuilder.sources.lines import read_lines
from benchbuilder.text import escape_for_message

_BATTLE_FIELDS = {"model_a", "model_b", "winner"}
_VOTE_FIELDS = {"conversation_a", "conversation_b", "anony", "tstamp"}  # what battles of judges never have


class Kind(StrEnum):
    """The kinds of records."""

    QUESTIONS = "questions"
    ANSWERS = "answers"
    JUDGMENTS = "judgments"
    VERDICTS = "verdicts"
    BATTLES = "battles"


def kind_of_record(record: dict[str, Any]) -> Kind | None:
    """The kind whose fields a record has; None for anything else, votes of people included."""
    if not any(name in record for name in QUESTION_IDS):
        return None
    if "games" in record:
        return Kind.JUDGMENTS
    if "game1" in record or "game2" in record:
        return Kind.VERDICTS
    if record.keys() >= _BATTLE_FIELDS:
        return None if record.keys() & _VOTE_FIELDS else Kind.BATTLES
    if "messages" in record or "choices" in record:
        return Kind.ANSWERS
    return Kind.QUESTIONS if "prompt" in record or "turns" in record else None


def kind_of_file(path: Path) -> Kind | None:
    """The kind of the first record that has one."""
    for line in read_lines(path):
        record = parse_object(line.raw)
        if isinstance(record, dict) and (kind := kind_of_record(record)):
            return kind
    return None


def kind_or_error(path: Path) -> Kind:
    """As `kind_of_file`.

    Raises:
        SourceError: no record of the file is of a known kind; names the fields of the first one.
    """
    if kind := kind_of_file(path):
        return kind
    known = f"holds no records of arena-hard ({', '.join(Kind)})"
    records = (parse_object(line.raw) for line in read_lines(path))
    first = next((record for record in records if isinstance(record, dict)), None)
    if first is None:
        raise SourceError(f"{path}: {known}, nor any other JSON lines")
    votes = "; votes of people have an import of their own" if first.keys() >= _BATTLE_FIELDS else ""
    fields = escape_for_message(", ".join(first)) or "none"
    raise SourceError(f"{path}: {known}; the first record has the fields: {fields}{votes}")
