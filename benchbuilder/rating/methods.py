"""Intervals from rounds of resampling, as others make them: over questions, or over copied rows.

`bootstrap_rounds` draws questions. `rows_rounds` is what arena-hard-auto prints: it copies strong verdicts and draws
the copies as if they were independent, so its intervals are too narrow (`benchmarks.coverage` shows by how much).
"""

import numpy as np
from numpy.typing import NDArray

from benchbuilder.rating.battles import Matrix, Sums, Vector
from benchbuilder.rating.intervals import Bounds


def bootstrap_rounds(sums: Sums, *, count_rounds: int = 1000, seed: int = 0) -> Matrix:
    """Win rates in rounds of questions drawn with replacement (Efron, Annals of Statistics 7, 1979).

    All models share the drawn questions, so that differences of one round's columns are paired.

    Args:
        sums: S and W of every question and model.
        count_rounds: how many rounds.
        seed: the same one gives the same rounds.

    Returns:
        Shape (rounds, models); NaN where a round drew no question that the model played.
    """
    count_clusters = len(sums.won)
    if not count_clusters:
        return np.full((count_rounds, len(sums.models)), np.nan)
    drawn = times_drawn(count_clusters, count_rounds, seed).astype(np.float64)
    weight = drawn @ sums.weight
    won = drawn @ sums.won
    return np.divide(won, weight, out=np.full_like(won, np.nan), where=weight > 0)


def times_drawn(count_clusters: int, count_rounds: int, seed: int) -> NDArray[np.int64]:
    """How often each round drew each cluster, shape (rounds, clusters); all cells counted in one pass."""
    drawn = np.random.default_rng(seed).integers(0, count_clusters, (count_rounds, count_clusters))
    drawn += count_clusters * np.arange(count_rounds)[:, None]
    return np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)


def rows_rounds(rows: Matrix, *, count_rounds: int = 100, seed: int = 0) -> Matrix:
    """Win rates in rounds of rows drawn with replacement, as arena-hard-auto draws them.

    Drawing n of a model's n rows is one multinomial draw over its three outcomes.

    Args:
        rows: copied rows of each model that it won, tied and lost, shape (models, 3).
        count_rounds: how many rounds; the reference takes 100.
        seed: the same one gives the same rounds.

    Returns:
        Shape (rounds, models); NaN for a model without rows.
    """
    count = rows.sum(axis=1)
    share = np.divide(rows, count[:, None], out=np.full_like(rows, 1 / 3), where=count[:, None] > 0)
    drawn = np.random.default_rng(seed).multinomial(count.astype(np.int64), share, (count_rounds, len(rows)))
    won = drawn[..., 0] + 0.5 * drawn[..., 1]
    return np.divide(won, count, out=np.full(won.shape, np.nan), where=count > 0)


def percentile_bounds(rounds: Matrix, percentiles: tuple[float, float], printed: Vector) -> Bounds:
    """The two percentiles of each model's rounds, widened to hold the printed score; 0 to 1 where no round counts.

    Args:
        rounds: shape (rounds, models), NaN for a round that says nothing.
        percentiles: lower and upper, from 0 to 100.
        printed: win rates, NaN where nothing was played.
    """
    is_known = ~np.isnan(rounds).all(axis=0)
    lower, upper = np.zeros(rounds.shape[1]), np.ones(rounds.shape[1])
    if is_known.any():
        lower[is_known], upper[is_known] = np.nanpercentile(rounds[:, is_known], percentiles, axis=0)
    return Bounds(np.fmin(lower, printed), np.fmax(upper, printed))
