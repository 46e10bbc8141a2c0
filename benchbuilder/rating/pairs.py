"""Who is separated from whom: all pairs at once, paired by question, and the ranks that follow from it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchbuilder.rating.battles import Flags, Matrix, Vector
from benchbuilder.rating.intervals import LeaveOneOut, jackknife_variance, t_quantile


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Every model (row) against every other (column); all matrices are models x models.

    Attributes:
        models: names of rows and columns.
        difference: printed score of the row minus that of the column.
        lower: of the interval of this one difference, not corrected for how many pairs there are.
        upper: see lower.
        standard_error: of the difference; 0 on the diagonal.
        p_value: two-sided, of this one difference; 1 on the diagonal.
        p_holm: corrected for all pairs of the board.
        is_above: the row is separated from the column and above it.
        confidence: of the intervals; pairs are separated where p_holm is at most 1 - confidence.
    """

    models: tuple[str, ...]
    difference: Matrix
    lower: Matrix
    upper: Matrix
    standard_error: Matrix
    p_value: Matrix
    p_holm: Matrix
    is_above: Flags
    confidence: float

    @property
    def is_separated(self) -> Flags:
        """Whether two models can be told apart, shape (models, models), symmetric."""
        return self.is_above | self.is_above.T


class RankRanges(NamedTuple):
    """Best and worst rank that the separations leave open, shape (models,), 1 is the top."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]


def compare_pairs(models: tuple[str, ...], printed: Vector, effects: LeaveOneOut, *, confidence: float) -> Pairs:
    """All differences of scores with their intervals and tests.

    Two models met the same questions, so a hard question moves both and cancels:
    se² = (Q-1)/Q · [Σ (u_qi - u_qj)² + both imaginary terms], t(Q-1), Q the smaller of the two; a question that one of
    them did not play enters with u = 0. All pairs are tested together by Holm (Scandinavian Journal of Statistics 6,
    1979). The test is on the scores with the imaginary question; the interval is widened to hold the printed
    difference.

    Args:
        models: names, as many as effects has columns.
        printed: their win rates.
        effects: of `leave_one_out`, the baseline added by `with_baseline`.
        confidence: e.g. 0.95.
    """
    centre = effects.score[:, None] - effects.score
    difference = printed[:, None] - printed
    count = np.minimum.outer(effects.count_clusters, effects.count_clusters)
    error = np.sqrt(jackknife_variance(_squared_distances(effects), count))
    reach = np.where(count > 1, t_quantile(count, confidence) * error, 2.0)  # 2 = anything between -1 and 1
    np.fill_diagonal(reach, 0.0)
    p_value = _p_values(centre, error, count)
    p_holm = _holm(p_value)
    return Pairs(
        models=models,
        difference=difference,
        lower=np.fmin(np.maximum(centre - reach, -1), difference),
        upper=np.fmax(np.minimum(centre + reach, 1), difference),
        standard_error=error,
        p_value=p_value,
        p_holm=p_holm,
        is_above=(p_holm <= 1 - confidence) & (centre > 0),
        confidence=confidence,
    )


def with_baseline(effects: LeaveOneOut) -> LeaveOneOut:
    """The effects with one more column at the end: the baseline, which is ½ whatever question is left out."""
    count_all = len(effects.shift)
    return LeaveOneOut(
        score=np.append(effects.score, 0.5),
        shift=np.column_stack([effects.shift, np.zeros(count_all)]),
        imaginary=np.append(effects.imaginary, 0.0),
        count_clusters=np.append(effects.count_clusters, count_all),
    )


def rank_ranges(is_above: Flags) -> RankRanges:
    """[1 + separated above, M - separated below] of each model.

    Holm keeps the chance that any separation is wrong under 1 - confidence, so all true ranks lie in their ranges
    together with at least that confidence (Mogstad, Romano, Shaikh and Wilhelm, Review of Economic Studies 91, 2024).

    Args:
        is_above: shape (models, models), the row is separated from the column and above it.
    """
    return RankRanges(1 + is_above.sum(axis=0), len(is_above) - is_above.sum(axis=1))


def _squared_distances(effects: LeaveOneOut) -> Matrix:
    """Σ (u_qi - u_qj)² + imaginary_i + imaginary_j, by way of the products so that memory stays models²."""
    product = effects.shift.T @ effects.shift
    square = np.diag(product) + effects.imaginary
    distance = square[:, None] + square - 2 * product
    return np.maximum(distance, 0.0)


def _p_values(centre: Matrix, error: Matrix, count: NDArray[np.int64]) -> Matrix:
    """Two-sided; 1 where there is no difference or no spread to measure it by (one question)."""
    from scipy.special import stdtr

    ratio = np.divide(np.abs(centre), error, where=error > 0, out=np.zeros_like(centre))
    p_value = 2 * stdtr(np.maximum(count - 1, 1).astype(float), -ratio)
    np.fill_diagonal(p_value, 1.0)
    return p_value


def _holm(p_value: Matrix) -> Matrix:
    """Step-down: the k-th smallest of n is multiplied by n - k, never falls, and is 1 at most."""
    rows, columns = np.triu_indices(len(p_value), k=1)
    single = p_value[rows, columns]
    order = np.argsort(single, kind="stable")
    corrected = np.empty_like(single)
    steps = np.arange(len(single), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(single[order] * steps), 1.0)
    matrix = np.ones_like(p_value)
    matrix[rows, columns] = matrix[columns, rows] = corrected
    return matrix
