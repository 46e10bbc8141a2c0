"""Newton's method between any models, and one step of it without each cluster."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from benchbuilder.errors import NotConvergedError
from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.battles import Cluster
from benchbuilder.rating.cells import cells_of
from benchbuilder.rating.fit import fit_battles
from benchbuilder.rating.newton import leave_clusters_out, maximise, sandwich

Make = Callable[..., pl.DataFrame]
NAMES = ("m1", "m2", "m3", "base")  # the baseline last
MODELS = NAMES[:3]
VERDICTS = [verdict.value for verdict in Verdict]


def _games(make_matches: Make, questions: Sequence[str], count: int, seed: int) -> pl.DataFrame:
    """Games between random pairs, with style columns x and y that belong to question and pair."""
    random = np.random.default_rng(seed)
    matches = []
    for number in range(count):
        one, other = random.choice(4, size=2, replace=False)
        matches.append((questions[number % len(questions)], NAMES[one], NAMES[other], str(random.choice(VERDICTS))))
    style = {
        (question, one, other): random.normal(size=2)
        for question in questions
        for one in range(4)
        for other in range(one + 1, 4)
    }
    told = []
    for question, model, baseline, _ in matches:
        i, j = NAMES.index(model), NAMES.index(baseline)
        told.append(style[question, min(i, j), max(i, j)] * (1 if i < j else -1))
    x, y = np.array(told).T
    return make_matches(matches).with_columns(x=pl.Series(x), y=pl.Series(y))


class Dense(NamedTuple):
    """One row per game, and one per imaginary question, whose cluster is None."""

    design: NDArray[np.float64]
    score: NDArray[np.float64]
    weight: NDArray[np.float64]
    cluster: list[str | None]


def _row(one: str, other: str, style: Sequence[float]) -> list[float]:
    return [(one == name) - (other == name) for name in MODELS] + list(style)


def _dense(battles: pl.DataFrame, styles: Sequence[str], cluster: str) -> Dense:
    """The slow way: nothing is summed, and imaginary questions are found by looking through all games again."""
    design, score, weight, clusters = [], [], [], []
    met: dict[tuple[str, str], tuple[list[float], set[str]]] = {}
    for row in battles.iter_rows(named=True):
        verdict = Verdict(row["verdict"])
        design.append(_row(row["model"], row["baseline"], [row[style] for style in styles]))
        score.append(verdict.score_of_first)
        weight.append(3.0 if verdict.is_strong else 1.0)
        clusters.append(row[cluster])
        weights, questions = met.setdefault(tuple(sorted((row["model"], row["baseline"]))), ([], set()))
        weights.append(weight[-1])
        questions.add(row[cluster])
    for pair, (weights, questions) in sorted(met.items()):
        design.append(_row(*pair, [0.0] * len(styles)))
        score.append(0.5)
        weight.append(sum(weights) / len(questions))
        clusters.append(None)
    return Dense(np.array(design), np.array(score), np.array(weight), clusters)


def _chance(dense: Dense, parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-dense.design @ parameters))


def _step(dense: Dense, parameters: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One Newton step on the chosen rows."""
    chance, design = _chance(dense, parameters)[chosen], dense.design[chosen]
    weight = dense.weight[chosen]
    hessian = design.T @ np.diag(weight * chance * (1 - chance)) @ design
    return np.linalg.solve(hessian, design.T @ (weight * (dense.score[chosen] - chance))).astype(np.float64)


def _brute_force(dense: Dense) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Parameters, shifts of each cluster, and the expected squares of the imaginary questions' shifts."""
    everything = np.ones(len(dense.score), dtype=np.bool_)
    parameters = np.zeros(dense.design.shape[1])
    for _ in range(50):
        parameters = parameters + _step(dense, parameters, everything)
    clusters = sorted({name for name in dense.cluster if name is not None})
    shifts = [-_step(dense, parameters, np.array([other != name for other in dense.cluster])) for name in clusters]
    chance = _chance(dense, parameters)
    inverse = np.linalg.inv(dense.design.T @ np.diag(dense.weight * chance * (1 - chance)) @ dense.design)
    squares = np.zeros((len(parameters), len(parameters)))
    for place, name in enumerate(dense.cluster):
        for outcome in (0.0, 1.0) if name is None else ():
            shift = inverse @ dense.design[place] * dense.weight[place] * (outcome - chance[place])
            squares += np.outer(shift, shift) / 2
    return parameters, np.array(shifts), squares


MANY_CELLS = [f"{letter}{number}" for letter in "abc" for number in range(3)]
SINGLE_CELLS = [f"{letter}{number}" for letter in "abcde" for number in range(16)]


@pytest.mark.parametrize("styles", [(), ("x",), ("x", "y")])
@pytest.mark.parametrize(
    ("questions", "count", "cluster"),
    [
        pytest.param(SINGLE_CELLS, 80, "question", id="one game on each question"),
        pytest.param(MANY_CELLS, 120, "question", id="many pairs on each question"),
        pytest.param(MANY_CELLS, 120, "topic", id="many questions in each topic"),
        pytest.param([*SINGLE_CELLS, *["a0"] * 20], 100, "question", id="one question with many games"),
    ],
)
def test_leaving_a_cluster_out_is_one_newton_step_without_it(
    make_matches: Make, questions: list[str], count: int, cluster: Cluster, styles: tuple[str, ...]
) -> None:
    """The fast way through one inverse equals a step on dense matrices of the games that stay, cluster by cluster."""
    battles = _games(make_matches, questions, count, seed=count)
    cells = cells_of(battles, MODELS, "base", styles=styles, cluster=cluster)
    assert cells.clusters == tuple(sorted(cells.clusters))
    found = leave_clusters_out(cells)
    parameters, shifts, squares = _brute_force(_dense(battles, styles, f"{cluster}_id"))
    count_clusters = len(cells.clusters)
    assert np.abs(found.parameters - parameters).max() < 1e-10
    assert np.abs(found.shift[:count_clusters] - shifts).max() < 1e-10
    of_imagined = found.shift[count_clusters:]
    assert of_imagined.shape == (6, 3 + len(styles))  # one imaginary question for each pair that met
    assert np.abs(of_imagined.T @ of_imagined - squares).max() < 1e-10


def test_the_maximum_is_where_nothing_pulls(make_matches: Make) -> None:
    """At the parameters found the likelihood is flat, and `inverse` is that of its curvature there."""
    cells = cells_of(_games(make_matches, MANY_CELLS, 150, seed=3), MODELS, "base", styles=("x", "y"))
    design = cells.design().toarray()
    maximum = maximise(cells.design(), cells.won, cells.weight)
    assert maximum.chance == pytest.approx(1 / (1 + np.exp(-design @ maximum.parameters)), abs=1e-14)
    assert np.abs(design.T @ (cells.won - cells.weight * maximum.chance)).max() < 1e-9
    curvature = cells.weight * maximum.chance * (1 - maximum.chance)
    assert np.abs(maximum.inverse @ design.T @ np.diag(curvature) @ design - np.eye(5)).max() < 1e-9


def test_a_rating_far_out_is_still_found(make_matches: Make) -> None:
    """One loss in 100,001 games has a finite rating, the logarithm of 100,000, and is not taken for none."""
    cells = cells_of(make_matches([("q", "m1", "base", "A>B"), ("q", "m1", "base", "B>A")]), ["m1"], "base")
    maximum = maximise(cells.design(), np.array([100_000.0]), np.array([100_001.0]))
    assert maximum.parameters == pytest.approx([math.log(100_000)], abs=1e-9)


@pytest.mark.parametrize("styles", [(), ("x", "y")])
@pytest.mark.parametrize("cluster", ["question", "topic"])
def test_the_sandwich_is_a_covariance(make_matches: Make, styles: tuple[str, ...], cluster: Cluster) -> None:
    """Symmetric, no direction with a negative variance, and of the rank that so many clusters allow."""
    cells = cells_of(_games(make_matches, MANY_CELLS, 150, seed=4), MODELS, "base", styles=styles, cluster=cluster)
    covariance = sandwich(cells, maximise(cells.design(), cells.won, cells.weight))
    assert covariance.shape == (3 + len(styles), 3 + len(styles))
    assert np.abs(covariance - covariance.T).max() < 1e-15
    eigenvalues = np.linalg.eigvalsh(covariance)
    assert eigenvalues.min() > -1e-14
    assert np.sum(eigenvalues > 1e-12) <= len(cells.clusters)


@pytest.mark.parametrize("count", [6, 30, 300, 3000])
@pytest.mark.parametrize("count_models", [1, 3])
def test_a_style_that_decides_every_game_raises(make_battles: Make, count: int, count_models: int) -> None:
    """Longer always wins: each step goes further out, and where a solver stops is no estimate, small as its gain is."""
    length = np.random.default_rng(count).normal(size=count)
    games = [
        (f"q{number}", MODELS[number % count_models], "A>B" if length[number] > 0 else "B>>A")
        for number in range(count)
    ]
    battles = make_battles(games).with_columns(length=pl.Series(length))
    with pytest.raises(NotConvergedError, match="a style may decide every game"):
        fit_battles(battles, MODELS[:count_models], "base", styles=("length",))


def _one_model(make_battles: Make, count: int, **columns: NDArray[np.float64]) -> pl.DataFrame:
    outcomes = np.random.default_rng(count).choice(["A>B", "B>A"], size=count)
    battles = make_battles([(f"q{number}", "m1", str(outcome)) for number, outcome in enumerate(outcomes)])
    return battles.with_columns(**{name: pl.Series(values) for name, values in columns.items()})


@pytest.mark.parametrize("count", [6, 30, 300, 3000])
def test_styles_that_repeat_each_other_raise(make_battles: Make, count: int) -> None:
    """Equal columns, a multiple, a sum: rounding makes one of many maxima look like the one, so it is found before."""
    x, y = np.random.default_rng(count + 1).normal(size=(2, count))
    for columns in ({"x": x, "y": x}, {"x": x, "y": 3 * x}, {"x": x, "y": y, "z": 0.3 * x - 0.7 * y}):
        with pytest.raises(NotConvergedError, match="one style column repeats others"):
            fit_battles(_one_model(make_battles, count, **columns), ["m1"], "base", styles=tuple(columns))


def test_a_style_that_is_the_models_own_raises(make_battles: Make) -> None:
    """A column that is constant for each model says the same as their ratings; so does one that is 0 throughout."""
    battles = make_battles([(f"q{n}", MODELS[n % 2], "A>B" if n % 3 else "B>A") for n in range(24)])
    for per_model in ([0.4, -1.1], [0.4, 0.4], [0.0, 0.0]):
        styled = battles.with_columns(x=pl.Series(per_model * 12))
        with pytest.raises(NotConvergedError, match="or is the same in all games of a model"):
            fit_battles(styled, MODELS[:2], "base", styles=("x",))


def test_a_style_that_one_cluster_alone_shows_raises(make_battles: Make) -> None:
    """Without that question or topic there is no coefficient, so that nobody can say how much it would move."""
    games = [
        (f"{'abc'[n % 3]}{n}", model, verdict)
        for n in range(12)
        for model in ("m1", "m2")
        for verdict in ("A>B", "B>A")
    ]
    battles = make_battles(games)
    in_one_question = battles.with_columns(x=pl.when(pl.col("question_id") == "a3").then(0.5).otherwise(0.0))
    number = pl.col("question_id").str.slice(1).cast(pl.Int64)
    in_one_topic = battles.with_columns(x=pl.when(topic_id="b").then(number / 12).otherwise(0.0))
    alone = "stands on one question or topic alone"
    with pytest.raises(NotConvergedError, match=alone):
        fit_battles(in_one_question, ["m1", "m2"], "base", styles=("x",))
    with pytest.raises(NotConvergedError, match=alone):
        fit_battles(in_one_topic, ["m1", "m2"], "base", styles=("x",), cluster="topic")
    assert fit_battles(in_one_topic, ["m1", "m2"], "base", styles=("x",)).style.height == 1


def test_a_single_game_with_a_style_alone_raises(make_battles: Make) -> None:
    """The same where the question holds one game and one model."""
    styled = _one_model(make_battles, 30, x=np.eye(30)[4])
    with pytest.raises(NotConvergedError):
        fit_battles(styled, ["m1"], "base", styles=("x",))
    tied = styled.with_columns(verdict=pl.when(pl.col("x") > 0).then(pl.lit("A=B")).otherwise("verdict"))
    with pytest.raises(NotConvergedError, match="stands on one question or topic alone"):
        fit_battles(tied, ["m1"], "base", styles=("x",))
