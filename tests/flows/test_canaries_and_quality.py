"""A night with canaries among the contestants, and with people's ratings to be compared with."""

import asyncio
from pathlib import Path

import polars as pl
import pytest

from benchbuilder.boards import read_contest
from benchbuilder.exchange.arena_hard import import_arena_hard
from benchbuilder.exchange.export import export_arena_hard
from benchbuilder.exchange.people import import_ratings
from benchbuilder.judging.canaries import Canary
from benchbuilder.warehouse import SqlFile, Warehouse, read_sql
from tasks import open_run
from tasks.give_canaries import give_canaries
from tests.fakes.nights import Told, new_scene, run_night
from tests.fakes.running import RunningServer

pytestmark = pytest.mark.flow

MODELS = ("model-30", "model-50", "model-70")
CANARIES = {canary.model: canary.reason for canary in map(Canary, ("constant", "other_question", "padded"))}
COUNT_QUESTIONS = 13  # two of a topic at most


@pytest.fixture(scope="module")
def night(flow: None, server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Told:  # noqa: ARG001
    """A first night over few questions; people's board was imported on the day before."""
    scene = new_scene(tmp_path_factory.mktemp("canaries"), server)
    scene.change("selection", count_per_topic=2)
    scene.change("evaluation", canaries=["constant", "other_question", "padded"])
    scene.change("quality", people="arena", names={"model-30": "Thirty"})
    people = scene.folder / "people.csv"
    rows = ("model,score,lower,upper", "Thirty,900,890,910", "Model-50,1000,990,1010", "model-70,1100,1090,1110")
    people.write_text("\n".join(rows), encoding="utf-8")
    import_ratings(scene.warehouse, people, "arena")
    return Told(scene, run_night(scene, server))


def test_the_night_ends_well(night: Told) -> None:
    """Canaries are judged like models, in both orders, and are never asked for an answer."""
    assert (night.night.state.name, night.night.error) == ("Completed", None)
    calls = night.night.calls
    assert [calls[model] for model in MODELS] == [COUNT_QUESTIONS] * 3
    assert calls["judge"] == 2 * COUNT_QUESTIONS * (2 + len(CANARIES))
    steps = night.night.steps()
    assert {f"judge {name} by judge" for name in CANARIES} | {"canaries", "measure quality"} <= steps.keys()
    assert not [step for step in steps if step.startswith("answer canary")]


def test_canaries_stand_on_the_board_without_a_rank(night: Told) -> None:
    """With all their judgments and the reason; the constant answer loses to the baseline as it should."""
    board = night.scene.snapshot.read("from board")
    canaries = board.filter(pl.col("model").is_in(CANARIES))
    assert dict(canaries.select("model", "reason").iter_rows()) == CANARIES
    assert set(canaries.select("is_ranked", "rank_low", "rank_high").iter_rows()) == {(False, None, None)}
    assert set(canaries.select("count_planned", "count_judgments").iter_rows()) == {(2 * COUNT_QUESTIONS,) * 2}
    win_rates = dict(canaries.select("model", "win_rate").iter_rows())
    assert win_rates["canary-constant"] < 0.1 < win_rates["canary-padded"]
    assert (canaries["lower"] <= canaries["win_rate"]).all()


def test_canaries_cost_the_models_nothing(night: Told) -> None:
    """Scores, intervals and ranks of models are those of the same judgments without canaries, to the last bit."""
    contest = read_contest(night.scene.snapshot)
    assert contest.canaries == CANARIES
    alone = contest._replace(
        games=contest.games.filter(~pl.col("model").is_in(CANARIES)),
        count_planned={name: count for name, count in (contest.count_planned or {}).items() if name not in CANARIES},
        canaries={},
    )
    of_models = pl.col("model").is_in(MODELS)
    assert alone.fit().rows.rows() == contest.fit().rows.filter(of_models).rows()
    board = night.scene.snapshot.read("select model, rank_low, rank_high from board where is_ranked")
    assert board.rows() == alone.fit().rows.select("model", "rank_low", "rank_high").rows()


def test_answers_of_canaries_are_there_to_read(night: Told) -> None:
    """What nobody should be able to win with stands beside each judgment, and its style is measured."""
    games = night.scene.snapshot.read("select model, question_ref, answer, baseline_answer from judged_games")
    constant, other, padded = (games.filter(pl.col("model") == name) for name in CANARIES)
    assert constant["answer"].n_unique() == 1
    assert padded.select(pl.col("answer").str.starts_with(pl.col("baseline_answer"))).to_series().all()
    assert set(other["answer"]) <= set(other["baseline_answer"])
    assert (other["answer"] != other["baseline_answer"]).all()
    styles = night.scene.snapshot.read("select count_tokens from all_answers")
    assert (styles.height, styles["count_tokens"].null_count()) == ((3 + len(CANARIES)) * COUNT_QUESTIONS, 0)


def test_the_quality_of_the_board_is_published(night: Told) -> None:
    """Against the people that the settings name, over the models and not the canaries, in mart and on the page."""
    (row,) = night.scene.snapshot.read("from quality").rows(named=True)
    board = night.scene.snapshot.read("select distinct benchmark_id, leaderboard_id from board")
    assert (row["benchmark_id"], row["leaderboard_id"]) == board.row(0)
    assert (row["people"], row["count_models"], row["count_pairs"]) == ("arena", 3, 3)
    assert row["spearman"] == pytest.approx(1)
    assert row["agreement_blog"] == row["agreement_paper"] == row["separability"] > 0
    page = (night.scene.state_dir / "reports" / "current" / "index.html").read_text(encoding="utf-8")
    assert "arena" in page
    assert all(name in page for name in CANARIES)


@pytest.mark.parametrize("check", list(read_sql("checks")), ids=lambda check: check.name)
def test_checks_find_nothing(night: Told, check: SqlFile) -> None:
    """The live warehouse passes each query of sql/checks."""
    assert night.scene.warehouse.read(check.text).is_empty()


def test_the_same_night_again_costs_nothing(night: Told, server: RunningServer) -> None:
    """No call, no new row of answers, boards or quality, and the same snapshot."""
    counts = "select (select count(*) from given_answers), (select count(*) from benchmark_quality)"
    before = (night.scene.snapshot.path, night.scene.warehouse.read(counts).row(0))
    again = run_night(night.scene, server)
    assert (again.state.name, again.calls.total()) == ("Completed", 0)
    assert (night.scene.snapshot.path, night.scene.warehouse.read(counts).row(0)) == before


def test_the_night_comes_back_from_an_export(night: Told, tmp_path: Path) -> None:
    """Out and in again, the models have the board that they have here; canaries stay at home."""
    export_arena_hard(night.scene.snapshot, tmp_path / "out")
    imported = import_arena_hard(Warehouse(tmp_path / "other"), tmp_path / "out")
    ours, theirs = (read_contest(one).fit().rows for one in (night.scene.snapshot, imported.snapshot))
    assert theirs.rows() == ours.filter(pl.col("model").is_in(MODELS)).rows()


def test_a_canary_answers_a_question_once(night: Told, tmp_path: Path) -> None:
    """Also in another version, where the baseline's answer to another question would be another one."""
    scene = night.scene.branch(tmp_path / "branch")
    questions = scene.warehouse.read("from questions order by question_ref")
    fewer = questions.gather_every(2).with_columns(benchmark_id=pl.lit("fewer"))
    scene.warehouse.append("questions", fewer)
    run = open_run(scene.config, None, None)
    assert asyncio.run(give_canaries.fn(run, "fewer")) == f"canaries: 0 new answers, {3 * fewer.height} there already"
    answered = scene.warehouse.read("select question_ref, model, model_digest from all_answers")
    assert not answered.is_duplicated().any()
