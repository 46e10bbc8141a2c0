"""Battles → a leaderboard: who is on it, with which score and interval, and which ranks are possible.

A model that too few readable judgments stand behind is listed with its numbers and the reason, and leaves before ranks
are made, so that it neither takes a rank nor costs the others any certainty.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from benchbuilder.rating.battles import Cluster, check_columns, sum_battles
from benchbuilder.rating.bradley_terry import NotStarError, ratings, star_baseline, win_rates
from benchbuilder.rating.intervals import LeaveOneOut, leave_one_out, question_intervals
from benchbuilder.rating.pairs import Pairs, compare_pairs, rank_ranges, with_baseline

PLANNED_COLUMNS = ("model", "count_planned", "count_readable")
ROW_COLUMNS = (
    *("model", "win_rate", "lower", "upper", "rating", "rank_low", "rank_high", "is_ranked", "reason"),
    *("count_planned", "count_judgments", "share_readable", "count_questions"),
)


@dataclass(frozen=True, slots=True)
class RatingSettings:
    """How a board is fitted; frozen into the board.

    Attributes:
        strong_weight: what a strong verdict weighs, others weigh 1.
        confidence: of intervals, separations and rank ranges, between 0 and 1.
        min_share_readable: the gate; a model with a smaller share of readable judgments is listed, not ranked.
        cluster: what is independent of each other: questions, or topics where questions share one.
    """

    strong_weight: float = 3.0
    confidence: float = 0.95
    min_share_readable: float = 0.99
    cluster: Cluster = "question"

    def __post_init__(self) -> None:
        if not 0 < self.strong_weight < float("inf"):
            raise ValueError(f"strong_weight must be a number over 0, not {self.strong_weight}")
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1, not {self.confidence}")
        if not 0 <= self.min_share_readable <= 1:
            raise ValueError(f"min_share_readable must lie between 0 and 1, not {self.min_share_readable}")
        if self.cluster not in {"question", "topic"}:
            raise ValueError(f"cluster must be question or topic, not {str(self.cluster)[:80]!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Leaderboard:
    """A fitted board.

    Attributes:
        settings: it was fitted with.
        baseline: whom all models met; None where nothing could be read.
        rows: one per model and one for the baseline, ranked ones first, best first. Columns `ROW_COLUMNS`: win_rate,
            lower, upper from 0 to 1 (win_rate null where nothing was read, then 0 to 1); rating in log-odds against the
            baseline (null where not finite, the reason says why); rank_low, rank_high null where not ranked; reason
            null in the ordinary case; count_judgments are the readable ones. The baseline's counts are those of its
            games with ranked models.
        pairs: the ranked models and the baseline against each other, in the order of rows.
    """

    settings: RatingSettings
    baseline: str | None
    rows: pl.DataFrame
    pairs: Pairs


def fit_leaderboard(
    battles: pl.DataFrame, planned: pl.DataFrame, settings: RatingSettings | None = None
) -> Leaderboard:
    """The board of all planned models against the one baseline of the battles.

    Args:
        battles: one row per readable judgment, columns `battles.BATTLE_COLUMNS`.
        planned: one row per model but the baseline: model, count_planned (judgments wanted, over all judges, orders and
            replicates), count_readable (of these).
        settings: default `RatingSettings()`.

    Raises:
        NotStarError: several baselines, or the baseline judged against itself.
        ValueError: a missing column, an unknown verdict, or counts that do not fit the battles.
    """
    settings = settings or RatingSettings()
    baseline = star_baseline(battles)
    planned = _checked_plan(planned, battles, baseline)
    models = planned["model"].to_list()
    sums = sum_battles(battles, models, strong_weight=settings.strong_weight, cluster=settings.cluster)
    effects = leave_one_out(sums)
    win_rate = win_rates(sums)
    lower, upper = question_intervals(effects, win_rate, confidence=settings.confidence)
    rows = (
        planned.join(_count_questions(battles), on="model", how="left", maintain_order="left")
        .with_columns(pl.col("count_questions").fill_null(0))
        .with_columns(win_rate=win_rate, lower=lower, upper=upper, rating=ratings(sums))
        .with_columns(position=np.arange(len(models)))
        .with_columns(pl.col("win_rate", "rating").fill_nan(None))
        .with_columns(**_gate(settings.min_share_readable))
    )
    if baseline is not None:
        rows, effects = pl.concat([rows, _baseline_row(baseline, rows, battles)]), with_baseline(effects)
    rows = rows.sort("is_ranked", "win_rate", "model", descending=[True, True, False], nulls_last=True)
    pairs = _pairs_of_ranked(rows, effects, settings.confidence)
    return Leaderboard(settings, baseline, _with_ranks(rows, pairs), pairs)


def _checked_plan(planned: pl.DataFrame, battles: pl.DataFrame, baseline: str | None) -> pl.DataFrame:
    """The plan sorted by model; a wrong one is an error here, because it would silently let a model past the gate."""
    check_columns(planned, PLANNED_COLUMNS)
    planned = planned.select(
        pl.col("model"), pl.col("count_planned").cast(pl.Int64), pl.col("count_readable").cast(pl.Int64)
    ).sort("model")
    if planned["model"].n_unique() < planned.height:
        raise ValueError("a model stands twice in planned")
    if baseline in planned["model"]:
        raise NotStarError(f"{baseline} is the baseline of the battles and stands in planned as a model")
    counted = planned.join(battles.group_by("model").len("count_battles"), on="model", how="full", coalesce=True)
    wrong = counted.filter(
        pl.col("count_battles").fill_null(0).ne_missing(pl.col("count_readable"))
        | (pl.col("count_readable") > pl.col("count_planned"))
    ).sort("model")
    if wrong.height:
        name, wanted, readable, found = wrong.row(0)
        raise ValueError(f"{name}: planned {wanted}, of them readable {readable}, but battles hold {found or 0}")
    return planned


def _count_questions(battles: pl.DataFrame) -> pl.DataFrame:
    return battles.group_by("model").agg(pl.col("question_id").n_unique().cast(pl.Int64).alias("count_questions"))


def _gate(min_share_readable: float) -> dict[str, pl.Expr]:
    """share_readable, is_ranked and the reason; percent are rounded down, so that 98.9 % never reads as 99 %."""
    readable, planned = pl.col("count_readable"), pl.col("count_planned")
    is_ranked = (planned > 0) & (readable > 0) & (readable / planned >= min_share_readable)
    percent_read = (100 * readable) // pl.max_horizontal(planned, 1)
    reason = (
        pl.when(planned == 0)
        .then(pl.lit("not ranked: played nothing"))
        .when(~is_ranked)
        .then(pl.format("not ranked: {} % read", percent_read))
        .when(pl.col("win_rate") == 1)
        .then(pl.lit("won everything: no finite rating"))
        .when(pl.col("win_rate") == 0)
        .then(pl.lit("lost everything: no finite rating"))
    )
    share = pl.when(planned > 0).then(readable / planned)
    return {"share_readable": share, "is_ranked": is_ranked, "reason": reason}


def _baseline_row(baseline: str, rows: pl.DataFrame, battles: pl.DataFrame) -> pl.DataFrame:
    """½ by definition and without width; ranked among the models if there is one to be ranked among."""
    ranked = rows.filter("is_ranked")
    planned, readable = int(ranked["count_planned"].sum()), int(ranked["count_readable"].sum())
    questions = battles.filter(pl.col("model").is_in(ranked["model"].implode()))["question_id"].n_unique()
    row = {
        "model": baseline,
        "win_rate": 0.5,
        "lower": 0.5,
        "upper": 0.5,
        "rating": 0.0,
        "position": rows.height,
        "count_planned": planned,
        "count_readable": readable,
        "count_questions": questions,
        "share_readable": readable / planned if planned else None,
        "is_ranked": ranked.height > 0,
        "reason": None if ranked.height else "not ranked: no model to compare with",
    }
    return pl.DataFrame([row], schema=rows.schema)


def _pairs_of_ranked(rows: pl.DataFrame, effects: LeaveOneOut, confidence: float) -> Pairs:
    """`rows` in the order of the board; `position` says which column of effects is whose."""
    ranked = rows.filter("is_ranked")
    chosen = effects.of_models(ranked["position"].to_numpy())
    return compare_pairs(tuple(ranked["model"]), ranked["win_rate"].to_numpy(), chosen, confidence=confidence)


def _with_ranks(rows: pl.DataFrame, pairs: Pairs) -> pl.DataFrame:
    low, high = rank_ranges(pairs.is_above)
    ranks = pl.DataFrame({"model": pairs.models, "rank_low": low, "rank_high": high}, schema_overrides=_RANK_TYPES)
    joined = rows.join(ranks, on="model", how="left", maintain_order="left")
    return joined.rename({"count_readable": "count_judgments"}).select(ROW_COLUMNS)


_RANK_TYPES = {"model": pl.String, "rank_low": pl.Int32, "rank_high": pl.Int32}
