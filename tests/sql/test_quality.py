"""marts/07: how good a benchmark is, one row per board and board of people."""

from tests.sql.conftest import At, Given, Rows

QUERY = "select benchmark_id, benchmark_name, leaderboard_id, people, separability from quality order by 3, 4"


def test_a_board_has_a_row_per_board_of_people(given: Given, rows: Rows) -> None:
    """Named by its version, an imported one by where it came from; a board that was not measured is absent."""
    given(
        benchmarks=[{"benchmark_id": "v"}, {"benchmark_id": "i", "is_imported": True, "name": "arena-hard-v0.1"}],
        leaderboards=[
            {"leaderboard_id": "b1", "benchmark_id": "v"},
            {"leaderboard_id": "b2", "benchmark_id": "i"},
            {"leaderboard_id": "b3", "benchmark_id": "v"},
        ],
        benchmark_quality=[
            {"leaderboard_id": "b1", "people": "", "separability": 0.5},
            {"leaderboard_id": "b1", "people": "arena", "separability": 0.25},
            {"leaderboard_id": "b2", "people": "arena", "separability": 0.75},
        ],
    )
    assert rows(QUERY) == [
        ("v", None, "b1", "", 0.5),
        ("v", None, "b1", "arena", 0.25),
        ("i", "arena-hard-v0.1", "b2", "arena", 0.75),
    ]


def test_the_newest_figures_count(given: Given, rows: Rows, at: At) -> None:
    """People vote on: of one board of people the last measurement is shown, whatever its digest."""
    given(
        benchmarks=[{"benchmark_id": "v"}],
        leaderboards=[{"leaderboard_id": "b", "benchmark_id": "v"}],
        benchmark_quality=[
            {
                "leaderboard_id": "b",
                "people": "votes",
                "people_digest": digest,
                "separability": share,
                "measured_at": at(hour),
            }
            for digest, share, hour in (("z", 0.1, 1), ("a", 0.3, 3), ("m", 0.2, 2))
        ],
    )
    assert rows(QUERY) == [("v", None, "b", "votes", 0.3)]
