"""One line of JSON to an object, or to the reason why there is none; and a record to the JSON that stands for it."""

import json
from typing import Any

import orjson

from benchbuilder.sources.records import Reason
from benchbuilder.text import clean_text

MAX_EXACT_DIGITS = 18  # what fits into 64 bits; longer numbers become floats, as orjson makes them


def _exact_or_float(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_EXACT_DIGITS else float(digits)


def _cleaned(value: Any) -> Any:
    """A value without lone surrogates, which neither a hash nor a database takes."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _cleaned(item) for key, item in value.items()}
    return value


def _parse_leniently(raw: bytes) -> Any | Reason:
    """What Python and JavaScript write and strict JSON forbids: NaN, and half of an emoji that was cut."""
    try:
        return _cleaned(json.loads(raw.decode(), parse_int=_exact_or_float))
    except UnicodeDecodeError:
        return Reason.WRONG_ENCODING
    except (ValueError, RecursionError):
        return Reason.BROKEN_JSON


def parse_value(raw: bytes) -> Any | Reason:
    """What `raw` holds; else WRONG_ENCODING or BROKEN_JSON."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _parse_leniently(raw)


def parse_object(raw: bytes) -> dict[str, Any] | Reason:
    """The object that `raw` holds; else WRONG_ENCODING, BROKEN_JSON or NOT_AN_OBJECT."""
    value = parse_value(raw)
    return value if isinstance(value, dict | Reason) else Reason.NOT_AN_OBJECT


def bytes_of_value(value: Any) -> bytes:
    """Canonical JSON, which stands for a row in hashes and excerpts; what JSON has no form for enters as its text.

    Raises:
        RecursionError: it is nested so deep that it can be read but not be written again.
    """
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # nested deeper than orjson writes, a number of more than 64 bits, half of an emoji
        return json.dumps(value, default=str, sort_keys=True).encode()
