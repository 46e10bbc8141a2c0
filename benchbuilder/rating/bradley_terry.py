"""Bradley-Terry where all models meet one baseline (a star).

P(model beats baseline) = expit(r_model - r_baseline) with r_baseline = 0 (Bradley and Terry, Biometrika 39, 1952).
In a star no game holds two unknown ratings, so the likelihood falls apart by model and its maximum is the weighted
share of wins, ties as half a win: no iteration, nothing that can fail to converge.
"""

import numpy as np

from benchbuilder.rating.battles import Sums, Vector


def win_rates(sums: Sums) -> Vector:
    """Σ S / Σ W of each model against the baseline, 0 to 1; NaN for one that played nothing."""
    return _share(sums.won.sum(axis=0), sums.weight.sum(axis=0))


def ratings(sums: Sums) -> Vector:
    """Log-odds of each win rate, the baseline at 0.

    NaN where there is no finite one: a model that played nothing, won everything or lost everything.
    """
    won, weight = sums.won.sum(axis=0), sums.weight.sum(axis=0)
    return np.log(_share(won, weight - won), where=(won > 0) & (won < weight), out=np.full_like(won, np.nan))


def _share(part: Vector, whole: Vector) -> Vector:
    return np.divide(part, whole, where=whole > 0, out=np.full_like(part, np.nan))
