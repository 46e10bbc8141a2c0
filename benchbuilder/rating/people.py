"""A board of people's votes, rated by the same code as the judges' verdicts."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from benchbuilder.rating.battles import check_columns, check_values
from benchbuilder.rating.cells import Cells, cells_of
from benchbuilder.rating.fit import maximise_cells
from benchbuilder.rating.intervals import jackknife_variance, t_quantile
from benchbuilder.rating.newton import leave_clusters_out
from benchbuilder.rating.placement import connected, largest_group

VOTE_COLUMNS = ("vote_id", "model_a", "model_b", "winner")
_VERDICTS: Mapping[str, str] = {"model_a": "A>B", "model_b": "B>A", "tie": "A=B", "both_bad": "A=B"}
_POINTS = 400 / np.log(10)  # of the Elo scale, per unit of log-odds
_CENTRE = 1000.0


def rate_votes(votes: pl.DataFrame, *, confidence: float = 0.95) -> pl.DataFrame:
    """Bradley-Terry ratings of the models that people voted on, on the Elo scale, their mean 1000.

    Each vote is a cluster of its own. Intervals are of the distance to the mean of all models with a score, so that
    none is fixed and without width, and are widened to hold the score. Scores go to the largest group of models that
    wins connect both ways; models that no vote connects to it are left out.

    Args:
        votes: columns `VOTE_COLUMNS`; both answers bad counts as a tie.
        confidence: of the intervals.

    Returns:
        Columns model, score, lower, upper, mean, variance, best first; score is null for one that won or lost all its
        votes against the group, whose mean and interval are finite by the imaginary votes (see
        `newton.leave_clusters_out`). They are null for all where no two models have beaten each other.

    Raises:
        ValueError: a column is missing, or a winner is unknown.
    """
    check_columns(votes, VOTE_COLUMNS)
    check_values(votes, "winner", _VERDICTS)
    battles = votes.filter(pl.col("model_a") != pl.col("model_b")).select(
        question_id=pl.col("vote_id"),
        topic_id=pl.lit(None, pl.String),
        model=pl.col("model_a"),
        baseline=pl.col("model_b"),
        verdict=pl.col("winner").replace_strict(_VERDICTS, return_dtype=pl.String),
    )
    if battles.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    cells = _cells_of_group(battles)
    shifts = leave_clusters_out(cells)
    ratings, estimates = np.append(maximise_cells(cells).rating, 0.0), np.append(shifts.parameters, 0.0)
    if np.isfinite(ratings).sum() < 2:  # noqa: PLR2004 - one alone has no distance to anybody
        ratings[:] = np.nan
    of_mean = np.isfinite(ratings) | np.isnan(ratings).all()
    shift = np.column_stack([shifts.shift, np.zeros(len(shifts.shift))])
    shift -= shift[:, of_mean].mean(axis=1, keepdims=True)
    variance = jackknife_variance((shift**2).sum(axis=0), cells.count_clusters) * _POINTS**2
    half = t_quantile(cells.count_clusters, confidence) * np.sqrt(variance)
    score = _CENTRE + _POINTS * (ratings - ratings[of_mean].mean())
    mean = _CENTRE + _POINTS * (estimates - estimates[of_mean].mean())
    columns = (list(cells.models), score, np.fmin(mean - half, score), np.fmax(mean + half, score), mean, variance)
    return (
        pl.DataFrame(dict(zip(_SCHEMA, columns, strict=True)), schema=_SCHEMA)
        .with_columns(pl.col("score").fill_nan(None))
        .sort("score", "mean", "model", descending=[True, True, False], nulls_last=True)
    )


_SCHEMA = {"model": pl.String} | dict.fromkeys(("score", "lower", "upper", "mean", "variance"), pl.Float64)


def _cells_of_group(battles: pl.DataFrame) -> Cells:
    """All that games connect to the largest group; its member with the most votes last, so that its rating is 0."""
    sides = pl.concat([battles["model"], battles["baseline"].alias("model")])
    most_met = sides.value_counts().sort("count", "model", descending=[True, False])["model"].to_list()
    in_sum = cells_of(battles.with_columns(question_id=pl.lit("all")), most_met[1:], most_met[0])
    group = {name for name, is_in in zip(in_sum.models, largest_group(in_sum), strict=True) if is_in}
    fixed = next(name for name in most_met if name in group)
    cells = cells_of(battles, sorted({*most_met} - {fixed}), fixed)
    return cells.among(connected(cells))
