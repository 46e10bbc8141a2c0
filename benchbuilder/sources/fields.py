"""One value out of a record: by its path, and as a time, a reference or a hash of the sender."""

import contextlib
import hashlib
import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from benchbuilder.text import clean_text, digest_of

MISSING: Final = object()
MAX_REFERENCE = 200
# Numbers of a time since 1970: in seconds they lie between 1973 and 2286, and each finer unit is a thousand times more.
_FIRST_SECOND, _LAST_SECOND = 10**8, 10**10
_UNITS_PER_SECOND = (1, 10**3, 10**6, 10**9)


def value_at(value: Any, path: str) -> Any:
    """What stands at a dotted path of keys and list places; a key may hold dots itself. `MISSING` if nothing does."""
    if isinstance(value, dict):
        if path in value:
            return value[path]
        heads = [place for place, character in enumerate(path) if character == "."]
        found = (value_at(value[path[:at]], path[at + 1 :]) for at in reversed(heads) if path[:at] in value)
        return next((item for item in found if item is not MISSING), MISSING)
    head, _, rest = path.partition(".")
    if isinstance(value, list) and head.isdecimal() and int(head) < len(value):
        return value_at(value[int(head)], rest) if rest else value[int(head)]
    return MISSING


def optional_at(record: dict[str, Any], path: str | None) -> Any:
    """What stands at the path; None when it is null, missing, or not mapped at all."""
    value = value_at(record, path) if path else None
    return None if value is MISSING else value


def _of_epoch(number: float) -> datetime | None:
    for units in _UNITS_PER_SECOND:
        if math.isfinite(number) and _FIRST_SECOND <= number / units < _LAST_SECOND:
            return datetime.fromtimestamp(number / units, UTC)
    return None


def _of_text(text: str) -> datetime | None:
    """Numbers first: ISO 8601 reads 1612010112345 as a day of the year 1612."""
    with contextlib.suppress(ValueError):
        if moment := _of_epoch(float(text)):
            return moment
    with contextlib.suppress(ValueError):
        return _in_utc(datetime.fromisoformat(text.strip()))
    return None


def _in_utc(moment: datetime) -> datetime | None:
    with contextlib.suppress(OverflowError):  # the year 1 with an offset to the east lies before all times
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None


def time_of(value: Any) -> datetime | None:
    """A time in UTC out of a number since 1970, an ISO 8601 text or a time; without a zone it is UTC; else None."""
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, str):
        return _of_text(value)
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return _of_number(value) if is_number else None


def _of_number(value: float | Decimal) -> datetime | None:
    with contextlib.suppress(ValueError, OverflowError):  # a number that is none, or one of hundreds of digits
        return _of_epoch(float(value) if isinstance(value, Decimal) else value)
    return None


def digest_of_record(record: dict[str, Any]) -> str:
    """The sha256 of the canonical record; what JSON has no form for (bytes, decimals of Parquet) enters as its text."""
    try:
        return digest_of(record)
    except TypeError:
        canonical = json.dumps(record, sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()


def reference_of(value: Any, record: dict[str, Any]) -> str:
    """A mapped id as text; the digest of the record where there is none, of the id itself where it is no short text."""
    if value is None or value == "":
        return digest_of_record(record)
    is_plain = isinstance(value, str | int | float | Decimal | UUID) and not isinstance(value, bool)
    text = clean_text(str(value)) if is_plain else digest_of_record({"id": value})
    return text if len(text) <= MAX_REFERENCE else digest_of(text)


def sender_of(value: Any) -> str | None:
    """The sha256, in hex, of who sent it."""
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(clean_text(text).encode()).hexdigest()
