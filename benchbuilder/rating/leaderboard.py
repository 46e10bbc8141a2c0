"""Battles → a leaderboard: who is on it, with which score and interval, and which ranks are possible.

A model that too few readable judgments stand behind is listed with its numbers and the reason, and leaves before ranks
are made, so that it neither takes a rank nor costs the others any certainty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchbuilder.rating.battles import SCORE_OF_MODEL
from benchbuilder.rating.fit import Fit, fit_battles, is_star
from benchbuilder.rating.intervals import LeaveOneOut
from benchbuilder.rating.named_intervals import intervals_of
from benchbuilder.rating.options import RatingSettings
from benchbuilder.rating.pairs import Pairs, compare_pairs, rank_ranges, with_baseline
from benchbuilder.rating.plan import checked_plan, count_questions, main_baseline
from benchbuilder.rating.style import varying_columns

ROW_COLUMNS = (
    *("model", "win_rate", "lower", "upper", "rating", "rank_low", "rank_high", "is_ranked", "reason"),
    *("count_planned", "count_judgments", "share_readable", "win_rate_if_lost", "win_rate_if_won", "count_questions"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Leaderboard:
    """A fitted board.

    Attributes:
        settings: it was fitted with.
        baseline: whom all models met; None where nothing could be read.
        rows: one per model and one for the baseline, ranked ones first, best first. Columns `ROW_COLUMNS`: win_rate,
            lower, upper from 0 to 1 (win_rate null where nothing was read, then 0 to 1); rating in log-odds against the
            baseline (null where not finite, the reason says why); rank_low, rank_high null where not ranked; reason
            null in the ordinary case; count_judgments are the readable ones; win_rate_if_lost and win_rate_if_won are
            the win rate with every unread judgment lost, or won, strongly (null with several baselines or style). The
            baseline's counts are those of its games with ranked models; with several baselines only what was read is
            known of them.
        pairs: the ranked models and the baseline against each other, in the order of rows.
        style: one row per column that was held equal, with coefficient per standard deviation and interval; see `Fit`.
    """

    settings: RatingSettings
    baseline: str | None
    rows: pl.DataFrame
    pairs: Pairs
    style: pl.DataFrame


def fit_leaderboard(
    battles: pl.DataFrame,
    planned: pl.DataFrame,
    settings: RatingSettings | None = None,
    *,
    baseline: str | None = None,
    canaries: Mapping[str, str] | None = None,
) -> Leaderboard:
    """The board of all planned models against the baseline.

    Args:
        battles: one row per readable judgment, columns `battles.BATTLE_COLUMNS`, and those of the settings' styles.
        planned: one row per model but the baseline: model, count_planned (judgments wanted, over all judges, orders and
            replicates), count_readable (of these); see `plan.count_games`.
        settings: default `RatingSettings()`.
        baseline: default: `plan.main_baseline`.
        canaries: models that are shown and never ranked, each with the reason.

    Raises:
        ValueError: a missing column, an unknown verdict, counts that do not fit the battles, or a model that was judged
            against itself.
        NotConvergedError: the battles have no finite best fit.
        UsageError: the settings do not go together.
    """
    settings = settings or RatingSettings()
    baseline = baseline or main_baseline(battles)
    planned = checked_plan(planned, battles, baseline).with_columns(
        **_gate(settings.min_share_readable, canaries or {})
    )
    fit, rows = _fit_rows(battles, planned, baseline or "", settings)
    rows = rows.with_columns(**_verdict_on_models())
    effects = fit.effects
    if baseline is not None:
        rows, effects = pl.concat([rows, _baseline_row(baseline, rows, fit, battles)]), with_baseline(effects)
    rows = rows.sort("is_ranked", "win_rate", "model", descending=[True, True, False], nulls_last=True)
    pairs = _pairs_of_ranked(rows, effects, settings.confidence)
    return Leaderboard(settings, baseline, _with_ranks(rows, pairs), pairs, fit.style)


def _fit_rows(
    battles: pl.DataFrame, planned: pl.DataFrame, baseline: str, settings: RatingSettings
) -> tuple[Fit, pl.DataFrame]:
    """The fit that ranks stand on, and all rows.

    Where a model's games move the others' scores (several baselines, style), those that the gate keeps out are fitted
    beside all, and the others without them.
    """
    kept, styles = battles, ()
    if settings.styles or not is_star(battles, baseline):
        barred = planned.filter(~pl.col("has_passed"))["model"].implode()
        kept = battles.filter(~pl.col("model").is_in(barred), ~pl.col("baseline").is_in(barred))
        styles = varying_columns(kept if kept.height else battles, settings.styles)
    fit, rows = _fitted(battles, planned, baseline, settings, styles)
    if fit.sums is not None and settings.cluster == "question":  # the closed form has counted them
        return fit, rows.with_columns(count_questions=fit.sums.count_clusters)
    if fit.sums is None and 0 < kept.height < battles.height:
        fit, kept_rows = _fitted(kept, planned.filter("has_passed"), baseline, settings, styles)
        rows = pl.concat([kept_rows, rows.filter(~pl.col("has_passed"))])
    joined = rows.join(count_questions(battles), on="model", how="left", maintain_order="left")
    return fit, joined.with_columns(pl.col("count_questions").fill_null(0))


def _fitted(
    battles: pl.DataFrame, planned: pl.DataFrame, baseline: str, settings: RatingSettings, styles: Sequence[str]
) -> tuple[Fit, pl.DataFrame]:
    fit = fit_battles(
        battles,
        planned["model"].to_list(),
        baseline,
        strong_weight=settings.strong_weight,
        cluster=settings.cluster,
        styles=styles,
        confidence=settings.confidence,
    )
    return fit, _rows(fit, planned, battles, baseline, settings, styles)


def _rows(
    fit: Fit,
    planned: pl.DataFrame,
    battles: pl.DataFrame,
    baseline: str,
    settings: RatingSettings,
    styles: Sequence[str],
) -> pl.DataFrame:
    """One row per model: its score, its interval, what the unread judgments could change."""
    lower, upper = intervals_of(fit, battles, baseline, settings, styles)
    count_unread = (planned["count_planned"] - planned["count_readable"]).to_numpy()
    rows = planned.with_columns(
        win_rate=fit.win_rate,
        lower=lower,
        upper=upper,
        rating=fit.rating,
        **_unread_bounds(fit, count_unread, settings.strong_weight),
        is_connected=fit.is_connected,
        is_placed=fit.is_placed,
        position=np.arange(len(fit.models)),
    ).with_columns(pl.col("win_rate", "rating", "win_rate_if_lost", "win_rate_if_won").fill_nan(None))
    return _with_outcomes(rows, fit, battles)


def _unread_bounds(fit: Fit, count_unread: NDArray[np.int64], strong_weight: float) -> dict[str, NDArray[np.float64]]:
    """The win rate with all unread judgments lost strongly, and with all of them won."""
    if fit.sums is None:
        nothing = np.full(len(fit.models), np.nan)
        return {"win_rate_if_lost": nothing, "win_rate_if_won": nothing}
    won, played = fit.sums.won.sum(axis=0), fit.sums.weight.sum(axis=0)
    unread = count_unread * max(strong_weight, 1.0)
    total = played + unread
    return {
        name: np.divide(part, total, out=np.full_like(total, np.nan), where=total > 0)
        for name, part in (("win_rate_if_lost", won), ("win_rate_if_won", won + unread))
    }


def _gate(min_share_readable: float, canaries: Mapping[str, str]) -> dict[str, pl.Expr]:
    """share_readable, has_passed and the reason if not; percent are rounded down: 98.9 % never reads as 99 %."""
    readable, planned = pl.col("count_readable"), pl.col("count_planned")
    canary = pl.col("model").replace_strict(dict(canaries), default=None, return_dtype=pl.String)
    is_read = (planned > 0) & (readable > 0) & (readable / planned >= min_share_readable)
    percent_read = (100 * readable) // pl.max_horizontal(planned, 1)
    reason = (
        pl.when(canary.is_not_null())
        .then(canary)
        .when(planned == 0)
        .then(pl.lit("not ranked: played nothing"))
        .when(~is_read)
        .then(pl.format("not ranked: {} % read", percent_read))
    )
    share = pl.when(planned > 0).then(readable / planned)
    return {"share_readable": share, "has_passed": is_read & canary.is_null(), "reason": reason}


def _verdict_on_models() -> dict[str, pl.Expr]:
    """is_ranked, and the reason of what the fit says of a model that passed the gate."""
    reason = (
        pl.when(~pl.col("has_passed"))
        .then("reason")
        .when(~pl.col("is_connected"))
        .then(pl.lit("not ranked: no chain of games leads to the baseline"))
        .when(~pl.col("is_placed"))
        .then(pl.lit("not ranked: no chain of wins leads to the baseline"))
        .when(pl.col("rating").is_null() & (pl.col("win_rate") == 1))
        .then(pl.format("{}: no finite rating", _of_games("won everything", "above by a chain of wins only")))
        .when(pl.col("rating").is_null() & (pl.col("win_rate") == 0))
        .then(pl.format("{}: no finite rating", _of_games("lost everything", "below by a chain of losses only")))
    )
    return {"is_ranked": pl.col("has_passed") & pl.col("is_connected") & pl.col("is_placed"), "reason": reason}


def _of_games(one_sided: str, mixed: str) -> pl.Expr:
    return pl.when("has_won_and_lost").then(pl.lit(mixed)).otherwise(pl.lit(one_sided))


def _with_outcomes(rows: pl.DataFrame, fit: Fit, battles: pl.DataFrame) -> pl.DataFrame:
    """Whether a model both won and lost, or tied; in the closed form such a one has a finite rating anyway."""
    if fit.sums is not None:
        return rows.with_columns(has_won_and_lost=pl.lit(False))  # noqa: FBT003 - a column of it
    score = pl.col("verdict").replace_strict(SCORE_OF_MODEL, return_dtype=pl.Float64)
    sides = [battles.select("model", score=score), battles.select(model="baseline", score=1 - score)]
    outcomes = pl.concat(sides).group_by("model").agg(has_won_and_lost=~pl.col("score").mean().is_in([0.0, 1.0]))
    joined = rows.join(outcomes, on="model", how="left", maintain_order="left")
    return joined.with_columns(pl.col("has_won_and_lost").fill_null(False))  # noqa: FBT003 - a value of the column


def _baseline_row(baseline: str, rows: pl.DataFrame, fit: Fit, battles: pl.DataFrame) -> pl.DataFrame:
    """½ by definition and without width; ranked among the models if there is one to be ranked among."""
    ranked = rows.filter("is_ranked")
    names = ranked["model"].implode()
    if fit.sums is not None or is_star(battles, baseline):
        met = pl.col("model").is_in(names)
        planned, readable = int(ranked["count_planned"].sum()), int(ranked["count_readable"].sum())
        share = readable / planned if planned else None
    else:
        is_first = (pl.col("baseline") == baseline) & pl.col("model").is_in(names)
        met = is_first | ((pl.col("model") == baseline) & pl.col("baseline").is_in(names))
        planned = readable = battles.select(met.sum()).item()
        share = None
    row = {
        "model": baseline,
        "win_rate": 0.5,
        "lower": 0.5,
        "upper": 0.5,
        "rating": 0.0,
        "win_rate_if_lost": 0.5,
        "win_rate_if_won": 0.5,
        "is_connected": True,
        "is_placed": True,
        "has_won_and_lost": False,
        "has_passed": True,
        "position": len(fit.models),
        "count_planned": planned,
        "count_readable": readable,
        "count_questions": battles.select(pl.col("question_id").filter(met).n_unique()).item(),
        "share_readable": share,
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
