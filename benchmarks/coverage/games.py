"""Games as a judge might judge them: a question's effect, five steps, two orders. What is true is known.

A verdict is where a latent advantage falls among four cut points (the proportional-odds model of McCullagh, Journal of
the Royal Statistical Society B 42, 1980): strength + effect of the question + order + logistic noise. Both games on a
question share its effect, so they are not independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchbuilder.rating.battles import Matrix, Sums, Vector

STRONG_WEIGHT = 3.0
_GRID = np.linspace(-9, 9, 1801)  # of the effect; the trapezoid rule is exact to rounding for so smooth an integrand
_DENSITY = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


@dataclass(frozen=True, slots=True)
class Scenario:
    """How verdicts arise; all but the counts in log-odds.

    Attributes:
        name: for tables.
        effect: standard deviation of what a question adds to a model's advantage.
        tie_within: a latent advantage no further from 0 is a tie.
        strong_beyond: one further from 0 is a strong verdict.
        position: what being shown first adds.
        count_games: 2 = both orders, 1 = only the one that shows the baseline first.
        unreadable: level and slope; with a question effect of z standard deviations, a game is unreadable with
            probability expit(level + slope·z). None: all can be read.
    """

    name: str
    effect: float = 1.0
    tie_within: float = 0.15
    strong_beyond: float = 2.0
    position: float = 0.0
    count_games: int = 2
    unreadable: tuple[float, float] | None = None

    @property
    def shifts(self) -> tuple[float, ...]:
        """What the order adds to the model's advantage in each game of a question."""
        return (-self.position, self.position)[: self.count_games]


# The base is like the verdicts of a real judge: 31 % of an even model's verdicts are strong and 6 % are ties (there 27
# and 4 %), and resampled rows show 2.2 to 2.7 times too little variance (there 1.8 to 3.9, 2.4 on average).
BASE = Scenario("base")
SCENARIOS = (
    BASE,
    Scenario("weak question effect", effect=0.3),
    Scenario("strong question effect", effect=2.0),
    Scenario("one game", count_games=1),
    Scenario("many ties", tie_within=0.9),
    Scenario("many strong verdicts", strong_beyond=1.2),
    Scenario("position bias", position=1.0),
    Scenario("unreadable by question", unreadable=(-2.0, 1.5)),
)


class Played(NamedTuple):
    """What was judged.

    Attributes:
        sums: S and W, a column per model.
        rows: copied rows that each model won, tied and lost, a strong one being three; shape (models, 3).
    """

    sums: Sums
    rows: Matrix


def play(scenario: Scenario, strengths: Vector, effects: Matrix, random: np.random.Generator) -> Played:
    """Judge all games once.

    Args:
        scenario: how.
        strengths: log-odds of each model, shape (models,).
        effects: of each question on each model, in standard deviations, shape (questions, models).
        random: where chance comes from.
    """
    won, weight, tied = (np.zeros(effects.shape) for _ in range(3))
    for shift in scenario.shifts:
        latent = random.logistic(size=effects.shape)
        latent += strengths + shift + scenario.effect * effects
        distance = np.abs(latent)
        played = np.where(distance > scenario.strong_beyond, STRONG_WEIGHT, 1.0)
        if scenario.unreadable is not None:
            played *= random.random(effects.shape) >= _share_unreadable(scenario.unreadable, effects)
        is_tie = distance <= scenario.tie_within
        weight += played
        tied += played * is_tie
        won += played * np.where(is_tie, 0.5, latent > 0)
    return _as_played(won, weight, tied.sum(axis=0))


def _as_played(won: Matrix, weight: Matrix, tied: Vector) -> Played:
    """`tied` are the rows of each model that are ties."""
    rows_won = won.sum(axis=0) - tied / 2
    rows_lost = weight.sum(axis=0) - rows_won - tied
    count_questions, count_models = won.shape
    names = tuple(map(str, range(count_models)))
    clusters = tuple(map(str, range(count_questions)))
    return Played(Sums(names, clusters, won, weight), np.column_stack([rows_won, tied, rows_lost]))


def true_rate(scenario: Scenario, strength: float) -> float:
    """E[Σ S] / E[Σ W] over the readable games, integrated over the question's effect."""
    from scipy.special import expit

    won = weight = 0.0
    for shift in scenario.shifts:
        advantage = strength + shift + scenario.effect * _GRID
        win, loss = expit(advantage - scenario.tie_within), expit(-advantage - scenario.tie_within)
        big_win, big_loss = expit(advantage - scenario.strong_beyond), expit(-advantage - scenario.strong_beyond)
        extra, density = STRONG_WEIGHT - 1, _DENSITY
        if scenario.unreadable is not None:
            density = _DENSITY * (1 - _share_unreadable(scenario.unreadable, _GRID))
        won += density @ (win + extra * big_win + (1 - win - loss) / 2)
        weight += density @ (1 + extra * (big_win + big_loss))
    return won / weight


def strengths_for(scenario: Scenario, win_rates: Sequence[float]) -> Vector:
    """The strengths that give these true win rates, to 1e-12."""
    from scipy.optimize import brentq

    return np.array([brentq(lambda at, rate=rate: true_rate(scenario, at) - rate, -40, 40) for rate in win_rates])


def _share_unreadable(unreadable: tuple[float, float], effects: Matrix) -> Matrix:
    from scipy.special import expit

    level, slope = unreadable
    return expit(level + slope * effects)
