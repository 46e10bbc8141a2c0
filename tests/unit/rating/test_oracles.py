"""Scores and errors against well-kept libraries that reach them in other ways: statsmodels, choix, evalica."""

from collections.abc import Callable
from typing import NamedTuple

import choix
import evalica
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.battles import IS_STRONG, SCORE_OF_MODEL, Sums, sum_battles
from benchbuilder.rating.bradley_terry import ratings

Make = Callable[..., pl.DataFrame]
Games = list[tuple[str, str, str]]  # question, model, verdict from the model's side
MODELS = ("m1", "m2", "m3")
game = st.tuples(st.sampled_from("pqrstuvw"), st.sampled_from(MODELS), st.sampled_from(list(Verdict)))
rarely_slow = settings(max_examples=40, deadline=None)


@st.composite
def star_games(draw: st.DrawFn) -> Games:
    """Games in which each model won and lost on two questions at least, so that every rating is finite."""
    both = [(question, model, verdict) for model in MODELS for question, verdict in (("p", "A>B"), ("q", "B>A"))]
    return draw(st.permutations(both + draw(st.lists(game, max_size=60))))


class Rows(NamedTuple):
    """One entry per game, as the libraries want them."""

    question: NDArray[np.int64]
    model: NDArray[np.int64]
    score: NDArray[np.float64]
    weight: NDArray[np.float64]


def _rows(played: Games) -> Rows:
    questions = sorted({question for question, *_ in played})
    return Rows(
        np.array([questions.index(question) for question, *_ in played]),
        np.array([MODELS.index(model) for _, model, _ in played]),
        np.array([SCORE_OF_MODEL[verdict] for *_, verdict in played]),
        np.array([3.0 if IS_STRONG[verdict] else 1.0 for *_, verdict in played]),
    )


def _clustered_errors(sums: Sums) -> NDArray[np.float64]:
    """Of the ratings, from the sums alone: √Σ(S_q - p·W_q)² / (T·p(1-p)), the sandwich without small-sample factor."""
    total = sums.weight.sum(axis=0)
    p = sums.won.sum(axis=0) / total
    return np.sqrt(((sums.won - p * sums.weight) ** 2).sum(axis=0)) / (total * p * (1 - p))


@rarely_slow
@given(star_games())
def test_the_star_is_a_clustered_logistic_regression(make_battles: Make, played: Games) -> None:
    """One row per vote, clustered by question: statsmodels has the same ratings and standard errors to 1e-8."""
    import statsmodels.api as sm

    sums, rows = sum_battles(make_battles(played), MODELS), _rows(played)
    copied = rows.weight.astype(int)  # a strong verdict as three rows of its question: no weights to argue about
    dummies = np.equal.outer(rows.model.repeat(copied), np.arange(len(MODELS))).astype(float)
    fit = sm.GLM(rows.score.repeat(copied), dummies, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": rows.question.repeat(copied), "use_correction": False}, tol=1e-14
    )
    assert ratings(sums) == pytest.approx(fit.params, abs=1e-8)
    assert _clustered_errors(sums) == pytest.approx(fit.bse, abs=1e-8)


@rarely_slow
@given(star_games())
def test_the_star_is_where_choix_ends(make_battles: Make, played: Games) -> None:
    """Three ways to the maximum of any set of pairs (spectral, Newton, minorisation) come to our ratings to 1e-6."""
    rows, ours = _rows(played), ratings(sum_battles(make_battles(played), MODELS))
    baseline = len(MODELS)
    won = np.bincount(rows.model, weights=rows.weight * rows.score)
    lost = np.bincount(rows.model, weights=rows.weight * (1 - rows.score))
    wins = np.zeros((baseline + 1, baseline + 1))
    wins[:baseline, baseline], wins[baseline, :baseline] = won, lost
    doubled = [  # winner and loser; two of the lists of choix count whole wins only
        pair
        for model in range(baseline)
        for pair in [(model, baseline)] * int(2 * won[model]) + [(baseline, model)] * int(2 * lost[model])
    ]
    for found in (
        choix.ilsr_pairwise_dense(wins, max_iter=10_000, tol=1e-12),
        choix.opt_pairwise(baseline + 1, doubled, alpha=0.0, method="Newton-CG", tol=1e-10),
        choix.mm_pairwise(baseline + 1, doubled, alpha=0.0, max_iter=100_000, tol=1e-12),
    ):
        assert found[:baseline] - found[baseline] == pytest.approx(ours, abs=1e-6)


@rarely_slow
@given(star_games())
def test_the_star_is_where_evalica_ends(make_battles: Make, played: Games) -> None:
    """Its iteration, ties as half a win, comes to our ratings to 1e-6."""
    rows, ours = _rows(played), ratings(sum_battles(make_battles(played), MODELS))
    winner = {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y}
    scores = evalica.bradley_terry(
        [model for _, model, _ in played],
        ["base"] * len(played),
        [winner[score] for score in rows.score],
        weights=rows.weight.tolist(),
        tolerance=1e-14,
        limit=100_000,
    ).scores
    assert [np.log(scores[model] / scores["base"]) for model in MODELS] == pytest.approx(ours.tolist(), abs=1e-6)
