"""How good a board is: in files, without any state, and beside a board that was measured."""

import json
from pathlib import Path

import pytest

from benchbuilder.exchange.arena_hard import import_arena_hard
from benchbuilder.exchange.people import import_ratings, import_votes
from benchbuilder.quality import append_quality
from benchbuilder.warehouse import Warehouse, publish_snapshot
from tests.fakes import small_arena as arena
from tests.unit.cli.conftest import AS_OF, Run, write_people

QUALITY_KEYS = [
    *("separability", "agreement_paper", "agreement_blog", "agreement_notebook", "spearman", "kendall", "brier"),
    *("count_models", "count_pairs"),
]


def write_boards(folder: Path) -> tuple[Path, Path]:
    """Ours separates one pair in three of three models; people separate two."""
    ours = folder / "ours.json"
    win_rates = {"a": (0.8, 0.7, 0.9), "b": (0.5, 0.4, 0.6), "c": (0.45, 0.35, 0.55)}
    ours.write_text(
        json.dumps(
            [
                {"model": name, "win_rate": score, "lower": low, "upper": high}
                for name, (score, low, high) in win_rates.items()
            ]
        ),
        encoding="utf-8",
    )
    theirs = folder / "theirs.csv"
    theirs.write_text(
        "model,score,lower,upper\nA,1200,1190,1210\nB,1000,990,1010\nC,1005,995,1015\nD,900,890,910\n", encoding="utf-8"
    )
    return ours, theirs


def test_the_quality_of_a_board_in_a_file(run: Run, tmp_path: Path) -> None:
    """By hand: two of three pairs are apart on both boards and in the same order, the third on neither."""
    ours, theirs = write_boards(tmp_path)
    told = run("quality", "--board", str(ours), "--people", str(theirs), "--format", "json")
    assert (told.code, told.err) == (0, "")
    measured = json.loads(told.out)
    assert list(measured) == QUALITY_KEYS
    assert (measured["separability"], measured["agreement_paper"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (measured["agreement_blog"], measured["agreement_notebook"]) == (1, 1)
    assert (measured["spearman"], measured["kendall"]) == (pytest.approx(0.5), pytest.approx(1 / 3))
    assert (measured["count_models"], measured["count_pairs"]) == (3, 3)
    assert 0 < measured["brier"] < 0.25
    assert {path.name for path in tmp_path.iterdir()} == {"ours.json", "theirs.csv"}


def test_quality_without_people_is_separability(run: Run, tmp_path: Path) -> None:
    """What needs people is null, in a table unknown; counts are those of the board."""
    ours, _ = write_boards(tmp_path)
    measured = json.loads(run("quality", "--board", str(ours), "--format", "json").out)
    assert list(measured) == QUALITY_KEYS
    assert {key for key, value in measured.items() if value is None} == set(QUALITY_KEYS[1:7])
    table = run("quality", "--board", str(ours)).out
    assert "agreement_paper" in table
    assert "unknown" in table


def test_names_are_mapped_in_either_direction(run: Run, tmp_path: Path) -> None:
    """A JSON object of names; case does not matter; with a map only what it lists is joined, as the paper did."""
    ours, theirs = write_boards(tmp_path)
    names = tmp_path / "names.json"
    theirs.write_text(theirs.read_text(encoding="utf-8").replace("\nA,", "\nThe A,"), encoding="utf-8")
    counts = []
    for mapped in ({"a": "the a", "b": "B"}, {"The A": "a"}, {}):
        names.write_text(json.dumps(mapped), encoding="utf-8")
        words = ("--board", str(ours), "--people", str(theirs), "--map", str(names), "--format", "json")
        counts.append(json.loads(run("quality", *words).out)["count_models"])
    assert counts == [2, 1, 0]


def test_a_printed_board_is_one_that_quality_reads(ask: Run, run: Run, tmp_path: Path) -> None:
    """As JSON and as CSV, against people in a file and against votes of people."""
    people = write_people(tmp_path / "people.csv")
    votes = arena.write_lines(
        tmp_path / "votes.jsonl",
        [{"model_a": "able", "model_b": name, "winner": "model_a"} for name in ("even-1", "base", "even-2")]
        + [{"model_a": "able", "model_b": name, "winner": "model_b"} for name in ("even-1", "base", "even-2")],
    )
    measured = []
    for output in ("json", "csv"):
        board = tmp_path / f"board.{output}"
        board.write_text(ask("board", "--format", output).out, encoding="utf-8")
        for file in (people, votes):
            told = run("quality", "--board", str(board), "--people", str(file), "--format", "json")
            assert (told.code, told.err) == (0, "")
            measured.append(json.loads(told.out))
    assert measured[:2] == measured[2:]
    assert [one["count_models"] for one in measured[:2]] == [4, 4]
    assert measured[0]["spearman"] > 0.9


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--board gone.json", "there is no such file"),
        ("--board ours.json --people gone.csv", "there is no such file"),
        ("--board wrong.csv", "no board"),
        ("--board ours.json --people theirs.csv --map wrong.csv", "a map of names is one JSON object of texts"),
        ("--board ours.json --people theirs.csv --map two.json", "the map does not say which way it runs"),
    ],
)
def test_quality_of_what_is_no_board_is_told(run: Run, tmp_path: Path, words: str, told: str) -> None:
    """Exit code 2 and one line that names the file, or the names that meet."""
    write_boards(tmp_path)
    (tmp_path / "wrong.csv").write_text("colour,shape\nred,round\n", encoding="utf-8")
    (tmp_path / "two.json").write_text('{"a": "B"}', encoding="utf-8")
    finished = run("quality", *words.split(), "--format", "json")
    assert (finished.code, finished.out) == (2, "")
    assert told in finished.err
    assert finished.err.count("\n") == 1


def test_quality_stands_beside_the_board(run: Run, tmp_path: Path) -> None:
    """Where it was measured, the board for people ends with it, under the paper's names."""
    warehouse = Warehouse(tmp_path / "state")
    done = import_arena_hard(warehouse, arena.write_v20(tmp_path / "small", arena.games(judges=["owl"])))
    assert done.benchmark_id
    import_ratings(warehouse, write_people(tmp_path / "people.csv"))
    votes = [{"model_a": "able", "model_b": "base", "winner": winner} for winner in ("model_a", "model_b")]
    import_votes(warehouse, arena.write_lines(tmp_path / "votes.jsonl", votes))
    for people in ("people", "votes"):
        append_quality(warehouse, done.benchmark_id, people=people)
    publish_snapshot(warehouse, AS_OF)
    told = run("board", "--state-dir", "state").out
    for people in ("people", "votes"):
        assert f"agreement with {people} " in told
    assert told.count("by overlap of intervals, as the paper counts") == 2
