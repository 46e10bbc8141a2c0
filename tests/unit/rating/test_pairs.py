"""Who is separated from whom."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from benchbuilder.rating.battles import Sums
from benchbuilder.rating.bradley_terry import win_rates
from benchbuilder.rating.intervals import leave_one_out
from benchbuilder.rating.pairs import Pairs, compare_pairs, rank_ranges, with_baseline


def _pairs(won: np.ndarray, weight: np.ndarray) -> Pairs:
    """The pairs of all columns and the baseline."""
    names = tuple(f"m{column}" for column in range(won.shape[1]))
    sums = Sums(names, tuple(map(str, range(len(won)))), won.astype(float), weight.astype(float))
    printed = np.append(win_rates(sums), 0.5)
    return compare_pairs((*names, "base"), printed, with_baseline(leave_one_out(sums)), confidence=0.95)


def _random_board(seed: int, strength: list[float], questions: int) -> tuple[np.ndarray, np.ndarray]:
    """Two games a question, with a few that were not played."""
    random = np.random.default_rng(seed)
    weight = np.where(random.random((questions, len(strength))) < 0.95, 2, 0)
    return random.binomial(weight, strength), weight


def test_difference_worked_by_the_formula() -> None:
    """Each pair for itself in a loop, from the definition; the baseline has u = 0 and the Q of the other."""
    from scipy.stats import t

    won, weight = _random_board(1, [0.7, 0.5, 0.2], 40)
    pairs = _pairs(won, weight)
    total = weight.sum(axis=0)
    count = (weight > 0).sum(axis=0)
    imagined = total / count
    p = (won.sum(axis=0) + imagined / 2) / (total + imagined)
    u = (won - p * weight) / (total + imagined - weight)
    extra = (p**2 + (1 - p) ** 2) / 2 * (imagined / (total + imagined)) ** 2
    for i, j in combinations(range(3), 2):
        q = min(count[i], count[j])
        error = math.sqrt((q - 1) / q * (((u[:, i] - u[:, j]) ** 2).sum() + extra[i] + extra[j]))
        reach = t.ppf(0.975, q - 1) * error
        assert (pairs.lower[i, j], pairs.upper[i, j]) == pytest.approx((p[i] - p[j] - reach, p[i] - p[j] + reach))
        assert pairs.p_value[i, j] == pytest.approx(2 * t.sf(abs(p[i] - p[j]) / error, q - 1))
    error = math.sqrt((count[0] - 1) / count[0] * ((u[:, 0] ** 2).sum() + extra[0]))
    assert pairs.p_value[0, 3] == pytest.approx(2 * t.sf(abs(p[0] - 0.5) / error, count[0] - 1))
    assert pairs.difference[0, 3] == pytest.approx(won.sum(axis=0)[0] / total[0] - 0.5)


def test_all_pairs_at_once_by_holm() -> None:
    """Equal to the procedure of statsmodels over the same single tests."""
    from statsmodels.stats.multitest import multipletests

    pairs = _pairs(*_random_board(2, [0.8, 0.7, 0.6, 0.45, 0.3], 60))
    upper = np.triu_indices(6, k=1)
    rejected, corrected, *_ = multipletests(pairs.p_value[upper], alpha=0.05, method="holm")
    assert pairs.p_holm[upper] == pytest.approx(corrected, rel=1e-12)
    assert pairs.is_separated[upper].tolist() == rejected.tolist()
    assert 0 < rejected.sum() < len(rejected)


boards = st.integers(2, 4).flatmap(
    lambda models: st.integers(1, 12).flatmap(
        lambda questions: st.tuples(
            hnp.arrays(np.int64, (questions, models), elements=st.integers(0, 3)),
            hnp.arrays(np.int64, (questions, models), elements=st.integers(0, 2)),
        )
    )
)


@settings(deadline=None)
@given(boards)
def test_every_board_is_consistent(board: tuple[np.ndarray, np.ndarray]) -> None:
    """Whatever was played: antisymmetric, intervals hold the difference, ranks hold a model's place by score."""
    weight, half_wins = board
    pairs = _pairs(weight * half_wins / 2, weight)
    known = np.isfinite(pairs.difference)
    assert np.allclose(pairs.difference[known], -pairs.difference.T[known])
    assert np.allclose(pairs.lower, -pairs.upper.T)
    assert (pairs.lower[known] <= pairs.difference[known]).all()
    assert (pairs.difference[known] <= pairs.upper[known]).all()
    assert (pairs.p_value <= pairs.p_holm).all()
    assert np.array_equal(pairs.p_holm, pairs.p_holm.T)
    assert not (pairs.is_above & pairs.is_above.T).any()
    low, high = rank_ranges(pairs.is_above)
    assert (low >= 1).all()
    assert (low <= high).all()
    assert (high <= len(pairs.models)).all()


def test_equal_models_are_not_separated() -> None:
    """Two columns with the same games: no difference, p = 1, and an interval that is not a point."""
    won, weight = _random_board(4, [0.9], 50)
    pairs = _pairs(np.hstack([won, won]), np.hstack([weight, weight]))
    assert pairs.difference[0, 1] == 0
    assert pairs.p_value[0, 1] == 1
    assert pairs.lower[0, 1] < 0 < pairs.upper[0, 1]
    assert pairs.is_separated.sum() == 4  # each from the baseline, in both directions


def test_a_common_hard_question_cancels() -> None:
    """Models that win and lose the same questions are told apart by less than two that differ at random."""
    alike = np.array([[2, 2]] * 30 + [[0, 0]] * 30 + [[2, 0]] * 8)
    crossed = np.array([[2, 0]] * 19 + [[0, 2]] * 11 + [[2, 2]] * 19 + [[0, 0]] * 19)
    weight = np.full((68, 2), 2)
    assert alike.sum(axis=0).tolist() == crossed.sum(axis=0).tolist()
    assert _pairs(alike, weight).p_value[0, 1] < 0.01 < _pairs(crossed, weight).p_value[0, 1]


def test_one_question_separates_nobody() -> None:
    """There is no spread to measure a difference by: every difference is possible."""
    pairs = _pairs(np.array([[3, 0]]), np.array([[3, 3]]))
    assert pairs.p_value.tolist() == np.ones((3, 3)).tolist()
    assert (pairs.lower[0, 1], pairs.upper[0, 1]) == (-1, 1)
    assert not pairs.is_separated.any()


def test_rank_ranges_worked_by_hand() -> None:
    """Of four models the first is above the last two and the second above the last: 1-2, 1-3, 2-4, 3-4."""
    is_above = np.zeros((4, 4), dtype=bool)
    is_above[0, 2] = is_above[0, 3] = is_above[1, 3] = True
    low, high = rank_ranges(is_above)
    assert low.tolist() == [1, 1, 2, 3]
    assert high.tolist() == [2, 3, 4, 4]
