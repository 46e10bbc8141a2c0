"""A board of people's votes, rated by the same code as the judges' verdicts."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from benchbuilder.rating.battles import check_columns
from benchbuilder.rating.cells import cells_of
from benchbuilder.rating.fit import maximise_cells
from benchbuilder.rating.intervals import jackknife_variance, t_quantile
from benchbuilder.rating.newton import leave_clusters_out
from benchbuilder.rating.placement import connected

VOTE_COLUMNS = ("vote_id", "model_a", "model_b", "winner")
_VERDICTS: Mapping[str, str] = {"model_a": "A>B", "model_b": "B>A", "tie": "A=B", "both_bad": "A=B"}
_POINTS = 400 / np.log(10)  # of the Elo scale, per unit of log-odds
_CENTRE = 1000.0


def rate_votes(votes: pl.DataFrame, *, confidence: float = 0.95) -> pl.DataFrame:
    """Bradley-Terry ratings of the models that people voted on, on the Elo scale, their mean 1000.

    Each vote is a cluster of its own. Intervals are of the distance to the mean of all models, so that none of them is
    fixed and without width. Models outside the largest group that votes connect are left out.

    Args:
        votes: columns `VOTE_COLUMNS`; both answers bad counts as a tie.
        confidence: of the intervals.

    Returns:
        Columns model, score, lower, upper, mean, variance, best first; score is null for one that won or lost all its
        votes, whose interval is finite by the imaginary votes (see `newton.leave_clusters_out`).

    Raises:
        ValueError: a column is missing, or a winner is unknown.
    """
    check_columns(votes, VOTE_COLUMNS)
    if votes.is_empty():
        return _frame([], np.empty(0), np.empty(0), np.empty(0))
    battles = votes.filter(pl.col("model_a") != pl.col("model_b")).select(
        question_id=pl.col("vote_id"),
        topic_id=pl.lit(None, pl.String),
        model=pl.col("model_a"),
        baseline=pl.col("model_b"),
        verdict=pl.col("winner").replace_strict(_VERDICTS, return_dtype=pl.String),
    )
    sides = pl.concat([battles["model"], battles["baseline"].alias("model")])
    most_met = sides.value_counts().sort("count", "model", descending=[True, False])["model"][0]
    cells = cells_of(battles, sorted(set(sides) - {most_met}), most_met)
    cells = cells.among(connected(cells))
    shifts = leave_clusters_out(cells)
    ratings = np.append(maximise_cells(cells).rating, 0.0)
    shift = np.column_stack([shifts.shift, np.zeros(len(shifts.shift))])
    shift -= shift.mean(axis=1, keepdims=True)
    variance = jackknife_variance((shift**2).sum(axis=0), cells.count_clusters) * _POINTS**2
    centred = np.append(shifts.parameters, 0.0)
    half = t_quantile(cells.count_clusters, confidence) * np.sqrt(variance)
    return _frame(
        list(cells.models),
        _CENTRE + _POINTS * (ratings - np.nanmean(ratings)),
        _CENTRE + _POINTS * (centred - centred.mean()),
        variance,
        half,
    )


def _frame(
    models: list[str],
    score: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    half: np.ndarray | None = None,
) -> pl.DataFrame:
    half = np.empty(0) if half is None else half
    return (
        pl.DataFrame(
            {"model": models, "score": score, "lower": mean - half, "upper": mean + half, "mean": mean}
            | {"variance": variance},
            schema_overrides={"model": pl.String},
        )
        .with_columns(pl.col("score").fill_nan(None))
        .sort("score", "model", descending=[True, False], nulls_last=True)
    )
