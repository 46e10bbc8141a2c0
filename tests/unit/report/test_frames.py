"""Frames are read from the warehouse's own views."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run

import polars as pl
import pytest

from benchbuilder.rating.bias import JUDGMENT_COLUMNS, judge_bias
from benchbuilder.report import read_frames, write_report
from benchbuilder.schemas import frame_of
from benchbuilder.warehouse import Warehouse
from tests.sql.conftest import filled

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NO_JUDGMENTS = pl.DataFrame(schema=dict.fromkeys(JUDGMENT_COLUMNS, pl.String) | {"baseline_first": pl.Boolean})


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A new one."""
    return Warehouse(tmp_path / "state")


def test_an_empty_warehouse_gives_a_report(warehouse: Warehouse, tmp_path: Path) -> None:
    """Every query runs on the real views, and nothing is an empty state, not an error."""
    index = write_report(read_frames(warehouse, judge_bias(NO_JUDGMENTS)), tmp_path / "report")
    assert "No board yet" in index.read_text()


def test_what_is_in_the_warehouse_is_on_the_pages(warehouse: Warehouse, tmp_path: Path) -> None:
    """One version with one board and two models, of which one was withheld later."""
    version = {"benchmark_id": "b1", "annotator": "a", "annotator_digest": "d", "curation_digest": "c"}
    version |= {"clustering_id": "k", "settings": "{}", "count_questions": 12, "count_kept": 0}
    version |= {"is_imported": False, "name": None}
    warehouse.append("benchmarks", pl.DataFrame([version | {"previous_id": None, "as_of": NOW, "frozen_at": NOW}]))
    board = {"leaderboard_id": "l1", "benchmark_id": "b1", "baseline": "base", "judges": ["judge"]}
    board |= {"judge_digests": ["x"], "parser_version": 1, "settings": "{}", "is_withheld": False, "reason": None}
    board |= {"count_judgments": 24, "share_readable": 1.0, "as_of": NOW, "fitted_at": NOW}
    later = board | {
        "leaderboard_id": "l2",
        "is_withheld": True,
        "reason": "no model passes",
        "fitted_at": NOW.replace(day=2),
    }
    warehouse.append("leaderboards", pl.DataFrame([board, later]))
    row = {"leaderboard_id": "l1", "model": "alpha", "model_digest": "m", "win_rate": 0.6, "lower": 0.4, "upper": 0.8}
    row |= {"rating": 0.4, "rank_low": 1, "rank_high": 2, "is_ranked": True, "reason": None, "count_planned": 24}
    row |= {"count_judgments": 24, "share_readable": 1.0, "count_questions": 12}
    row |= {"win_rate_if_lost": 0.6, "win_rate_if_won": 0.6}
    base = row | {"model": "base", "win_rate": 0.5, "lower": 0.5, "upper": 0.5}
    muted = row | {"leaderboard_id": "l2", "is_ranked": False, "reason": "not ranked: 0 % read"}
    warehouse.append("leaderboard_rows", pl.DataFrame([row, base, muted], infer_schema_length=None))

    frames = read_frames(warehouse, judge_bias(NO_JUDGMENTS))
    assert frames.board["model"].to_list() == ["alpha", "base"]
    assert frames.leaderboard["leaderboard_id"].to_list() == ["l1"]
    assert frames.withheld.select("board_reason", "model").rows() == [("no model passes", "alpha")]
    index = write_report(frames, tmp_path / "report").read_text()
    assert "cannot be told apart from the baseline" in index
    assert "The newest board is withheld" in index

    newer = {"benchmark_id": "b2", "count_questions": 99, "previous_id": "b1", "as_of": NOW, "frozen_at": NOW}
    warehouse.append("benchmarks", pl.DataFrame([version | newer | {"frozen_at": NOW.replace(day=3)}]))
    before = read_frames(warehouse, judge_bias(NO_JUDGMENTS))
    shown = (before.benchmark["benchmark_id"].item(), before.leaderboard["leaderboard_id"].item())
    assert (*shown, before.board.height) == ("b1", "l1", 2), "a version that is not rated yet hides no board"


def test_bias_is_taken_as_the_rating_gives_it(warehouse: Warehouse) -> None:
    """The share that could be read is what is left of the share that could not."""
    judgments = pl.DataFrame(
        [("q1", "alpha", "base", "judge", first, 0, verdict) for first, verdict in ((True, "A>B"), (False, None))],
        schema=list(JUDGMENT_COLUMNS),
        orient="row",
    )
    frames = read_frames(warehouse, judge_bias(judgments))
    assert frames.bias.row(0, named=True) == {
        "judge": "judge",
        "count_judgments": 2,
        "share_readable": 0.5,
        "share_first_wins": 0.0,
        "share_orders_agree": None,
        "share_ties": 0.0,
        "share_strong": 0.0,
    }


def test_importing_the_report_is_quick() -> None:
    """No chart library, no database, no model client comes in with it."""
    script = "import sys, benchbuilder.report; print(*sorted(sys.modules))"
    modules = run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"altair", "vl_convert", "duckdb", "openai", "prefect", "scipy", "sklearn"}.isdisjoint(modules)


@pytest.mark.parametrize(
    ("threshold", "turned_away_at", "is_told"),
    [(3.2, 3.2, True), (3.2, 1.5, False), (3.2, None, False), (None, None, True)],
)
def test_the_cascade_is_the_one_that_the_version_was_chosen_with(
    warehouse: Warehouse, threshold: float | None, turned_away_at: float | None, *, is_told: bool
) -> None:
    """Of its topics and its annotator; where a fit would turn away, it has; another fit's row is not it."""
    ours = {"clustering_id": "k", "annotator": "a", "annotator_digest": "d"}
    fit = ours | {"settings": '{"confidence": 0.9}', "threshold": threshold, "recall": 0.97, "fitted_at": NOW}
    others = [fit | {"cascade_id": name, name: "other"} for name in ours]
    relations = {
        "benchmarks": [ours | {"benchmark_id": "b1", "as_of": NOW, "frozen_at": NOW}],
        "cascades": [fit | {"cascade_id": "ours"}, *others],
        "turned_away": [
            {"benchmark_id": "b1", "prompt_id": "p", "reason": "turned_away_by_cascade", "threshold": turned_away_at}
        ],
    }
    for relation, rows in relations.items():
        warehouse.append(relation, frame_of(relation, [filled(relation, row) for row in rows]))
    told = read_frames(warehouse, judge_bias(NO_JUDGMENTS)).cascade
    assert told.select("cascade_id", "recall", "confidence").rows() == ([("ours", 0.97, 0.9)] if is_told else [])
