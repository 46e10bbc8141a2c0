"""staging/06: the newest version and the newest board of each."""

from tests.sql.conftest import At, Given, Rows


def test_the_version_that_was_frozen_last_is_the_latest(given: Given, rows: Rows, at: At) -> None:
    """By the time of freezing, not by `as_of`; among two of one moment the smaller id."""
    given(
        benchmarks=[
            {"benchmark_id": "v1", "frozen_at": at(1), "as_of": at(99)},
            {"benchmark_id": "v3", "frozen_at": at(2)},
            {"benchmark_id": "v2", "frozen_at": at(2)},
        ]
    )
    assert rows("select benchmark_id from latest_benchmark") == [("v2",)]


def test_without_a_version_there_is_no_latest(rows: Rows) -> None:
    """No row, and no row of nulls."""
    assert rows("from latest_benchmark") == []


def test_each_version_has_its_newest_board_that_was_not_withheld(given: Given, rows: Rows, at: At) -> None:
    """A withheld board never hides the one before it; a version with nothing else has none."""
    given(
        leaderboards=[
            {"leaderboard_id": "b1", "benchmark_id": "v1", "fitted_at": at(1)},
            {"leaderboard_id": "b2", "benchmark_id": "v1", "fitted_at": at(2)},
            {"leaderboard_id": "b3", "benchmark_id": "v1", "fitted_at": at(3), "is_withheld": True},
            {"leaderboard_id": "b4", "benchmark_id": "v2", "fitted_at": at(4)},
            {"leaderboard_id": "b5", "benchmark_id": "v3", "fitted_at": at(5), "is_withheld": True},
        ]
    )
    assert rows("select benchmark_id, leaderboard_id from latest_leaderboards order by all") == [
        ("v1", "b2"),
        ("v2", "b4"),
    ]
