"""Scores and errors against well-kept libraries that reach them in other ways: statsmodels, choix, evalica."""

from collections.abc import Callable, Sequence
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
from benchbuilder.rating.cells import cells_of
from benchbuilder.rating.fit import fit_battles
from benchbuilder.rating.newton import maximise, sandwich

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


Match = tuple[str, str, str, str]  # question, model, baseline, verdict from the model's side
NAMES = (*MODELS, "base")
PAIRS = [(one, other) for place, one in enumerate(NAMES) for other in NAMES[place + 1 :]]
match = st.tuples(
    st.sampled_from("pqrstuvw"), st.permutations(NAMES).map(lambda names: names[:2]), st.sampled_from(list(Verdict))
).map(lambda drawn: (drawn[0], drawn[1][0], drawn[1][1], drawn[2]))


@st.composite
def any_matches(draw: st.DrawFn) -> Sequence[Match]:
    """Games with several baselines, on whichever side, in which a circle of wins makes every rating finite.

    Each of its pairs has both outcomes on three questions, so that no style can decide every game either.
    """
    met = draw(st.lists(st.sampled_from(PAIRS), max_size=3)) + list(zip(MODELS, NAMES[1:], strict=True))
    both = [(question, one, other, verdict) for one, other in met for question in "pqr" for verdict in ("A>B", "B>A")]
    return draw(st.permutations(both + draw(st.lists(match, max_size=60))))


def _battles(make_matches: Make, played: Sequence[Match], seed: int) -> pl.DataFrame:
    """With style columns x and y, which belong to a question and pair."""
    random = np.random.default_rng(seed)
    style = {(question, *pair): random.normal(size=2) for question in "pqrstuvw" for pair in PAIRS}
    style |= {(question, other, one): -values for (question, one, other), values in style.items()}
    x, y = np.array([style[played_match[:3]] for played_match in played]).T
    return make_matches(played).with_columns(x=pl.Series(x), y=pl.Series(y))


@rarely_slow
@given(any_matches(), st.integers(0, 99), st.sampled_from([(), ("x",), ("y", "x")]))
def test_several_baselines_with_style_are_a_clustered_logistic_regression(
    make_matches: Make, played: Sequence[Match], seed: int, styles: tuple[str, ...]
) -> None:
    """One row per vote, +1, -1 and the styles: statsmodels has the same parameters and covariance to 1e-8."""
    import statsmodels.api as sm

    battles = _battles(make_matches, played, seed)
    cells = cells_of(battles, MODELS, "base", styles=styles)
    maximum = maximise(cells.design(), cells.won, cells.weight)
    copied = [3 if IS_STRONG[verdict] else 1 for *_, verdict in played]
    sides = [[(name == one) - (name == other) for name in MODELS] for _, one, other, _ in played]
    design = np.hstack([np.array(sides, dtype=float), battles.select(styles).to_numpy().reshape(len(played), -1)])
    score = np.array([SCORE_OF_MODEL[verdict] for *_, verdict in played])
    groups = np.array(["pqrstuvw".index(question) for question, *_ in played])
    fit = sm.GLM(score.repeat(copied), design.repeat(copied, axis=0), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": groups.repeat(copied), "use_correction": False}, tol=1e-14
    )
    assert maximum.parameters == pytest.approx(fit.params, abs=1e-8)
    assert np.abs(sandwich(cells, maximum) - fit.cov_params()).max() < 1e-8


@rarely_slow
@given(any_matches())
def test_several_baselines_end_where_choix_ends(make_matches: Make, played: Sequence[Match]) -> None:
    """Its spectral and Newton ways over all pairs come to our ratings to 1e-6."""
    ours = fit_battles(make_matches(played), MODELS, "base").rating
    wins = np.zeros((4, 4))
    for _, one, other, verdict in played:
        weight, score = 3.0 if IS_STRONG[verdict] else 1.0, SCORE_OF_MODEL[verdict]
        wins[NAMES.index(one), NAMES.index(other)] += weight * score
        wins[NAMES.index(other), NAMES.index(one)] += weight * (1 - score)
    doubled = [(i, j) for i in range(4) for j in range(4) for _ in range(int(2 * wins[i, j]))]  # whole wins only
    for found in (
        choix.ilsr_pairwise_dense(wins, max_iter=10_000, tol=1e-12),
        choix.opt_pairwise(4, doubled, alpha=0.0, method="Newton-CG", tol=1e-10),
    ):
        assert found[:3] - found[3] == pytest.approx(ours, abs=1e-6)


@rarely_slow
@given(any_matches())
def test_several_baselines_end_where_evalica_ends(make_matches: Make, played: Sequence[Match]) -> None:
    """Its iteration over all pairs, ties as half a win, comes to our ratings to 1e-6."""
    ours = fit_battles(make_matches(played), MODELS, "base").rating
    winner = {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y}
    scores = evalica.bradley_terry(
        [one for _, one, _, _ in played],
        [other for _, _, other, _ in played],
        [winner[SCORE_OF_MODEL[verdict]] for *_, verdict in played],
        weights=[3.0 if IS_STRONG[verdict] else 1.0 for *_, verdict in played],
        tolerance=1e-14,
        limit=100_000,
    ).scores
    assert [np.log(scores[model] / scores["base"]) for model in MODELS] == pytest.approx(ours.tolist(), abs=1e-6)
