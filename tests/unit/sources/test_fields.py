"""benchbuilder.sources.fields: paths, times, references and senders."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.sources.fields import MISSING, reference_of, sender_of, time_of, value_at

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", {"b": [10, {"c": 20}], "d.e": 30}),
        ("a.b.0", 10),
        ("a.b.1.c", 20),
        ("a.d.e", 30),
        ("x.y", 40),
        ("a.b.2", MISSING),
        ("a.b.-1", MISSING),
        ("a.b.c", MISSING),
        ("a.z", MISSING),
        ("a.b.0.c", MISSING),
        ("", MISSING),
    ],
)
def test_a_path_leads_through_keys_and_places(path: str, found: Any) -> None:
    """Keys may hold dots themselves; what is not there is missing, which is not null."""
    assert value_at({"a": {"b": [10, {"c": 20}], "d.e": 30}, "x.y": 40}, path) == found


@pytest.mark.parametrize(
    "value",
    [
        1709294400,
        1709294400.0,
        Decimal("1709294400.000"),
        1709294400_000,
        1709294400_000_000,
        1709294400_000_000_000,
        "1709294400",
        " 1709294400000 ",
        "2024-03-01T12:00:00Z",
        "2024-03-01T12:00:00",
        "2024-03-01 13:00:00+01:00",
        datetime(2024, 3, 1, 12),  # noqa: DTZ001 - Parquet holds times without a zone
        datetime(2024, 3, 1, 14, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_one_moment_in_many_forms(value: Any) -> None:
    """Seconds, their thousandths and millionths, ISO 8601 and times are all read; without a zone it is UTC."""
    assert time_of(value) == NOON


def test_a_day_begins_at_midnight() -> None:
    """A date alone is a time."""
    assert time_of("2024-03-01") == time_of(date(2024, 3, 1)) == time_of("20240301") == NOON.replace(hour=0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        12345,
        1e300,
        float("nan"),
        float("inf"),
        Decimal("sNaN"),
        pytest.param(10**400, id="of 400 digits"),
        "",
        "yesterday",
        "nan",
        "2024-13-01",
        [],
        {},
        b"2024",
    ],
)
def test_what_is_no_time_is_none(value: Any) -> None:
    """A wrong time costs the time, not the record."""
    assert time_of(value) is None


@given(
    st.none()
    | st.floats()
    | st.decimals()
    | st.integers()
    | st.text()
    | st.datetimes(timezones=st.timezones())
    | st.dates()
)
def test_a_time_never_fails_and_is_in_utc(value: Any) -> None:
    """Whatever stands there, the result is a time in UTC or None."""
    moment = time_of(value)
    assert moment is None or moment.tzinfo == UTC


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        *[("x-1", "x-1"), (7, "7"), (7.5, "7.5"), ("a\x00\ud83d", "a\ufffd"), (Decimal(12), "12")],
        (UUID("6f1b4c7e-0000-4000-8000-000000000001"), "6f1b4c7e-0000-4000-8000-000000000001"),
    ],
)
def test_a_short_id_is_the_reference(value: Any, reference: str) -> None:
    """Ids are kept readable, so that a person can look a record up."""
    assert reference_of(value, {}) == reference


@pytest.mark.parametrize("value", [None, "", True, {"a": 1}, ["x"], "x" * 201, b"x"])
def test_anything_else_is_referred_to_by_a_digest(value: Any) -> None:
    """No id, or one of another type or of any length, gives 64 hex digits, the same each time."""
    assert len(reference_of(value, {"prompt": "a"})) == 64
    assert reference_of(value, {"prompt": "a"}) == reference_of(value, {"prompt": "a"})


def test_a_sender_is_a_hash_or_nobody() -> None:
    """The name itself is never returned; numbers and text forms of them are the same sender only as written."""
    assert sender_of(None) is sender_of("") is None
    assert len(sender_of("anna") or "") == 64
    assert sender_of({"b": 1, "a": 2}) == sender_of({"a": 2, "b": 1})
    assert sender_of("\ud83d")
