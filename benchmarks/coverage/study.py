"""Coverage: how many of 2,000 repetitions give an interval that holds a model's true win rate."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np

from benchbuilder.rating.battles import Vector
from benchbuilder.rating.bradley_terry import win_rates
from benchbuilder.rating.intervals import Bounds, leave_one_out, question_intervals
from benchbuilder.rating.methods import bootstrap_rounds, percentile_bounds, rows_rounds
from benchmarks.coverage.games import Played, Scenario, play, strengths_for

COUNT_REPETITIONS = 2000
CONFIDENCE = 0.95
PERCENTILES = (2.5, 97.5)
COUNTS_QUESTIONS = (50, 250, 500)
TRUE_RATES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


class Shares(NamedTuple):
    """Coverage by one method: of each model, shape (models,), and the standard error of their mean."""

    of_models: Vector
    error: float

    @property
    def mean(self) -> float:
        """Over the models."""
        return float(self.of_models.mean())


class Cell(NamedTuple):
    """One scenario at one number of questions; `shares` per method."""

    name: str
    count_questions: int
    rates: Sequence[float]
    shares: dict[str, Shares]


def by_questions(played: Played, _: int = 0) -> Bounds:
    """The default of BenchBuilder: leave one question out."""
    return question_intervals(leave_one_out(played.sums), win_rates(played.sums), confidence=CONFIDENCE)


def by_rows(played: Played, seed: int) -> Bounds:
    """What arena-hard-auto prints: copied rows, 100 rounds."""
    return percentile_bounds(rows_rounds(played.rows, seed=seed), PERCENTILES, win_rates(played.sums))


def by_percentile(played: Played, seed: int) -> Bounds:
    """Questions drawn with replacement, 1,000 rounds."""
    return percentile_bounds(bootstrap_rounds(played.sums, seed=seed), PERCENTILES, win_rates(played.sums))


METHODS: dict[str, Callable[[Played, int], Bounds]] = {
    "questions": by_questions,
    "rows": by_rows,
    "percentile": by_percentile,
}


def seed_of(seed: int, name: str, count_questions: int) -> int:
    """Chance of its own for each part of the study, so that one unlucky draw does not show up in all of them."""
    return crc32(f"{seed} {name} {count_questions}".encode())


def cover(scenario: Scenario, count_questions: int, seed: int, rates: Sequence[float] = TRUE_RATES) -> Cell:
    """Play all repetitions of each model as the columns of one block, and count whose interval holds the truth."""
    strengths = strengths_for(scenario, rates)
    seed = seed_of(seed, scenario.name, count_questions)

    def played(model: int) -> Played:
        random = np.random.default_rng([seed, model])
        effects = random.standard_normal((count_questions, COUNT_REPETITIONS))
        return play(scenario, np.full(COUNT_REPETITIONS, strengths[model]), effects, random)

    return Cell(scenario.name, count_questions, rates, shares_inside(played, rates, seed))


def shares_inside(played: Callable[[int], Played], rates: Sequence[float], seed: int) -> dict[str, Shares]:
    """`played` gives the repetitions of one model as columns, of `rates` its true win rate."""
    inside: dict[str, list[float]] = {method: [] for method in METHODS}
    for model, rate in enumerate(rates):
        repetitions = played(model)
        for method, bounds_of in METHODS.items():
            inside[method].append(share_inside(bounds_of(repetitions, seed + model), rate))
    return {method: of_independent(shares) for method, shares in inside.items()}


def share_inside(bounds: Bounds, truth: float) -> float:
    """Of the columns, those whose interval holds `truth`."""
    return float(((bounds.lower <= truth) & (truth <= bounds.upper)).mean())


def of_independent(shares: Sequence[float]) -> Shares:
    """Of models that share no game and no question's effect: their binomial variances add up."""
    of_models = np.array(shares)
    variance = (of_models * (1 - of_models)).sum() / COUNT_REPETITIONS
    return Shares(of_models, float(np.sqrt(variance)) / len(of_models))
