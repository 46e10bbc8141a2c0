"""Whole boards of 20 models: is anybody separated who is equal, and do the rank ranges hold the true ranks?"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from benchbuilder.rating.battles import Matrix, Vector
from benchbuilder.rating.bradley_terry import win_rates
from benchbuilder.rating.intervals import Bounds, leave_one_out
from benchbuilder.rating.pairs import Flags, compare_pairs, rank_ranges
from benchmarks.coverage.games import BASE, Played, play, strengths_for
from benchmarks.coverage.study import CONFIDENCE, COUNT_REPETITIONS, by_percentile, by_rows, seed_of

COUNT_MODELS = 20
COUNTS_QUESTIONS = (100, 250, 500)
BOARDS_AT_ONCE = 100
SHARE_COMMON = 0.5  # of the variance of a question's effect, what moves all models alike
LADDERS = {  # a model's place is its true rank
    "95 to 5 %": tuple(np.linspace(0.95, 0.05, COUNT_MODELS)),
    "55 to 45 %": tuple(np.linspace(0.55, 0.45, COUNT_MODELS)),
}
EQUALS = {f"{rate:.0%}": (rate,) * COUNT_MODELS for rate in (0.5, 0.1)}


class BoardCell(NamedTuple):
    """One kind of board at one number of questions: per method, a share of the 2,000 boards."""

    name: str
    count_questions: int
    share: dict[str, float]


def separate_equals(which: str, count_questions: int, seed: int) -> BoardCell:
    """The share of boards on which any two of 20 equal models are called different; `which` of `EQUALS`."""
    name = f"20 equal models, {which}"
    share = _share(np.any, EQUALS[which], count_questions, seed_of(seed, name, count_questions))
    return BoardCell(name, count_questions, share)


def rank_ladder(which: str, count_questions: int, seed: int) -> BoardCell:
    """The share of boards on which all true ranks of 20 unequal models lie in their ranges; `which` of `LADDERS`."""
    name = f"20 unequal models, {which}"
    share = _share(_holds_ranks, LADDERS[which], count_questions, seed_of(seed, name, count_questions))
    return BoardCell(name, count_questions, share)


def _holds_ranks(is_above: Flags) -> bool:
    ranks = np.arange(1, len(is_above) + 1)
    low, high = rank_ranges(is_above)
    return bool(((low <= ranks) & (ranks <= high)).all())


def _share(
    is_so: Callable[[Flags], bool | np.bool_], rates: tuple[float, ...], count_questions: int, seed: int
) -> dict[str, float]:
    """Of the boards, those whose separations `is_so`, per method."""
    counts = dict.fromkeys(SEPARATIONS, 0)
    for number, played in enumerate(_boards(rates, count_questions, seed)):
        for method, separations in SEPARATIONS.items():
            counts[method] += sum(bool(is_so(is_above)) for is_above in separations(played, seed + number))
    return {method: count / COUNT_REPETITIONS for method, count in counts.items()}


def _boards(rates: tuple[float, ...], count_questions: int, seed: int) -> Iterator[Played]:
    """Blocks of boards side by side, model after model; a board's models share a part of each question's effect."""
    random = np.random.default_rng(seed)
    strengths = np.tile(strengths_for(BASE, rates), BOARDS_AT_ONCE)
    for _ in range(COUNT_REPETITIONS // BOARDS_AT_ONCE):
        common = random.standard_normal((count_questions, BOARDS_AT_ONCE)).repeat(COUNT_MODELS, axis=1)
        own = random.standard_normal(common.shape)
        yield play(BASE, strengths, np.sqrt(SHARE_COMMON) * common + np.sqrt(1 - SHARE_COMMON) * own, random)


def _by_holm(played: Played, _: int) -> Iterator[Flags]:
    """Ours: all pairs of a board, paired by question."""
    effects, printed = leave_one_out(played.sums), win_rates(played.sums)
    for board in np.arange(len(printed)).reshape(-1, COUNT_MODELS):
        names = tuple(map(str, board))
        yield compare_pairs(names, printed[board], effects.of_models(board), confidence=CONFIDENCE).is_above


def _without_overlap(bounds: Bounds) -> Flags:
    """How boards are commonly read: two models differ if their intervals do not overlap."""
    lower, upper = (_per_board(ends) for ends in bounds)
    return lower[:, :, None] > upper[:, None, :]


def _per_board(ends: Vector) -> Matrix:
    return ends.reshape(-1, COUNT_MODELS)


SEPARATIONS: dict[str, Callable[[Played, int], Iterator[Flags]]] = {
    "questions": _by_holm,
    "rows": lambda played, seed: iter(_without_overlap(by_rows(played, seed))),
    "percentile": lambda played, seed: iter(_without_overlap(by_percentile(played, seed))),
}
