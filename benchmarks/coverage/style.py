"""Coverage where style sways the judge: is the win rate at equal style inside, and are the styles' coefficients?

The win rate of one game is expit(rating + style · coefficients) exactly, as the fit assumes, so there is a truth to
hold. Games of one question depend on each other without changing it: each is a step of a uniform number, and the
numbers of a question are correlated normals behind (a Gaussian copula).
"""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchbuilder.rating.battles import Matrix
from benchbuilder.rating.fit import fit_battles
from benchbuilder.rating.intervals import question_intervals
from benchmarks.coverage.games import STRONG_WEIGHT
from benchmarks.coverage.study import CONFIDENCE, COUNT_REPETITIONS, TRUE_RATES, Cell, Shares

COEFFICIENTS = {"length": 0.8, "bold": -0.4}
MODELS = tuple(f"model {rate:.0%}" for rate in TRUE_RATES)
SHARE_STRONG = 0.3
TIES = 0.5  # an even game is a tie in an eighth
DEPENDENCE = 0.4  # correlation of the normals behind the games of one question and model; half of it across models
_STEPS = np.array(["B>>A", "B>A", "A=B", "A>B", "A>>B"])
_AT_ONCE = 100


class _Inside(NamedTuple):
    """Of one repetition: which true win rates and which coefficients lie inside their intervals."""

    rates: NDArray[np.bool_]
    coefficients: NDArray[np.bool_]


def cover_style(count_questions: int, seed: int) -> tuple[Cell, Cell]:
    """Coverage of the models' win rates at equal style, and of the coefficients."""
    blocks = range(COUNT_REPETITIONS // _AT_ONCE)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        inside = [one for block in pool.map(partial(_block, count_questions, seed), blocks) for one in block]
    rates = _shares([one.rates for one in inside])
    coefficients = _shares([one.coefficients for one in inside])
    return (
        Cell("style", count_questions, TRUE_RATES, {"questions": rates}),
        Cell("coefficients of style", count_questions, tuple(COEFFICIENTS.values()), {"questions": coefficients}),
    )


def _shares(inside: Iterable[NDArray[np.bool_]]) -> Shares:
    """The models of a repetition share its questions, so the error is that of the repetitions' means."""
    counted = np.array(list(inside), dtype=float)
    return Shares(counted.mean(axis=0), float(counted.mean(axis=1).std() / np.sqrt(len(counted))))


def _block(count_questions: int, seed: int, block: int) -> list[_Inside]:
    random = np.random.default_rng([seed, count_questions, block])
    return [_once(_battles(count_questions, random)) for _ in range(_AT_ONCE)]


def _once(battles: pl.DataFrame) -> _Inside:
    fit = fit_battles(battles, MODELS, "base", styles=tuple(COEFFICIENTS), confidence=CONFIDENCE)
    lower, upper = question_intervals(fit.effects, fit.win_rate, confidence=CONFIDENCE)
    rates = np.array(TRUE_RATES)
    low, high = fit.style["lower"].to_numpy(), fit.style["upper"].to_numpy()
    coefficients = np.array(list(COEFFICIENTS.values()))
    return _Inside((lower <= rates) & (rates <= upper), (low <= coefficients) & (coefficients <= high))


def _battles(count_questions: int, random: np.random.Generator) -> pl.DataFrame:
    """Two games on each question; the stronger a model, the longer its answers, and how much differs by question."""
    from scipy.special import expit, logit

    shape = (count_questions, len(MODELS))
    length = np.linspace(-0.6, 0.6, len(MODELS)) + 0.8 * random.standard_normal(shape)
    bold = random.standard_normal(shape)
    win_rate = expit(logit(TRUE_RATES) + COEFFICIENTS["length"] * length + COEFFICIENTS["bold"] * bold)
    verdicts = _verdicts(win_rate, random)
    question, model, _ = np.indices(verdicts.shape)
    columns = {
        "question_id": pl.Series(question.ravel()).cast(pl.String),
        "model": np.array(MODELS)[model.ravel()],
        "verdict": verdicts.ravel(),
        "length": length.repeat(2),
        "bold": bold.repeat(2),
    }
    return pl.DataFrame(columns).with_columns(
        topic_id=pl.lit(None, pl.String),
        baseline=pl.lit("base"),
        judge=pl.lit("judge"),
        baseline_first=pl.lit(value=True),
    )


def _verdicts(win_rate: Matrix, random: np.random.Generator) -> NDArray[np.str_]:
    """Two per cell, shape (questions, models, 2), with E[w·s] / E[w] = win_rate.

    A tie comes with probability t = `TIES`·p(1-p) and weighs 1, a decision weighs k on average, so the chance to win
    outright is p(1-t) + t(p-½)/k.
    """
    from scipy.special import ndtr

    p = win_rate[..., None]
    weight = 1 + SHARE_STRONG * (STRONG_WEIGHT - 1)
    tie = TIES * p * (1 - p)
    win = p * (1 - tie) + tie * (p - 0.5) / weight
    question = random.standard_normal((len(p), 1, 1)) + random.standard_normal(p.shape)
    normal = np.sqrt(DEPENDENCE / 2) * question + np.sqrt(1 - DEPENDENCE) * random.standard_normal((*win_rate.shape, 2))
    place = ndtr(normal)
    step = np.where(place < win, 1, np.where(place < win + tie, 0, -1))
    return _STEPS[2 + step * (1 + (random.random(step.shape) < SHARE_STRONG))]
