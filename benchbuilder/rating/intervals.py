"""Intervals of win rates, clustered by question: how much does the score move when one question is left out?

Games on one question are not independent (the same prompt, the same two answers, judged twice), so the question is
what was sampled, and the spread is taken over questions: the delete-one jackknife of Tukey (1958) and Miller
(Biometrika 61, 1974), on the logit scale so that the interval stays inside 0 to 1, with the t quantile for few
questions. One imaginary question, half won and half lost, keeps the interval open for a model that won or lost
everything (the half observation that Haldane and Anscombe add to log-odds).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchbuilder.rating.battles import Matrix, Sums, Vector


class LeaveOneOut(NamedTuple):
    """How each model's score moves when one cluster is left out.

    Attributes:
        score: p, the score with the imaginary question, shape (models,), inside 0 to 1; ½ where nothing was played.
        shift: u, by how much p is higher with a cluster than without it, shape (clusters, models); 0 where not played.
        imaginary: the expected square of the imaginary question's shift, shape (models,).
        count_clusters: Q, the clusters that each model played, shape (models,).
    """

    score: Vector
    shift: Matrix
    imaginary: Vector
    count_clusters: NDArray[np.int64]

    def of_models(self, positions: NDArray[np.int64]) -> "LeaveOneOut":
        """The same for some of the models, in the order of positions."""
        return LeaveOneOut(
            self.score[positions], self.shift[:, positions], self.imaginary[positions], self.count_clusters[positions]
        )


class Bounds(NamedTuple):
    """Lower and upper ends, shape (models,)."""

    lower: Vector
    upper: Vector


def leave_one_out(sums: Sums) -> LeaveOneOut:
    """The effect of each cluster on each model's score.

    With T = Σ W, w₀ = T/Q the weight of the imaginary question and T' = T + w₀:
    p = (Σ S + w₀/2) / T', u_q = (S_q - p·W_q) / (T' - W_q), and the imaginary question adds ½(p² + (1-p)²)(w₀/T')².
    """
    count = sums.count_clusters
    total = sums.weight.sum(axis=0)
    is_played = count > 0
    imagined = np.divide(total, count, where=is_played, out=np.ones_like(total))
    total_with = total + imagined  # at least 1 x imagined, so nothing below divides by 0
    score = (sums.won.sum(axis=0) + imagined / 2) / total_with
    shift = (sums.won - score * sums.weight) / (total_with - sums.weight)
    imaginary = np.where(is_played, (score**2 + (1 - score) ** 2) / 2 * (imagined / total_with) ** 2, 0.0)
    return LeaveOneOut(score, shift, imaginary, count)


def question_intervals(effects: LeaveOneOut, printed: Vector, *, confidence: float) -> Bounds:
    """The default interval of each win rate.

    v = (Q-1)/Q · [Σ u² + imaginary]; interval = expit(logit p ± t(Q-1)·√v / (p(1-p))), widened to hold the printed
    score. One cluster or none says nothing about the spread between clusters: 0 to 1.

    Args:
        effects: of `leave_one_out`.
        printed: the win rates Σ S / Σ W, NaN where nothing was played.
        confidence: e.g. 0.95.
    """
    from scipy.special import expit, logit

    score, count = effects.score, effects.count_clusters
    variance = jackknife_variance((effects.shift**2).sum(axis=0) + effects.imaginary, count)
    half = t_quantile(count, confidence) * np.sqrt(variance) / (score * (1 - score))
    is_known = count > 1
    lower = np.where(is_known, expit(logit(score) - half), 0.0)
    upper = np.where(is_known, expit(logit(score) + half), 1.0)
    return Bounds(np.fmin(lower, printed), np.fmax(upper, printed))


def jackknife_variance(sum_of_squares: NDArray[np.float64], count: NDArray[np.int64]) -> NDArray[np.float64]:
    """(Q-1)/Q times the sum; 0 where Q is under 2. Any shape."""
    return (1 - 1 / np.maximum(count, 1)) * sum_of_squares


def t_quantile(count: NDArray[np.int64], confidence: float) -> NDArray[np.float64]:
    """The two-sided quantile of Student's t with count - 1 degrees of freedom; 0 where count is under 2. Any shape."""
    from scipy.special import stdtrit

    different, where = np.unique(count, return_inverse=True)  # few are, and the quantile is slow
    quantile = stdtrit(np.maximum(different - 1, 1).astype(float), (1 + confidence) / 2)
    return np.where(different > 1, quantile, 0.0)[where].reshape(np.shape(count))
