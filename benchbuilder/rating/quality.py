"""How good a benchmark is (arXiv 2406.11939, section 3): does it separate models, and does it agree with people?

Two boards are joined first (`rating.joining`), and each metric is a function of the joined frame. Nothing here depends
on the scale of the scores (share, percent, Elo), on the order of the rows or on that of the two models of a pair.

"Separated" means here what it means in the paper: two intervals do not overlap. That is not the corrected test of the
difference that `rating.pairs` makes and that boards and pages print.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchbuilder.rating.battles import Vector, check_columns
from benchbuilder.rating.joining import BOARD_COLUMNS, finite_board, join_boards

_Flags = NDArray[np.bool_]


class Quality(NamedTuple):
    """What is known of a benchmark; None where it is not defined: too few models, no intervals, no people.

    Attributes:
        separability: see the function of that name.
        agreement_paper: see the function of that name.
        agreement_blog: see the function of that name.
        agreement_notebook: see the function of that name.
        spearman: rank correlation of the two boards' scores.
        kendall: tau-b of the two boards' scores.
        brier: see `pair_rank_brier`; the only one of which less is better.
        count_models: models with a score on both boards; on the board, where there are no people.
        count_pairs: all pairs of them.
    """

    separability: float | None
    agreement_paper: float | None
    agreement_blog: float | None
    agreement_notebook: float | None
    spearman: float | None
    kendall: float | None
    brier: float | None
    count_models: int
    count_pairs: int


def measure_quality(
    board: pl.DataFrame, people: pl.DataFrame | None, names: Mapping[str, str] | None = None
) -> Quality:
    """Every metric of a board, over the models that people have rated too.

    Args:
        board: columns `BOARD_COLUMNS`; a row without a score does not take part.
        people: the human board, of which model, score, lower and upper are read; None measures what needs no people.
        names: from the names of one board to those of the other, in either direction, see `joining.join_boards`.

    Raises:
        ValueError: a column is missing, or names join ambiguously.
    """
    check_columns(board, BOARD_COLUMNS)
    joined = finite_board(board, BOARD_COLUMNS) if people is None else join_boards(board, people, names)

    def against_people(metric: Callable[[pl.DataFrame], float | None]) -> float | None:
        return None if people is None else metric(joined)

    return Quality(
        separability=separability(joined),
        agreement_paper=against_people(agreement_paper),
        agreement_blog=against_people(agreement_blog),
        agreement_notebook=against_people(agreement_notebook),
        spearman=against_people(spearman),
        kendall=against_people(kendall),
        brier=against_people(pair_rank_brier),
        count_models=joined.height,
        count_pairs=joined.height * (joined.height - 1) // 2,
    )


def separability(board: pl.DataFrame) -> float | None:
    """Separability with confidence: the share of all pairs of models whose intervals do not overlap.

    Published in arXiv 2406.11939, section 3. Its notebook sorts the intervals by their lower end and counts an overlap
    where the later one begins under the upper end of the earlier one, so a point inside another interval (the
    baseline, which has no width) overlaps. Where both begin at the same place they overlap here, so that the result
    does not depend on the order of the rows.

    Args:
        board: model, lower, upper; from 0 to 1, None for fewer than two models or a model without interval.
    """
    if _is_undefined(board, "lower", "upper"):
        return None
    lower, upper = _vector(board, "lower"), _vector(board, "upper")
    one, other = _pairs(len(lower))
    is_first = lower[one] < lower[other]
    end_of_first = np.where(is_first, upper[one], upper[other])
    is_overlap = (lower[one] == lower[other]) | (np.maximum(lower[one], lower[other]) < end_of_first)
    return float(np.mean(~is_overlap))


def agreement_paper(joined: pl.DataFrame) -> float | None:
    """Agreement with confidence as the paper defines it: over all pairs, from -1 to 1.

    A pair counts +1 where both boards separate it in the same order, -1 where both separate it in opposite orders, and
    0 where either does not; the mean is over all pairs. Published in arXiv 2406.11939, section 3. It can therefore not
    exceed the share of pairs that people separate.

    Args:
        joined: of `join_boards`; None for fewer than two models or a model without interval.
    """
    if (orders := _orders(joined)) is None:
        return None
    return float(np.mean(orders.agreement * orders.is_separated * orders.is_separated_by_people))


def agreement_blog(joined: pl.DataFrame) -> float | None:
    """Agreement with confidence as the announcement defines it: over the pairs that people separate, from -1 to 1.

    Such a pair counts +1 where the board separates it in the same order, -1 where it separates it in the opposite one,
    and 0 where it does not. Published in "From Live Data to High-Quality Benchmarks: The Arena-Hard Pipeline" (LMSYS,
    19 April 2024), section "Key Objectives of LLM benchmarks".

    Args:
        joined: of `join_boards`; None as in `agreement_paper`, and where people separate no pair.
    """
    orders = _orders(joined)
    if orders is None or not orders.is_separated_by_people.any():
        return None
    return float(np.mean((orders.agreement * orders.is_separated)[orders.is_separated_by_people]))


def agreement_notebook(joined: pl.DataFrame) -> float | None:
    """Agreement with confidence as it was computed: over the pairs that people separate, from 0 to 1.

    Such a pair counts ½ where the board's intervals overlap, 1 where they do not and the order is the same, and 0
    otherwise. Published in the notebook that was released with arena-hard-auto. The notebook takes the order from the
    intervals (by lower, then upper end), we take it from the scores; of the published files that changes one pair, of
    the board from 20,000 votes (159 there, 158 here).

    Args:
        joined: of `join_boards`; None as in `agreement_blog`.
    """
    orders = _orders(joined)
    if orders is None or not orders.is_separated_by_people.any():
        return None
    points = np.where(orders.is_separated, orders.agreement > 0, 0.5)
    return float(np.mean(points[orders.is_separated_by_people]))


def pair_rank_brier(joined: pl.DataFrame) -> float | None:
    """Pair Rank Brier Score: how far the board's probability that one model beats the other is from people's order.

    The mean over all pairs of (P - o)², with P = Φ((m_a - m_b) / √(v_a + v_b)) of the means and variances of the
    bootstrap rounds, and o = 1 where people rate a higher, 0 where lower, ½ where equal. Two models without variance
    have P = 1, 0 or ½. From 0 to 1; 0 is perfect, ¼ is what always saying ½ gets. Published in arXiv 2406.11939,
    section 3 and appendix A.1.

    Args:
        joined: of `join_boards`; None for fewer than two models or a model without variance.
    """
    if _is_undefined(joined, "mean", "variance", "score_people"):
        return None
    from scipy.special import ndtr

    difference = _differences(_vector(joined, "mean"))
    one, other = _pairs(joined.height)
    variance = _vector(joined, "variance")
    spread = np.sqrt(variance[one] + variance[other])
    is_spread = spread > 0
    certain = (1 + np.sign(difference)) / 2
    probability = np.where(is_spread, ndtr(difference / np.where(is_spread, spread, 1.0)), certain)
    outcome = (1 + np.sign(_differences(_vector(joined, "score_people")))) / 2
    return float(np.mean((probability - outcome) ** 2))


def spearman(joined: pl.DataFrame) -> float | None:
    """Spearman's rank correlation of the scores; None for fewer than two models or scores that are all equal.

    Args:
        joined: of `join_boards`.
    """
    from scipy.stats import rankdata

    if _is_undefined(joined, "score", "score_people") or _is_constant(joined):
        return None
    ranks = rankdata([_vector(joined, "score"), _vector(joined, "score_people")], axis=1)
    return float(np.corrcoef(ranks)[0, 1])


def kendall(joined: pl.DataFrame) -> float | None:
    """Kendall's tau-b of the scores; None for fewer than two models or scores that are all equal.

    Args:
        joined: of `join_boards`.
    """
    from scipy.stats import kendalltau

    if _is_undefined(joined, "score", "score_people") or _is_constant(joined):
        return None
    result: Any = kendalltau(_vector(joined, "score"), _vector(joined, "score_people"))  # its stub knows no fields
    return float(result.statistic)


class _Orders(NamedTuple):
    """Of every pair: +1 same order on both boards, -1 opposite, 0 a tie; and who separates it. Shape (pairs,)."""

    agreement: Vector
    is_separated: _Flags
    is_separated_by_people: _Flags


def _orders(joined: pl.DataFrame) -> _Orders | None:
    if _is_undefined(joined, "score", "lower", "upper", "score_people", "lower_people", "upper_people"):
        return None
    order, order_of_people = (np.sign(_differences(_vector(joined, name))) for name in ("score", "score_people"))
    return _Orders(order * order_of_people, _is_apart(joined, ""), _is_apart(joined, "_people"))


def _is_apart(joined: pl.DataFrame, side: str) -> _Flags:
    """The notebook's other rule, max(lower) ≥ min(upper): a point inside another interval is apart from it."""
    lower, upper = _vector(joined, f"lower{side}"), _vector(joined, f"upper{side}")
    one, other = _pairs(len(lower))
    return np.maximum(lower[one], lower[other]) >= np.minimum(upper[one], upper[other])


def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(count, k=1)


def _differences(values: Vector) -> Vector:
    one, other = _pairs(len(values))
    return values[one] - values[other]


def _vector(frame: pl.DataFrame, column: str) -> Vector:
    return frame[column].to_numpy()


def _is_undefined(frame: pl.DataFrame, *columns: str) -> bool:
    return frame.height < 2 or any(frame[name].null_count() for name in columns)  # noqa: PLR2004 - a pair has two


def _is_constant(joined: pl.DataFrame) -> bool:
    return min(joined["score"].n_unique(), joined["score_people"].n_unique()) == 1
