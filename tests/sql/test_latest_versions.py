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


def test_the_version_that_was_chosen_last_is_the_latest(given: Given, rows: Rows, at: At) -> None:
    """Also where it was frozen before another one; of an older warehouse's, the time of freezing counts."""
    given(
        benchmarks=[
            {"benchmark_id": "of old", "frozen_at": at(1), "as_of": at(1), "previous_id": "before"},
            {"benchmark_id": "a", "frozen_at": at(2), "previous_id": "of old"},
            {"benchmark_id": "b", "frozen_at": at(3), "previous_id": "a"},
            {"benchmark_id": "import", "frozen_at": at(9), "is_imported": True},
        ],
        choices=[
            {"benchmark_id": "a", "chosen_at": at(2), "as_of": at(2), "previous_id": "of old"},
            {"benchmark_id": "b", "chosen_at": at(3), "as_of": at(3), "previous_id": "a"},
            {"benchmark_id": "a", "chosen_at": at(4), "as_of": at(4), "previous_id": "b"},
        ],
    )
    assert rows("select benchmark_id, frozen_at from latest_built_benchmark") == [("a", at(2))]
    assert rows("select benchmark_id from latest_benchmark") == [("a",)]
    assert rows("from latest_choices where benchmark_id in ('of old', 'a') order by chosen_at") == [
        ("of old", "before", at(1), at(1)),
        ("a", "b", at(4), at(4)),
    ]


def test_a_first_choice_came_after_nothing(given: Given, rows: Rows, at: At) -> None:
    """Whatever the version was first frozen after, as after a restore of an older state."""
    given(
        benchmarks=[{"benchmark_id": "v", "previous_id": "before"}],
        choices=[{"benchmark_id": "v", "chosen_at": at(1)}],
    )
    assert rows("select previous_id from latest_choices") == [(None,)]


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
