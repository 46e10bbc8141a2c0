"""Which threshold keeps the wanted share of picks, and how sure that is."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from benchbuilder.cascade.gate import fit_gate, recall_interval

SAMPLES = st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0, 2.5, 4.0, 6.5]), st.booleans()), max_size=80)
RECALLS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.98])


def arrays(sample: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    """Scores and picks."""
    return np.array([score for score, _ in sample], float), np.array([is_pick for _, is_pick in sample], bool)


@given(SAMPLES, RECALLS, st.integers(1, 30))
def test_at_least_the_wanted_share_of_picks_passes(
    sample: list[tuple[float, bool]], wanted: float, min_picks: int
) -> None:
    """Whatever the scores, ties among them too; and with too few picks everybody passes."""
    scores, is_pick = arrays(sample)
    gate = fit_gate(scores, is_pick, wanted, min_picks=min_picks)
    assert gate.count_picks == is_pick.sum()
    assert gate.count_kept >= ceil(round(wanted * gate.count_picks, 6))
    assert (gate.threshold is None) == (gate.count_picks < min_picks)
    if gate.threshold is None:
        assert (gate.count_kept, gate.share_passed) == (gate.count_picks, 1.0)
    else:
        assert gate.share_passed == (scores >= gate.threshold).mean()


@given(SAMPLES, RECALLS)
def test_no_higher_threshold_would_do(sample: list[tuple[float, bool]], wanted: float) -> None:
    """The next score above it keeps too few of the picks."""
    scores, is_pick = arrays(sample)
    gate = fit_gate(scores, is_pick, wanted, min_picks=1)
    if gate.threshold is not None:
        kept = (scores[is_pick] > gate.threshold).sum()
        assert kept < round(wanted * gate.count_picks, 6)


@given(st.integers(1, 400), st.data())
def test_the_interval_is_the_exact_one(count_picks: int, data: st.DataObject) -> None:
    """Clopper and Pearson by their quantiles of the beta distribution."""
    kept = data.draw(st.integers(0, count_picks))
    lower, upper = recall_interval(kept, count_picks, 0.95)
    lost = count_picks - kept
    assert lower == pytest.approx(beta.ppf(0.025, kept, lost + 1) if kept else 0.0, abs=1e-6)
    assert upper == pytest.approx(beta.ppf(0.975, kept + 1, lost) if lost else 1.0, abs=1e-6)


def test_the_lower_end_holds_though_the_threshold_was_fitted() -> None:
    """Of 2,000 crowds the recall of picks to come is under it in no more than 2.5 % (three standard errors more)."""
    random = np.random.default_rng(7)
    count_under = 0
    for _ in range(2000):
        gate = fit_gate(scores := random.random(60), np.ones(60, bool), 0.95)
        assert gate.threshold is not None
        assert gate.recall_lower is not None
        count_under += 1 - gate.threshold < gate.recall_lower  # of uniform scores so many are above it
        assert scores.min() <= gate.threshold
    assert count_under / 2000 <= 0.025 + 3 * 0.0035


def test_two_of_a_hundred_may_be_lost_at_98_percent() -> None:
    """Counted without the noise of floats: 100 · (1 - 0.98) is a hair under 2."""
    gate = fit_gate(np.arange(100.0), np.ones(100, bool), 0.98)
    assert (gate.threshold, gate.count_kept, gate.recall) == (2.0, 98, 0.98)


def test_without_picks_there_is_no_recall() -> None:
    """Nothing is claimed, and nobody is turned away."""
    gate = fit_gate(np.arange(5.0), np.zeros(5, bool), 0.98)
    assert gate == (None, 0, 0, None, None, None, 1.0)
    assert fit_gate(np.empty(0), np.empty(0, bool), 0.98).share_passed == 1.0


@pytest.mark.parametrize(("scores", "picks"), [([1.0], [True, False]), ([float("nan")], [True])])
def test_a_score_that_is_no_number_is_an_error(scores: list[float], picks: list[bool]) -> None:
    """It would be turned away or kept by accident."""
    with pytest.raises(ValueError, match="every score a number"):
        fit_gate(np.array(scores), np.array(picks), 0.9)
