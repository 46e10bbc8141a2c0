"""47,704 pairs of real verdicts of a real judge: 96 models against one baseline, in both orders."""

import json
import time
from pathlib import Path

import polars as pl
import pytest

from benchbuilder.judging.matchups import model_verdict
from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.agreement import fleiss, judges_agreement
from benchbuilder.rating.bias import judge_bias
from benchbuilder.rating.families import family_of, own_family_preference
from benchbuilder.rating.leaderboard import fit_leaderboard

ROOT = Path(__file__).parents[3]
VERDICTS = ROOT / "../shared/data/verdicts/gpt4o_screenshots.jsonl"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not VERDICTS.exists(), reason="../shared/data/verdicts is not beside the project"),
]


@pytest.fixture(scope="module")
def judgments() -> pl.DataFrame:
    """One row per judgment; game1 shows the baseline first, game2 the model; null where it could not be read."""
    rows = []
    for line in VERDICTS.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        for game, baseline_first in (("game1", True), ("game2", False)):
            known = pair[game] in set(Verdict)
            verdict = model_verdict(Verdict(pair[game]), baseline_first=baseline_first).value if known else None
            rows.append(
                (pair["question_id"], pair["model"], pair["baseline"], pair["judge"], baseline_first, 0, verdict)
            )
    columns = ["question_id", "model", "baseline", "judge", "baseline_first", "replicate", "verdict"]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(topic_id=pl.lit(None, pl.String))


@pytest.fixture(scope="module")
def plan(judgments: pl.DataFrame) -> pl.DataFrame:
    """All judgments of the file were planned."""
    return judgments.group_by("model").agg(count_planned=pl.len(), count_readable=pl.col("verdict").count())


def test_a_board_of_96_models(judgments: pl.DataFrame, plan: pl.DataFrame) -> None:
    """It takes under a second, scores nothing unreadable, and gives no rank to the model of which 4 % was read."""
    battles = judgments.drop_nulls("verdict")
    fit_leaderboard(battles, plan)  # imports scipy
    begin = time.perf_counter()
    board = fit_leaderboard(battles, plan)
    assert time.perf_counter() - begin < 1
    assert board.rows.height == 97
    assert board.rows.filter(~pl.col("is_ranked")).select("model", "reason", "count_judgments").rows() == [
        ("Phi-3-small-8k-instruct", "not ranked: 4 % read", 42)
    ]
    models = board.rows.filter(pl.col("model") != board.baseline)
    assert models["count_judgments"].sum() == battles.height == 2 * 47_704 - 1_103
    unranked = board.rows.row(96, named=True)
    assert unranked["win_rate"] == pytest.approx(0.177, abs=5e-4)
    assert board.rows["model"][95] == "Meta-Llama-3.1-8B"
    assert board.rows["rank_low"][95] == board.rows["rank_high"][95] == 96


def test_win_rates_are_the_plain_count(judgments: pl.DataFrame, plan: pl.DataFrame) -> None:
    """Every score again, by counting verdicts in a dictionary: Σ w·s / Σ w."""
    counted: dict[str, list[float]] = {}
    for model, verdict in judgments.drop_nulls("verdict").select("model", "verdict").iter_rows():
        weight = 3 if ">>" in verdict else 1
        score = {"A": 1.0, "=": 0.5, "B": 0.0}["=" if "=" in verdict else verdict[0]]
        sums = counted.setdefault(model, [0.0, 0.0])
        sums[0] += weight * score
        sums[1] += weight
    board = fit_leaderboard(judgments.drop_nulls("verdict"), plan)
    for model, win_rate in board.rows.select("model", "win_rate").iter_rows():
        won, played = counted.get(model, [0.5, 1.0])
        assert win_rate == pytest.approx(won / played, abs=1e-12)


def test_the_bias_of_the_judge(judgments: pl.DataFrame) -> None:
    """The answer shown first wins 67 % of the decided games, and the two orders agree in 59 % of the pairs."""
    row = judge_bias(judgments).row(0, named=True)
    assert (row["count_judgments"], row["count_unreadable"]) == (95_408, 1_103)
    assert row["share_first_wins"] == pytest.approx(0.6710, abs=5e-5)
    assert row["share_orders_agree"] == pytest.approx(0.5851, abs=5e-5)
    assert row["share_ties"] == pytest.approx(3_270 / 94_305)


def test_how_sure_the_bias_of_the_judge_is(judgments: pl.DataFrame) -> None:
    """Over 500 questions, three times as wide as if 91,035 games were independent; 38 % of the winners flip."""
    row = judge_bias(judgments).row(0, named=True)
    share, lower, upper = (row[f"share_first_{end}"] for end in ("wins", "lower", "upper"))
    assert (lower, upper) == (pytest.approx(0.66026, abs=5e-5), pytest.approx(0.68173, abs=5e-5))
    naive = 2 * 1.96 * (share * (1 - share) / row["count_decisive"]) ** 0.5
    assert 3 < (upper - lower) / naive < 4
    assert (row["count_both_decisive"], row["count_flips"]) == (44_143, 16_871)


def test_the_order_decides_more_than_the_verdict_does(judgments: pl.DataFrame) -> None:
    """The two orders, taken as two judges, agree in the share of `judge_bias`, which chance explains for the most."""
    orders = judgments.with_columns(
        judge=pl.when("baseline_first").then(pl.lit("baseline first")).otherwise(pl.lit("model first")),
        baseline_first=pl.lit(None, pl.Boolean),
    )
    row = judges_agreement(orders).row(0, named=True)
    assert row["count_games"] == 47_116
    assert row["share_agree_winner"] == judge_bias(judgments)["share_orders_agree"].item()
    assert 0.1 < row["kappa_winner"] < row["kappa_verdict"] < 0.6
    assert fleiss(orders).kappa < row["kappa_winner"]
    assert judges_agreement(judgments).height == 0
    assert fleiss(judgments) == (None, 94_305, 1)


def test_families_of_real_names(judgments: pl.DataFrame) -> None:
    """The 96 models, fine-tunes with long names among them; no second judge, so no preference can be measured."""
    names = [*judgments["model"].unique(), *judgments["baseline"].unique(), *judgments["judge"].unique()]
    families = {name: family_of(name) for name in names}
    assert set(families.values()) == {"01-ai", "alibaba", "allenai", "google", "meta", "microsoft", "mistral", "openai"}
    row = own_family_preference(judgments, families).row(0, named=True)
    assert (row["family"], row["count_games"], row["preference"]) == ("openai", 0, None)
