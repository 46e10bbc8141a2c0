"""One score per model against the baseline: the closed form where all meet one baseline, Newton's method elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchbuilder.rating.battles import BATTLE_COLUMNS, Cluster, Flags, Sums, Vector, check_columns, sum_battles
from benchbuilder.rating.bradley_terry import ratings, win_rates
from benchbuilder.rating.cells import Cells, cells_of
from benchbuilder.rating.intervals import LeaveOneOut, jackknife_variance, leave_one_out, t_quantile
from benchbuilder.rating.newton import Shifts, leave_clusters_out, maximise
from benchbuilder.rating.placement import connected, place


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Scores against one baseline; arrays have one entry per model, the baseline is none of them.

    Attributes:
        models: names.
        win_rate: P(model beats the baseline), at equal style where styles count; NaN where it cannot be said.
        rating: log-odds of it; NaN where not finite.
        is_connected: some chain of games leads to the baseline.
        is_placed: some chain of wins does; where games lead there but no wins, the win rate cannot be said.
        effects: how each score moves when one cluster is left out.
        style: one row per style: style, coefficient (log-odds per unit of the column), lower, upper.
        sums: of the closed form; None where Newton's method was needed.
    """

    models: tuple[str, ...]
    win_rate: Vector
    rating: Vector
    is_connected: Flags
    is_placed: Flags
    effects: LeaveOneOut
    style: pl.DataFrame
    sums: Sums | None


NO_STYLE = pl.DataFrame(
    schema={"style": pl.String, "coefficient": pl.Float64, "lower": pl.Float64, "upper": pl.Float64}
)


def fit_battles(
    battles: pl.DataFrame,
    models: Sequence[str],
    baseline: str,
    *,
    strong_weight: float = 3.0,
    cluster: Cluster = "question",
    styles: Sequence[str] = (),
    confidence: float = 0.95,
) -> Fit:
    """Fit all models against the baseline.

    Args:
        battles: see `battles.BATTLE_COLUMNS`; a column per style.
        models: whom to score, without the baseline; all who played must be among them.
        baseline: whose rating is 0.
        strong_weight: of A>>B and B>>A.
        cluster: what is left out at a time.
        styles: columns of battles: how the model's answer differs from the baseline's.
        confidence: of the coefficients' intervals.

    Raises:
        ValueError: a column is missing, a verdict is unknown, or a model meets itself.
        NotConvergedError: see `newton.maximise`.
    """
    check_columns(battles, (*BATTLE_COLUMNS, *styles))
    if not styles and is_star(battles, baseline):
        sums = sum_battles(battles, models, strong_weight=strong_weight, cluster=cluster)
        win_rate, has_played = win_rates(sums), sums.count_clusters > 0
        return Fit(tuple(models), win_rate, ratings(sums), has_played, has_played, leave_one_out(sums), NO_STYLE, sums)
    cells = cells_of(battles, models, baseline, strong_weight=strong_weight, cluster=cluster, styles=styles)
    return _fit_cells(cells, confidence)


def is_star(battles: pl.DataFrame, baseline: str) -> bool:
    """Whether every battle is against the baseline, and none of the baseline against itself."""
    others = (pl.col("baseline") != baseline) | (pl.col("model") == baseline)
    return battles.filter(others).is_empty()


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """What is most likely, without intervals; arrays as in `Fit`.

    Attributes:
        win_rate: NaN where it cannot be said.
        rating: NaN where not finite.
        is_placed: see `Fit`.
        coefficients: of the styles; NaN where no model has a finite rating.
    """

    win_rate: Vector
    rating: Vector
    is_placed: Flags
    coefficients: Vector


def maximise_cells(cells: Cells) -> Point:
    """The most likely win rates; those without a finite rating are 1 or 0, or unknown.

    Raises:
        NotConvergedError: see `newton.maximise`.
    """
    from scipy.special import expit

    placement = place(cells)
    finite = cells.among(placement.is_finite)
    count_finite = len(finite.models) - 1
    parameters = np.full(len(cells.styles), np.nan)
    if count_finite:
        parameters = maximise(finite.design(), finite.won, finite.weight).parameters
    rating = _everywhere(np.append(parameters[:count_finite], 0.0), placement.is_finite, np.nan)
    win_rate = np.select([placement.is_above, placement.is_below], [1.0, 0.0], expit(rating))
    return Point(win_rate[:-1], rating[:-1], placement.is_placed[:-1], parameters[count_finite:])


def _fit_cells(cells: Cells, confidence: float) -> Fit:
    """Effects are those of the models that a chain of wins places; others neither have any nor change any."""
    point = maximise_cells(cells)
    placed = cells.among(np.append(point.is_placed, True))
    shifts = leave_clusters_out(placed)
    return Fit(
        cells.models[:-1],
        point.win_rate,
        point.rating,
        connected(cells)[:-1],
        point.is_placed,
        _effects(placed, shifts, point.is_placed),
        _style_table(placed, point.coefficients, shifts, confidence),
        None,
    )


def _everywhere(values: NDArray[Any], chosen: Flags, missing: Any) -> NDArray[Any]:
    """From the last axis of the chosen to that of all."""
    everywhere = np.full((*values.shape[:-1], len(chosen)), missing, dtype=values.dtype)
    everywhere[..., chosen] = values
    return everywhere


def _effects(placed: Cells, shifts: Shifts, is_placed: Flags) -> LeaveOneOut:
    """From shifts of ratings to shifts of scores (dp = p(1-p) dr); nothing is known of who is not placed."""
    from scipy.special import expit

    count = int(is_placed.sum())
    score = expit(shifts.parameters[:count])
    return LeaveOneOut(
        _everywhere(score, is_placed, 0.5),
        _everywhere(shifts.shift[:, :count] * score * (1 - score), is_placed, 0.0),
        np.zeros(len(is_placed)),
        _everywhere(placed.count_clusters[:-1], is_placed, 0),
    )


def _style_table(placed: Cells, coefficients: Vector, shifts: Shifts, confidence: float) -> pl.DataFrame:
    """The coefficients, each with its interval over all clusters; null where nobody has a finite rating."""
    size = len(coefficients)
    count = np.full(size, len(np.unique(placed.cluster)))
    sum_of_squares = (shifts.shift[:, shifts.shift.shape[1] - size :] ** 2).sum(axis=0)
    half = t_quantile(count, confidence) * np.sqrt(jackknife_variance(sum_of_squares, count))
    ends = {"lower": coefficients - half, "upper": coefficients + half}
    table = pl.DataFrame({"style": placed.styles, "coefficient": coefficients} | ends, schema=NO_STYLE.schema)
    return table.with_columns(pl.col("coefficient", "lower", "upper").fill_nan(None))
