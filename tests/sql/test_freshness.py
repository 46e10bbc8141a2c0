"""marts/08: how much of a day's prompts nobody had sent before."""

from datetime import date

from tests.sql.conftest import At, Given, Rows


def test_a_prompt_is_new_on_its_first_day_alone(given: Given, rows: Rows, at: At) -> None:
    """Of three prompts on the second day one is new, however often each was sent; a late record has its own day."""
    given(
        prompts=[{"prompt_id": name} for name in ("p1", "p2", "p3")],
        sightings=[
            {"prompt_id": "p1", "seen_at": at(1)},
            {"prompt_id": "p1", "seen_at": at(30)},
            {"prompt_id": "p1", "seen_at": at(31)},
            {"prompt_id": "p2", "seen_at": at(2), "ingested_at": at(90)},
            {"prompt_id": "p2", "seen_at": at(47)},
            {"prompt_id": "p3", "ingested_at": at(40)},
        ],
    )
    assert rows("from freshness") == [
        (date(2026, 1, 1), 2, 2, 2, 1.0),
        (date(2026, 1, 2), 4, 3, 1, 1 / 3),
    ]


def test_an_empty_warehouse_has_no_days(rows: Rows) -> None:
    """No row of zeros."""
    assert rows("from freshness") == []
