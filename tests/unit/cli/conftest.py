"""The command line as a user has it: words in, text and exit code out; and something published to look at."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchbuilder.exchange.arena_hard import import_arena_hard
from benchbuilder.exchange.people import import_ratings
from benchbuilder.schemas import frame_of
from benchbuilder.warehouse import Warehouse, publish_snapshot
from flows import cli
from tests.fakes import small_arena as arena
from tests.fakes.scene import Finished
from tests.sql.conftest import filled

AS_OF = datetime(2026, 3, 1, 4, tzinfo=UTC)
HOSTILE = "[red]red[/red] \x1b[31mred \u202eback \x9b1m"

EVIL = "[red]e|v_i*l[/red] `<b>#\x1b[31m \u202ethe \\end"
PEOPLE = {"able": 1200.0, "even-1": 1100.0, "even-2": 1000.0, EVIL: 1050.0}

Run = Callable[..., Finished]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """`run("sql", "from board")` in an empty folder: what a user would see in a window of 120 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def main(*words: str) -> Finished:
        monkeypatch.setattr(sys, "argv", ["benchbuilder", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Finished(ended.value.code, out, err)

    return main


def rows_of_board() -> Iterator[dict[str, Any]]:
    """Two that share the lead, the baseline, one that is not ranked."""
    ranked = {"leaderboard_id": "l1", "is_ranked": True, "count_planned": 200, "count_judgments": 199}
    for model, win_rate, low, high in (("alpha", 0.712, 1, 2), ("beta", 0.69, 1, 2), ("the-baseline", 0.5, 3, 3)):
        width = 0.0 if model == "the-baseline" else 0.04
        interval = {"win_rate": win_rate, "lower": win_rate - width, "upper": win_rate + width}
        yield {**ranked, **interval, "model": model, "rank_low": low, "rank_high": high, "share_readable": 0.995}
    mute = {"model": "mute", "reason": HOSTILE, "share_readable": 0.04, "count_judgments": 8}
    yield {"leaderboard_id": "l1", "is_ranked": False, **mute}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with one published board and a hostile prompt."""
    state_dir = tmp_path_factory.mktemp("published")
    warehouse = Warehouse(state_dir)
    moments = {"as_of": AS_OF, "frozen_at": AS_OF}
    relations: dict[str, list[dict[str, Any]]] = {
        "prompts": [{"prompt_id": "p1", "text": HOSTILE}],
        "benchmarks": [{"benchmark_id": "b" * 32, **moments}],
        "leaderboards": [{"leaderboard_id": "l1", "benchmark_id": "b" * 32, "baseline": "the-baseline"}],
        "leaderboard_rows": list(rows_of_board()),
    }
    for relation, rows in relations.items():
        warehouse.append(relation, frame_of(relation, [filled(relation, row) for row in rows]))
    publish_snapshot(warehouse, AS_OF)
    return state_dir


def write_people(path: Path) -> Path:
    """A board of people as CSV: each model 20 to either side."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["model", "score", "lower", "upper"])
        writer.writerows((name, score, score - 20, score + 20) for name, score in PEOPLE.items())
    return path


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An imported state: two judges, four models and one of which half is unreadable, no answers of one of them."""
    folder = tmp_path_factory.mktemp("measured")
    warehouse = Warehouse(folder / "state")
    import_arena_hard(warehouse, arena.write_v20(folder / "small", arena.games((*arena.MODELS, arena.MUTE))))
    import_arena_hard(warehouse, arena.write_verdicts(folder / "verdicts.jsonl", arena.games([EVIL])))
    import_ratings(warehouse, write_people(folder / "people.csv"))
    return folder / "state"


@pytest.fixture(scope="session")
def without_board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An imported state with questions alone."""
    folder = tmp_path_factory.mktemp("questions")
    import_arena_hard(Warehouse(folder / "state"), arena.write_v20(folder / "small", [], parts="q"))
    return folder / "state"


@pytest.fixture
def ask(run: Run, measured: Path) -> Run:
    """A command over the imported state."""
    return lambda *words: run(*words, "--state-dir", str(measured))


@pytest.fixture
def rows(ask: Run) -> Rows:
    """What such a command prints as JSON."""

    def read(*words: str) -> list[dict[str, Any]]:
        told = ask(*words, "--format", "json")
        assert (told.code, told.err) == (0, "")
        return json.loads(told.out)

    return read
