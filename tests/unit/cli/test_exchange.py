"""Data of others in, ours out: what is told, what is refused."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.fakes import small_arena as arena
from tests.unit.cli.conftest import Run, write_people


def test_import_tells_what_came_in_and_what_to_do_next(run: Run, tmp_path: Path) -> None:
    """Counts, the version, the snapshot, the command that shows its board, which works; again, nothing is new."""
    arena.write_v20(tmp_path / "small", arena.games(judges=["owl"]))
    words = ("import", "arena-hard", "small", "--state-dir", "state")
    told = run(*words)
    assert told.code == 0
    first, version, snapshot, following = told.out.splitlines()
    assert first == ("128 records read; new: 64 given_answers, 96 imported_judgments, 16 imported_questions; known 0")
    assert "small/question.jsonl: 16 records" in told.err
    assert version.startswith("version ")
    assert Path(snapshot.removeprefix("snapshot ")).is_file()
    command = following.split("benchbuilder ")[1].split()
    board = json.loads(run(*command, "--format", "json").out)
    assert [row["model"] for row in board] == ["able", "even-1", "base", "even-2"]
    again = run(*words).out.splitlines()
    assert again[0] == "128 records read; new: nothing; known 176"
    assert again[1:] == [version, snapshot, following]


def test_import_tells_what_was_rejected(run: Run, tmp_path: Path) -> None:
    """How many, and where the reasons stand."""
    path = arena.write_verdicts(tmp_path / "verdicts.jsonl", arena.games(judges=["owl"]))
    path.write_text(path.read_text(encoding="utf-8") + "nothing\n", encoding="utf-8")
    told = run("import", "arena-hard", "verdicts.jsonl", "--state-dir", "state")
    assert told.code == 0
    assert 'rejected 1: benchbuilder sql "from import_rejections"' in told.out
    read = run("sql", "select reason, line from import_rejections", "--format", "json", "--state-dir", "state")
    assert json.loads(read.out) == [{"reason": "broken_json", "line": 49}]


def test_imports_of_answers_and_questions_say_why_there_is_no_board(run: Run, tmp_path: Path) -> None:
    """Answers make no version at all."""
    arena.write_v20(tmp_path / "answers", arena.games(judges=["owl"]), parts="a")
    told = run("import", "arena-hard", "answers", "--state-dir", "state").out
    assert "answers alone make no version" in told
    assert "next" not in told
    arena.write_v20(tmp_path / "questions", [], parts="q")
    assert "no judgments yet, so no board" in run("import", "arena-hard", "questions", "--state-dir", "state").out


def test_a_baseline_can_be_named_for_judgments_that_do_not(run: Run, tmp_path: Path) -> None:
    """As those of v0.1."""
    arena.write_v01(tmp_path / "small", arena.games(judges=["owl"]), parts="j")
    assert run("import", "arena-hard", "small", "--baseline", "base", "--state-dir", "state").code == 0
    board = json.loads(run("board", "--format", "json", "--state-dir", "state").out)
    assert next(row["model"] for row in board if row["lower"] == row["upper"] == 0.5) == "base"


def test_people_are_imported(run: Run, tmp_path: Path) -> None:
    """Votes and boards of ratings: how many are new, how many were known, how many rejected."""
    arena.write_lines(
        tmp_path / "votes.jsonl",
        [
            {"model_a": "able", "model_b": "base", "winner": "model_a"},
            {"model_a": "able", "model_b": "base", "winner": "nobody"},
        ],
    )
    write_people(tmp_path / "people.csv")
    told = run("import", "votes", "votes.jsonl", "--state-dir", "state").out.splitlines()
    assert told[:2] == ["new votes: 1; known 0", 'rejected 1: benchbuilder sql "from import_rejections"']
    assert run("import", "votes", "votes.jsonl", "--state-dir", "state").out.startswith("new votes: 0; known 1\n")
    told = run("import", "ratings", "people.csv", "--people", "arena", "--state-dir", "state").out.splitlines()
    assert told[0] == "new ratings: 4; known 0"
    assert Path(told[1].removeprefix("snapshot ")).is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("import arena-hard gone", "there is no such file or folder"),
        ("import arena-hard several", "holds several data sets"),
        ("import arena-hard nothing.jsonl", "nothing.jsonl"),
        ("import votes gone.jsonl", "there is no such file"),
        ("import ratings gone.csv", "there is no such file"),
        ("import ratings votes.jsonl", "these are votes"),
        ("import ratings people.csv --people votes", "is what the imported votes are called"),
    ],
)
def test_what_cannot_be_imported_is_told(run: Run, tmp_path: Path, words: str, told: str) -> None:
    """Exit code 2, one line, and nothing was published."""
    for name in ("one", "two"):
        arena.write_v20(tmp_path / "several" / name, [], parts="q")
    (tmp_path / "nothing.jsonl").write_text('{"colour": "red"}\n', encoding="utf-8")
    arena.write_lines(tmp_path / "votes.jsonl", [{"model_a": "a", "model_b": "b", "winner": "tie"}])
    write_people(tmp_path / "people.csv")
    finished = run(*words.split(), "--state-dir", "state")
    assert (finished.code, finished.out) == (2, "")
    assert told in finished.err
    assert finished.err.startswith("benchbuilder: ")
    assert run("board", "--state-dir", "state").code == 6


def test_export_tells_where_it_wrote(ask: Run, run: Run, tmp_path: Path) -> None:
    """The folder can be imported elsewhere and gives the same board; a second time it is refused."""
    told = ask("export", "arena-hard", "out")
    assert told.code == 0
    assert told.out.startswith("wrote 16 files of version ")
    refused = ask("export", "arena-hard", "out")
    assert (refused.code, refused.out) == (2, "")
    assert "already holds question.jsonl, model_answer, model_judgment" in refused.err
    assert run("import", "arena-hard", "out", "--state-dir", str(tmp_path / "other")).code == 0
    theirs = run("board", "--format", "json", "--state-dir", str(tmp_path / "other"))
    assert theirs.out == ask("board", "--format", "json").out


def test_export_of_questions_is_parquet(ask: Run) -> None:
    """One row per question; a file that is there stays."""
    assert ask("export", "questions", "out.parquet").out.startswith("wrote the questions of version ")
    assert pl.read_parquet("out.parquet")["question_ref"].to_list() == list(arena.QUESTIONS)
    refused = ask("export", "questions", "out.parquet")
    assert (refused.code, refused.err) == (2, "benchbuilder: out.parquet: File exists; nothing was written\n")
