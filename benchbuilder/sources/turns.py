"""From one record to the user's turns in it."""

from typing import Any, NamedTuple

import orjson

from benchbuilder.sources.fields import MISSING, optional_at, reference_of, sender_of, time_of, value_at
from benchbuilder.sources.records import Reason, Record
from benchbuilder.sources.source import FieldMap, Source
from benchbuilder.sources.spans import read_spans
from benchbuilder.text import clean_text, digest_of

_LENGTH_WORDING = 16
_USERS = frozenset({"user", "human"})  # ShareGPT has humans
_MAX_TURN = 10**6
_MAX_DIGITS = 9  # of a turn; Python refuses to read numbers of thousands of them


class Turns(NamedTuple):
    """The readable turns of a record, and the first reason why another one is not."""

    records: tuple[Record, ...]
    reason: Reason | None


def _text_of(content: Any) -> Any:
    """A message's text; of a list of parts the text parts, one per line, and images and sounds left out."""
    if not isinstance(content, list):
        return content
    parts = [part for part in content if isinstance(part, dict) and part.get("type", "text") == "text"]
    texts = [part.get("text", part.get("content")) for part in parts]
    return "\n".join(text for text in texts if isinstance(text, str))


def _fault_of(text: Any, max_bytes: int) -> Reason | None:
    """Why `text` is no prompt."""
    if text is MISSING:
        return Reason.MISSING_FIELD
    if text is None:
        return Reason.NULL_FIELD
    if not isinstance(text, str):
        return Reason.WRONG_TYPE
    if not text.strip():
        return Reason.EMPTY
    is_surely_small = 4 * len(text) <= max_bytes
    return None if is_surely_small or len(text.encode()) <= max_bytes else Reason.TOO_LARGE


def _messages_in(value: Any, source: Source) -> list[Any] | None:
    """The list of messages at the prompt's path; None where a plain text stands or must stand."""
    if source.preset == "prompt":
        return None
    if source.preset and isinstance(value, str):  # a cell of a table that holds JSON
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    return value if isinstance(value, list) else None


def _user_texts(messages: list[Any]) -> list[Any] | Reason:
    """The content of each message of the user, unchecked."""
    if not all(isinstance(message, dict) for message in messages):
        return Reason.WRONG_TYPE
    if not all("role" in message or "from" in message for message in messages):
        return Reason.MISSING_FIELD
    said = [message for message in messages if message.get("role", message.get("from")) in _USERS]
    return [_text_of(_content_of(message)) for message in said] or Reason.EMPTY


def _content_of(message: dict[str, Any]) -> Any:
    """It is called `parts` in OpenTelemetry, and `value` in ShareGPT."""
    return next((message[name] for name in ("content", "parts", "value") if name in message), MISSING)


def _first_turn(record: dict[str, Any], fields: FieldMap) -> int:
    turn = optional_at(record, fields.turn)
    if isinstance(turn, str) and turn.isdecimal() and len(turn) <= _MAX_DIGITS:
        turn = int(turn)
    return turn if isinstance(turn, int) and 1 <= turn <= _MAX_TURN else 1


def _texts_in(value: Any, source: Source) -> tuple[list[Any] | Reason, bool]:
    """Texts, unchecked, and whether they come from a conversation."""
    messages = _messages_in(value, source)
    if messages is not None:
        return _user_texts(messages), True
    is_wrong = source.preset not in {None, "prompt"} and isinstance(value, str)
    return (Reason.WRONG_TYPE, True) if is_wrong else ([value], False)


def read_turns(record: dict[str, Any], source: Source, fields: FieldMap, file: str, line: int | None) -> Turns:
    """The user's turns of one record of `source`.

    Args:
        record: an object of JSON, or a row with its column names.
        source: says which shapes and lengths are read.
        fields: says where things stand: `source.field_map`.
        file: as in `Progress.location`.
        line: of the record.
    """
    if source.preset != "otel_genai":
        return _turns_of(record, source, fields, file, line)
    several = [_turns_of(span, source, fields, file, line) for span in read_spans(record)]
    if not several:
        return Turns((), Reason.MISSING_FIELD)
    reason = next((turns.reason for turns in several if turns.reason), None)
    return Turns(tuple(_by_wording(turn) for turns in several for turn in turns.records), reason)


def _by_wording(turn: Record) -> Record:
    """A turn of a span: later spans repeat it, maybe in another place, and are not to be sightings of their own."""
    reference = turn.conversation_ref or turn.source_ref
    return turn._replace(source_ref=f"{reference}#{digest_of(turn.text)[:_LENGTH_WORDING]}")


def _turns_of(record: dict[str, Any], source: Source, fields: FieldMap, file: str, line: int | None) -> Turns:
    texts, is_conversation = _texts_in(value_at(record, fields.prompt or ""), source)
    if isinstance(texts, Reason):
        return Turns((), texts)
    texts = [clean_text(text) if isinstance(text, str) else text for text in texts]
    faults = [_fault_of(text, source.max_prompt_bytes) for text in texts]
    reason = next((fault for fault in faults if fault), None)
    if all(faults):
        return Turns((), reason)
    reference = reference_of(optional_at(record, fields.id), record)
    seen_at, sender = time_of(optional_at(record, fields.seen_at)), sender_of(optional_at(record, fields.sender))
    language = optional_at(record, fields.language)
    label = language if isinstance(language, str) else None
    first = _first_turn(record, fields)
    records = [
        Record(
            text=text,
            source_ref=reference if place == 0 else f"{reference}#{place + 1}",
            seen_at=seen_at,
            sender=sender,
            turn=first + place,
            conversation_ref=reference if is_conversation else None,
            file=file,
            line=line,
            language=label,
        )
        for place, (text, fault) in enumerate(zip(texts, faults, strict=True))
        if fault is None
    ]
    return Turns(tuple(records), reason)
