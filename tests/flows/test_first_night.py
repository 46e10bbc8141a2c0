"""The first night: every step did its part, and what is published says so."""

import polars as pl
import pytest

from benchbuilder.warehouse import SqlFile, Warehouse, read_sql
from tests.fakes.nights import COUNT_CROWD, Told

pytestmark = pytest.mark.flow


def test_every_step_ends_well(first_night: Told) -> None:
    """The flow is Completed, and so is each of its steps, with a row per model and per judge and model."""
    assert (first_night.night.state.name, first_night.night.error) == ("Completed", None)
    steps = first_night.night.steps()
    assert set(steps.values()) == {"Completed"}
    evaluated = {"answer model-30", "answer model-50", "answer model-70"}
    judged = {"judge model-30 by judge", "judge model-70 by judge"}
    built = {"curate", "embed", "exclude", "cluster", "name topics", "annotate", "select"}
    assert set(steps) == {"ingest crowd", *built, *evaluated, *judged, "rate", "measure quality", "publish"}


def test_every_traffic_step_shows_its_progress(first_night: Told) -> None:
    """A bar in Prefect's UI for each, full in the end, with what was done and how fast."""
    shown = first_night.night.progress()
    asked = {"embed", "name-topics", "annotate", *(f"answer-model-{skill}" for skill in (30, 50, 70))}
    assert set(shown) == asked | {f"judge-model-{skill}-by-judge" for skill in (30, 70)}
    assert {percent for percent, _ in shown.values()} == {100.0}
    assert all(" done, " in told and "calls a second" in told for _, told in shown.values())


def test_funnel_counts_every_record_once(first_night: Told) -> None:
    """The funnel's rows sum to the records read, and questions are among them."""
    funnel = first_night.scene.snapshot.read("from funnel")
    assert funnel["count_records"].sum() == COUNT_CROWD
    assert funnel.filter(pl.col("stage") == "question")["count_records"].to_list() == [30]


def test_every_question_has_its_provenance(first_night: Told) -> None:
    """Each question names its topic, its criteria, who marked them, its source and when it was first seen."""
    questions = first_night.scene.snapshot.read("from question_provenance")
    assert questions.height == 30
    assert questions.null_count().sum_horizontal().item() == 0
    assert (questions["score"] >= 6).all()
    assert (questions["score"] == questions["criteria"].list.len()).all()
    assert set(questions["annotator"]) == {"annotator"}


def test_all_play_and_all_are_judged_in_both_orders(first_night: Told) -> None:
    """Each contestant answers each question, each judge compares each model with the baseline in both orders."""
    snapshot = first_night.scene.snapshot
    answered = snapshot.read("select model, count(*) as n from answers group by model order by model")
    assert answered.rows() == [("model-30", 30), ("model-50", 30), ("model-70", 30)]
    judged = snapshot.read(
        "select model, baseline_first, count(verdict) as n from judged_games group by all order by all"
    )
    assert judged.rows() == [(model, first, 30) for model in ("model-30", "model-70") for first in (False, True)]


def test_the_board_shows_skill(first_night: Told) -> None:
    """Models stand in the order of their hidden skill, apart by their intervals, each interval around its win-rate."""
    board = first_night.scene.snapshot.read("from board")
    assert board["model"].to_list() == ["model-70", "model-50", "model-30"]
    assert board["rank_low"].to_list() == board["rank_high"].to_list() == [1, 2, 3]
    assert (board["lower"] <= board["win_rate"]).all()
    assert (board["win_rate"] <= board["upper"]).all()
    best, _, worst = board.rows(named=True)
    assert best["lower"] > 0.5 > worst["upper"]
    assert best["count_judgments"] == best["count_planned"] == 60


def test_the_endpoint_and_the_books_agree(first_night: Told) -> None:
    """Each request at the endpoint is one attempt in the warehouse; nothing is asked that is not needed."""
    calls = first_night.night.calls
    booked = first_night.scene.snapshot.read("select model, sum(count_calls)::int as n from costs group by model")
    assert dict(booked.iter_rows()) == dict(calls)
    assert calls["annotator"] == COUNT_CROWD
    assert calls["judge"] == 2 * 2 * 30


def test_snapshot_and_report_are_published(first_night: Told) -> None:
    """The links `current` lead to a read-only snapshot and to the pages made from it."""
    state_dir = first_night.scene.state_dir
    snapshot, report = first_night.scene.snapshot.path, (state_dir / "reports" / "current").resolve()
    assert snapshot.stat().st_mode & 0o777 == 0o444
    assert report.name == snapshot.stem == "20260504T030000Z"
    index = (report / "index.html").read_text(encoding="utf-8")
    assert all(name in index for name in ("model-30", "model-50", "model-70"))
    assert list((state_dir / "spool").iterdir()) == []


@pytest.mark.parametrize("check", list(read_sql("checks")), ids=lambda check: check.name)
def test_checks_find_nothing(first_night: Told, check: SqlFile) -> None:
    """The live warehouse passes each query of sql/checks."""
    assert Warehouse(first_night.scene.state_dir).read(check.text).is_empty()
