"""From which score on a prompt is worth a strong annotator's look, and how many of its picks that keeps."""

from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Gate(NamedTuple):
    """A threshold of the cheap annotator's scores, and what it keeps of the strong one's picks.

    Attributes:
        threshold: prompts with this score or more pass; None: all pass, because the sample has too few picks to tell.
        count_picks: prompts of the sample that the strong annotator picks.
        count_kept: of these, those that pass.
        recall: count_kept / count_picks; None without picks.
        recall_lower: of the exact interval of recall; None without picks.
        recall_upper: likewise.
        share_passed: of the sample.
    """

    threshold: float | None
    count_picks: int
    count_kept: int
    recall: float | None
    recall_lower: float | None
    recall_upper: float | None
    share_passed: float


def fit_gate(
    scores: NDArray[np.float64],
    is_pick: NDArray[np.bool_],
    wanted_recall: float,
    *,
    min_picks: int = 20,
    confidence: float = 0.95,
) -> Gate:
    """The highest threshold that keeps the wanted share of the sample's picks.

    The interval is Clopper and Pearson's (Biometrika 26, 1934). That the threshold was chosen on the same picks does
    not spoil its lower end: a threshold at an order statistic of m picks, with m - j of them at or above it, keeps of
    all picks a share that is distributed as Beta(m - j, j + 1) (Wilks, Annals of Mathematical Statistics 12, 1941), and
    the lower end of Clopper and Pearson is a quantile of that very distribution. Its mean, (m - j) / (m + 1), is a
    little less than the share in the sample: 32 of 33 picks of the sample mean 94 % of the picks to come.

    Args:
        scores: of the cheap annotator on the sample, higher for a likelier pick; it must not have learned from the very
            prompt it scores.
        is_pick: whether the strong annotator picks the prompt.
        wanted_recall: over 0 and under 1.
        min_picks: with fewer of them nothing can be said, and nobody is turned away.
        confidence: of the interval.

    Raises:
        ValueError: the two are not of one length, or a score is no number.
    """
    if scores.shape != is_pick.shape or np.isnan(scores).any():
        raise ValueError("scores and picks must be of one length, and every score a number")
    picks = np.sort(scores[is_pick])
    count_picks = len(picks)
    # A hair is added, because 100 · (1 - 0.98) comes to a hair under 2 in floats.
    count_lost = floor(count_picks * (1 - wanted_recall) + 1e-9)
    threshold = float(picks[count_lost]) if count_picks >= max(min_picks, 1) else None
    is_passed = np.ones(len(scores), bool) if threshold is None else scores >= threshold
    count_kept = int((is_passed & is_pick).sum())
    lower, upper = recall_interval(count_kept, count_picks, confidence)
    return Gate(
        threshold=threshold,
        count_picks=count_picks,
        count_kept=count_kept,
        recall=count_kept / count_picks if count_picks else None,
        recall_lower=lower,
        recall_upper=upper,
        share_passed=float(is_passed.mean()) if len(scores) else 1.0,
    )


def recall_interval(count_kept: int, count_picks: int, confidence: float) -> tuple[float | None, float | None]:
    """Clopper and Pearson's exact interval of a share; None twice where there is nothing to count."""
    from scipy.stats import binomtest

    if not count_picks:
        return None, None
    lower, upper = binomtest(count_kept, count_picks).proportion_ci(confidence, method="exact")
    return float(lower), float(upper)
