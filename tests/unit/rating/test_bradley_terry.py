"""The closed form of a star; more of it against other libraries in test_oracles.py."""

from collections.abc import Callable

import numpy as np
import polars as pl

from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.battles import IS_STRONG, SCORE_OF_MODEL, sum_battles
from benchbuilder.rating.bradley_terry import ratings, win_rates

Make = Callable[..., pl.DataFrame]
MODELS = ("m1", "m2", "m3")


def test_win_rates_are_those_of_a_logistic_regression(make_battles: Make) -> None:
    """One row per game, one coefficient per model, weights by strength: statsmodels fits the same to 1e-10."""
    import statsmodels.api as sm

    random = np.random.default_rng(1)
    played = [(f"q{n % 25}", MODELS[n % 3], str(random.choice(list(Verdict)))) for n in range(300)]
    sums = sum_battles(make_battles(played), MODELS)
    score = np.array([SCORE_OF_MODEL[verdict] for *_, verdict in played])
    weight = np.array([3.0 if IS_STRONG[verdict] else 1.0 for *_, verdict in played])
    dummies = np.array([[model == name for name in MODELS] for _, model, _ in played], dtype=float)
    fit = sm.GLM(score, dummies, family=sm.families.Binomial(), freq_weights=weight).fit(tol=1e-14)
    assert np.allclose(ratings(sums), fit.params, atol=1e-10)
    assert np.allclose(win_rates(sums), 1 / (1 + np.exp(-fit.params)), atol=1e-10)


def test_the_ends_have_a_win_rate_and_no_rating(make_battles: Make) -> None:
    """Who won or lost everything has 1 or 0 and no finite rating; who played nothing has neither."""
    sums = sum_battles(make_battles([("q", "m1", "A>B"), ("q", "m2", "B>>A")]), MODELS)
    assert np.array_equal(win_rates(sums), [1, 0, np.nan], equal_nan=True)
    assert np.isnan(ratings(sums)).all()
