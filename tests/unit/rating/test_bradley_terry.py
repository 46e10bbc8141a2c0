"""The closed form of a star against three well-kept libraries."""

from collections.abc import Callable

import choix
import evalica
import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.battles import IS_STRONG, SCORE_OF_MODEL, sum_battles
from benchbuilder.rating.bradley_terry import ratings, win_rates

Make = Callable[..., pl.DataFrame]
MODELS = ("m1", "m2", "m3")


@st.composite
def played_by_all(draw: st.DrawFn) -> list[tuple[str, str, str]]:
    """Games in which each model won and lost at least once, so that all ratings are finite."""
    game = st.tuples(st.sampled_from("pqrstu"), st.sampled_from(MODELS), st.sampled_from(list(Verdict)))
    both = [(question, model, verdict) for model in MODELS for question, verdict in (("p", "A>B"), ("q", "B>A"))]
    return both + draw(st.lists(game, max_size=60))


@settings(max_examples=40, deadline=None)
@given(played_by_all())
def test_ratings_are_those_of_choix_and_evalica(make_battles: Make, played: list[tuple[str, str, str]]) -> None:
    """Two iterative solvers for any set of pairs reach the closed form to 1e-6."""
    ours = ratings(sum_battles(make_battles(played), MODELS))

    wins = np.zeros((4, 4))  # the baseline is the last
    for _, model, verdict in played:
        weight, score = 3.0 if IS_STRONG[verdict] else 1.0, SCORE_OF_MODEL[verdict]
        wins[MODELS.index(model), 3] += weight * score
        wins[3, MODELS.index(model)] += weight * (1 - score)
    by_choix = choix.ilsr_pairwise_dense(wins, max_iter=10_000, tol=1e-12)
    assert np.allclose(by_choix[:3] - by_choix[3], ours, atol=1e-6, rtol=0)

    winner = {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y}
    scores = evalica.bradley_terry(
        [model for _, model, _ in played],
        ["base"] * len(played),
        [winner[SCORE_OF_MODEL[verdict]] for *_, verdict in played],
        weights=[3.0 if IS_STRONG[verdict] else 1.0 for *_, verdict in played],
        tolerance=1e-14,
        limit=100_000,
    ).scores
    assert np.allclose([np.log(scores[model] / scores["base"]) for model in MODELS], ours, atol=1e-6, rtol=0)


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
