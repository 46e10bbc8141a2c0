"""What people said in: votes and published ratings, once, under their names, and found again as a board of people."""

import csv
from pathlib import Path

import pytest

from benchbuilder.errors import SourceError, UsageError
from benchbuilder.exchange.arena_hard import import_arena_hard
from benchbuilder.exchange.people import VOTES, import_ratings, import_votes
from benchbuilder.quality import append_quality, read_people
from tests.fakes import small_arena as arena
from tests.unit.exchange.conftest import NewState, contents, has_changed

RATINGS = (
    ("able", 1200, 1180, 1220),
    ("even-1", 1100, 1080, 1120),
    ("even-2", 1095, 1075, 1115),
    ("base", 1000, 990, 1010),
)
VOTED = [
    *[("able", "base", "model_a")] * 8,
    *[("able", "base", "model_b")] * 2,
    *[("even-1", "able", "model_b")] * 3,
    ("even-1", "able", "model_a"),
    ("even-1", "base", "tie"),
    ("even-1", "base", "tie (bothbad)"),
]


def write_votes(path: Path, votes: list[tuple[str, str, str]]) -> Path:
    """As Chatbot Arena publishes them, each with an id, a voter and a prompt."""
    return arena.write_lines(
        path,
        (
            {
                "question_id": f"v{number}",
                "model_a": model_a,
                "model_b": model_b,
                "winner": winner,
                "judge": "arena_user_7",
                "conversation_a": [{"role": "user", "content": f"Write to jane.doe@example.org about {number}."}],
            }
            for number, (model_a, model_b, winner) in enumerate(votes)
        ),
    )


def write_ratings(path: Path, rows: tuple[tuple[str, float, float, float], ...]) -> Path:
    """A rating table as an arena publishes it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", "rating", "rating_q025", "rating_q975"])
        writer.writerows(rows)
    return path


def test_votes_come_in_once(new_state: NewState, tmp_path: Path) -> None:
    """Every record is a vote or a rejection; a second time nothing changes, a longer file adds what is new."""
    warehouse = new_state("votes")
    path = write_votes(tmp_path / "votes.jsonl", [*VOTED, ("able", "able", "tie"), ("able", "base", "nobody")])
    first = import_votes(warehouse, path)
    assert first.appended == ({"human_votes": 16}, 0, 2)
    before = contents(warehouse)
    second = import_votes(warehouse, path)
    assert second.appended == ({"human_votes": 0}, 16, 2)
    assert has_changed(before, contents(warehouse)) == []
    assert second.snapshot.path == first.snapshot.path
    longer = import_votes(warehouse, write_votes(tmp_path / "votes.jsonl", [*VOTED, ("even-2", "base", "model_b")]))
    assert longer.appended == ({"human_votes": 1}, 16, 0)
    reasons = longer.snapshot.read("select reason, count_records from import_rejections order by all")
    assert reasons.rows() == [("same_model", 1), ("unknown_winner", 1)]


def test_votes_hold_no_names_and_no_prompts(new_state: NewState, tmp_path: Path) -> None:
    """Voters are hashed, of the prompt only the id is kept, and an excerpt of a rejected record is masked."""
    path = write_votes(tmp_path / "votes.jsonl", [*VOTED, ("able", "able", "tie")])
    done = import_votes(new_state("private"), path)
    votes = done.snapshot.read("from human_votes")
    assert votes["prompt_id"].n_unique() == 16
    assert votes["voter"].n_unique() == 1
    assert "arena_user" not in votes.write_csv()
    assert "jane.doe" not in done.snapshot.read("from import_rejections").write_csv()


def test_another_winner_is_another_vote(new_state: NewState, tmp_path: Path) -> None:
    """Many people vote on one question under one id, so a vote that says something else contradicts none."""
    warehouse, path = new_state("others"), tmp_path / "votes.jsonl"
    record = {"question_id": "1", "model_a": "able", "model_b": "base"}
    for winner in ("model_a", "model_b", "model_a"):
        done = import_votes(warehouse, arena.write_lines(path, [{**record, "winner": winner}]))
    assert sorted(done.snapshot.read("select winner from human_votes")["winner"]) == ["model_a", "model_b"]
    assert done.snapshot.read("from import_rejections").is_empty()


def test_votes_are_a_board_of_people(new_state: NewState, tmp_path: Path) -> None:
    """Rated by the code that rates judges: the one who won most is first; ids and order of the file do not matter."""
    board = read_people(import_votes(new_state("board"), write_votes(tmp_path / "v.jsonl", VOTED)).snapshot, VOTES)
    assert board["model"].to_list() == ["able", "even-1", "base"]
    assert board["score"].mean() == pytest.approx(1000)
    assert (board["lower"] < board["score"]).all()
    turned = import_votes(new_state("turned"), write_votes(tmp_path / "v.jsonl", VOTED[::-1])).snapshot
    assert read_people(turned, VOTES)["score"].to_list() == pytest.approx(board["score"].to_list(), abs=1e-9)


def test_ratings_come_in_under_a_name(new_state: NewState, tmp_path: Path) -> None:
    """That of the file unless told otherwise; numbers as they are there; a second time nothing changes."""
    warehouse = new_state("ratings")
    path = write_ratings(tmp_path / "arena_of_may.csv", RATINGS)
    first = import_ratings(warehouse, path)
    assert first.appended == ({"human_ratings": 4}, 0, 0)
    board = read_people(first.snapshot, "arena_of_may")
    assert set(board.select("model", "score", "lower", "upper").iter_rows()) == set(RATINGS)
    before = contents(warehouse)
    assert import_ratings(warehouse, path).snapshot.path == first.snapshot.path
    assert has_changed(before, contents(warehouse)) == []
    named = import_ratings(warehouse, path, "people of June")
    assert read_people(named.snapshot, "people of June").equals(board)


def test_a_named_board_keeps_its_first_numbers(new_state: NewState, tmp_path: Path) -> None:
    """Another file under the same name: what differs is rejected, a model that is new comes in."""
    warehouse = new_state("kept")
    import_ratings(warehouse, write_ratings(tmp_path / "one.csv", RATINGS), "people")
    other = write_ratings(tmp_path / "two.csv", (("able", 900, 890, 910), RATINGS[1], ("new", 1, 0, 2)))
    done = import_ratings(warehouse, other, "people")
    assert done.appended == ({"human_ratings": 1}, 1, 1)
    assert dict(read_people(done.snapshot, "people").select("model", "score").iter_rows())["able"] == 1200
    rejected = done.snapshot.read("select location, reason, excerpt from import_rejections").rows()
    assert rejected == [("two.csv", "differs_from_first", "people able 900.0")]


def test_what_is_no_board_of_ratings_is_told(new_state: NewState, tmp_path: Path) -> None:
    """Votes have a command of their own and a name that no board can take; nothing comes in."""
    warehouse = new_state("none")
    votes = write_votes(tmp_path / "some.jsonl", VOTED)
    with pytest.raises(SourceError, match="import them with `benchbuilder import votes`"):
        import_ratings(warehouse, votes)
    with pytest.raises(SourceError, match="name the board otherwise"):
        import_ratings(warehouse, write_ratings(tmp_path / "votes.csv", RATINGS))
    with pytest.raises(SourceError, match="no such file"):
        import_votes(warehouse, tmp_path / "gone.jsonl")
    assert all(frame.is_empty() for frame in contents(warehouse).values())


def test_people_who_are_not_there_are_unknown(new_state: NewState) -> None:
    """A name that was never imported, and votes where there are none."""
    for name in ("nobody", VOTES):
        with pytest.raises(UsageError, match=f"people {name}: nothing of that name was imported"):
            read_people(new_state("unknown"), name)


def test_the_quality_of_a_board_is_kept_beside_it(new_state: NewState, tmp_path: Path) -> None:
    """Against named people, against votes, against nobody: a row each in the mart; again, or as before: no new row."""
    warehouse = new_state("quality")
    done = import_arena_hard(warehouse, arena.write_verdicts(tmp_path / "small.jsonl", arena.games()))
    assert done.benchmark_id
    import_ratings(warehouse, write_ratings(tmp_path / "may.csv", RATINGS))
    import_votes(warehouse, write_votes(tmp_path / "votes.jsonl", VOTED))
    told = [
        append_quality(warehouse, done.benchmark_id, people=people) for people in ("may", VOTES, None, "gone", "may")
    ]
    assert told[0] == told[4]
    assert "agreement with may" in told[0]
    assert "agreement" not in told[2]
    assert told[3] == f"{told[2]}; people gone: nothing of that name was imported"
    rows = warehouse.read(
        "select people, count_models, count_pairs, agreement_paper is not null, spearman is not null, separability"
        " from quality order by people"
    ).rows()
    assert [row[:5] for row in rows] == [("", 4, 6, False, False), ("may", 4, 6, True, True), (VOTES, 3, 3, True, True)]
    assert rows[0][5] == rows[1][5]


def test_newer_votes_give_a_newer_figure(new_state: NewState, tmp_path: Path) -> None:
    """The mart shows the last one of each board of people; the earlier ones stay in the relation."""
    warehouse = new_state("newer")
    done = import_arena_hard(warehouse, arena.write_verdicts(tmp_path / "small.jsonl", arena.games()))
    assert done.benchmark_id
    for count in (14, 16):
        import_votes(warehouse, write_votes(tmp_path / "votes.jsonl", VOTED[:count]))
        append_quality(warehouse, done.benchmark_id, people=VOTES)
    assert warehouse.read("select count(*) from benchmark_quality").item() == 2
    newest = warehouse.read("select measured_at from quality").item()
    assert newest == warehouse.read("select max(measured_at) from benchmark_quality").item()


def test_names_lead_from_our_models_to_theirs(new_state: NewState, tmp_path: Path) -> None:
    """Where they differ, in either direction; equal names meet without being told, and none meets two."""
    warehouse = new_state("names")
    done = import_arena_hard(warehouse, arena.write_verdicts(tmp_path / "small.jsonl", arena.games()))
    assert done.benchmark_id
    theirs = (("Able (theirs)", *RATINGS[0][1:]), *RATINGS[1:])
    import_ratings(warehouse, write_ratings(tmp_path / "may.csv", theirs))
    for names, count in (
        (None, 3),
        ({"able": "able (theirs)"}, 4),
        ({"able (theirs)": "ABLE"}, 4),
        ({"x": "even-1"}, 2),
    ):
        told = append_quality(warehouse, done.benchmark_id, people="may", names=names)
        assert f"({count} models" in told


def test_another_map_of_names_gives_newer_figures(new_state: NewState, tmp_path: Path) -> None:
    """The settings are put right, and so is the mart; a map that fits both ways costs people's part, not the night."""
    warehouse = new_state("map")
    done = import_arena_hard(warehouse, arena.write_verdicts(tmp_path / "small.jsonl", arena.games()))
    assert done.benchmark_id
    import_ratings(warehouse, write_ratings(tmp_path / "may.csv", (("Able (theirs)", *RATINGS[0][1:]), *RATINGS[1:])))
    for names in ({"nobody": "x"}, {"able": "able (theirs)"}):
        append_quality(warehouse, done.benchmark_id, people="may", names=names)
    assert warehouse.read("select count_models from quality").rows() == [(4,)]
    told = append_quality(warehouse, done.benchmark_id, people="may", names={"even-1": "even-2"})
    assert told.startswith("separability ")
    assert "the map does not say which way it runs" in told
    assert warehouse.read("select people, count_models from quality order by people").rows() == [("", 4), ("may", 4)]


def test_a_version_without_a_board_has_no_quality(new_state: NewState, tmp_path: Path) -> None:
    """It is said, and nothing is kept."""
    warehouse = new_state("questions")
    done = import_arena_hard(warehouse, arena.write_v20(tmp_path / "small", [], parts="q"))
    assert done.benchmark_id
    assert append_quality(warehouse, done.benchmark_id, people=None).startswith("No board yet")
    assert warehouse.read("from benchmark_quality").is_empty()
