"""Ratios and their intervals, clustered by question."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from benchbuilder.rating.clustered import QuestionSums, question_sums, ratio_intervals

WEIGHTS = hnp.arrays(float, (6, 2), elements=st.integers(0, 4).map(float))
SHARES = hnp.arrays(float, (6, 2), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0]))


def test_cells_are_added_up_by_question_and_name() -> None:
    """Several cells of one place are one sum, and a name without cells is a column of zeros."""
    cells = pl.DataFrame(
        [("q2", "a", 1.0, 2.0), ("q1", "a", 0.5, 1.0), ("q2", "a", 0.5, 1.0), ("q1", "b", 0.0, 3.0)],
        schema=["question_id", "name", "points", "weight"],
        orient="row",
    )
    sums = question_sums(cells, ["b", "nobody", "a"], "points")
    assert sums.won.tolist() == [[0, 0, 0.5], [0, 0, 1.5]]
    assert sums.weight.tolist() == [[3, 0, 1], [0, 0, 3]]


@settings(deadline=None)
@given(WEIGHTS, SHARES)
def test_equal_to_leaving_each_question_out(weight: np.ndarray, share: np.ndarray) -> None:
    """Every ratio again without each of its questions, in a loop."""
    from scipy.stats import t

    ratios = ratio_intervals(QuestionSums(share * weight, weight), confidence=0.9, least=-9, most=9)
    for column in range(2):
        played = weight[:, column] > 0
        w, s = weight[played, column], (share * weight)[played, column]
        if not len(w):
            assert np.isnan([ratios.ratio[column], ratios.lower[column], ratios.upper[column]]).all()
            continue
        assert ratios.ratio[column] == pytest.approx(s.sum() / w.sum())
        without = [np.delete(s, q).sum() / np.delete(w, q).sum() for q in range(len(w)) if len(w) > 1]
        moved = sum((s.sum() / w.sum() - ratio) ** 2 for ratio in without)
        if moved < 1e-20:
            assert np.isnan([ratios.lower[column], ratios.upper[column]]).all()
            continue
        reach = t.ppf(0.95, len(w) - 1) * np.sqrt((len(w) - 1) / len(w) * moved)
        assert ratios.upper[column] - ratios.ratio[column] == pytest.approx(reach)
        assert ratios.ratio[column] - ratios.lower[column] == pytest.approx(reach)


def test_a_mean_has_the_interval_of_a_mean() -> None:
    """One game per question: Student's interval of a mean, exactly."""
    from scipy.stats import sem, t

    values = np.array([[0.0], [1.0], [0.5], [1.0], [1.0], [0.0], [0.5]])
    ratios = ratio_intervals(QuestionSums(values, np.ones_like(values)), confidence=0.95, least=-9, most=9)
    assert ratios.upper[0] - ratios.ratio[0] == pytest.approx(t.ppf(0.975, 6) * sem(values[:, 0]))


def test_the_interval_covers_what_it_says() -> None:
    """Questions that differ much, eight games on each of 40: 95 % of the intervals hold the truth."""
    random = np.random.default_rng(7)
    chance = random.beta(2, 1, (40, 2_000))
    ratios = ratio_intervals(
        QuestionSums(random.binomial(8, chance).astype(float), np.full((40, 2_000), 8.0)), confidence=0.95
    )
    covered = np.mean((ratios.lower <= 2 / 3) & (ratios.upper >= 2 / 3))
    assert covered == pytest.approx(0.95, abs=0.015)


def test_no_wider_than_the_ratio_can_be() -> None:
    """Two questions that contradict each other leave everything open, and nothing beyond."""
    ratios = ratio_intervals(QuestionSums(np.array([[0.0], [2.0]]), np.full((2, 1), 2.0)), confidence=0.95)
    assert (ratios.ratio[0], ratios.lower[0], ratios.upper[0]) == (0.5, 0.0, 1.0)
