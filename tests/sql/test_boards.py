"""marts/01: boards over versions, and the board of the newest one."""

import pytest

from tests.sql.conftest import At, Given, Rows


@pytest.fixture
def two_versions(given: Given, at: At) -> None:
    """Version v1 with two boards, the newest version v2 with a good board and a later one that was withheld."""
    given(
        benchmarks=[{"benchmark_id": "v1", "frozen_at": at(0)}, {"benchmark_id": "v2", "frozen_at": at(24)}],
        leaderboards=[
            {"leaderboard_id": "b1", "benchmark_id": "v1", "fitted_at": at(1)},
            {"leaderboard_id": "b2", "benchmark_id": "v2", "fitted_at": at(25)},
            {"leaderboard_id": "b3", "benchmark_id": "v1", "fitted_at": at(26)},
            {"leaderboard_id": "b4", "benchmark_id": "v2", "fitted_at": at(27), "is_withheld": True},
        ],
        leaderboard_rows=[
            {"leaderboard_id": "b1", "model": "m", "win_rate": 0.4, "is_ranked": True},
            {"leaderboard_id": "b3", "model": "m", "win_rate": 0.5, "is_ranked": True},
            {"leaderboard_id": "b2", "model": "mute", "win_rate": None, "is_ranked": False, "reason": "no judgments"},
            {"leaderboard_id": "b2", "model": "shy", "win_rate": 0.9, "is_ranked": False, "reason": "half is read"},
            {"leaderboard_id": "b2", "model": "n", "win_rate": 0.6, "is_ranked": True},
            {"leaderboard_id": "b2", "model": "m", "win_rate": 0.6, "is_ranked": True},
            {"leaderboard_id": "b2", "model": "top", "win_rate": 0.7, "is_ranked": True},
            {"leaderboard_id": "b4", "model": "m", "win_rate": 0.1, "is_ranked": False},
        ],
    )


@pytest.mark.usefixtures("two_versions")
def test_boards_shows_every_board_that_was_not_withheld(rows: Rows) -> None:
    """A model over versions and nights; the withheld board is not there."""
    query = "select benchmark_id, leaderboard_id, win_rate from boards where model = 'm' order by fitted_at"
    assert rows(query) == [("v1", "b1", 0.4), ("v2", "b2", 0.6), ("v1", "b3", 0.5)]


@pytest.mark.usefixtures("two_versions")
def test_board_is_the_newest_board_of_the_newest_version(rows: Rows) -> None:
    """Best first, equals by name; what is not ranked comes last with its reason, whatever its win-rate."""
    assert rows("select model, win_rate, is_ranked, reason from board") == [
        ("top", 0.7, True, None),
        ("m", 0.6, True, None),
        ("n", 0.6, True, None),
        ("shy", 0.9, False, "half is read"),
        ("mute", None, False, "no judgments"),
    ]


def test_until_the_newest_version_is_rated_the_board_of_the_one_before_it_is_shown(
    given: Given, rows: Rows, at: At
) -> None:
    """With its benchmark_id; once there is one of the newest, that one, and one of a version chosen again."""
    given(
        benchmarks=[{"benchmark_id": "v1", "frozen_at": at(0)}, {"benchmark_id": "v2", "frozen_at": at(1)}],
        leaderboards=[{"leaderboard_id": "b1", "benchmark_id": "v1"}],
        leaderboard_rows=[{"leaderboard_id": "b1", "model": "m"}],
    )
    shown = "select benchmark_id, model from board"
    assert rows(shown) == [("v1", "m")]
    given(
        leaderboards=[{"leaderboard_id": "b2", "benchmark_id": "v2"}],
        leaderboard_rows=[{"leaderboard_id": "b2", "model": "n"}],
    )
    assert rows(shown) == [("v2", "n")]
    given(choices=[{"benchmark_id": "v1", "chosen_at": at(2)}])
    assert rows(shown) == [("v1", "m")]


def test_what_was_built_here_is_shown_before_an_import(given: Given, rows: Rows, at: At) -> None:
    """And of two imports the one that was rated last, whenever they were read."""
    given(
        benchmarks=[
            {"benchmark_id": "i1", "frozen_at": at(1), "is_imported": True},
            {"benchmark_id": "i2", "frozen_at": at(2), "is_imported": True},
        ],
        leaderboards=[
            {"leaderboard_id": "b1", "benchmark_id": "i1", "fitted_at": at(4)},
            {"leaderboard_id": "b2", "benchmark_id": "i2", "fitted_at": at(3)},
        ],
    )
    assert rows("select leaderboard_id from latest_leaderboard") == [("b1",)]
    given(benchmarks=[{"benchmark_id": "v"}], leaderboards=[{"leaderboard_id": "b", "benchmark_id": "v"}])
    assert rows("select leaderboard_id from latest_leaderboard") == [("b",)]
