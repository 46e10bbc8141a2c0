"""Ratios of what judges did, with intervals clustered by question: the plain jackknife, for columns that are no models.

A board's win rates get an imaginary question (`intervals`), because a model may win or lose everything. A judge reads
many games on each question, so here it would only widen: in simulation, with ten games on each of 50 questions, a
nominal 95 % covered 98 % with it and 95 % without. Where nothing varies there is no interval instead.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from benchbuilder.rating.battles import Matrix, Vector
from benchbuilder.rating.intervals import jackknife_variance, t_quantile

_LEAST_ERROR = 1e-12  # below it is rounding


class QuestionSums(NamedTuple):
    """Numerators and denominators of ratios, both of shape (questions, names); 0 where there is nothing."""

    won: Matrix
    weight: Matrix


class Ratios(NamedTuple):
    """Σ won / Σ weight of each name, with the ends of its interval; NaN where they are not known."""

    ratio: Vector
    lower: Vector
    upper: Vector


def question_sums(cells: pl.DataFrame, names: Sequence[str], numerator: str = "won") -> QuestionSums:
    """One row per question and one column per name.

    Args:
        cells: columns question_id, name, numerator and weight (over 0). Rows of one question and name are added up in
            the order of the frame.
        names: the columns wanted.
        numerator: which column is summed into `won`.
    """
    questions = cells["question_id"].unique().sort()
    row = cells["question_id"].cast(pl.Enum(questions)).to_physical().to_numpy()
    column = cells["name"].cast(pl.Enum(names)).to_physical().to_numpy()
    won, weight = np.zeros((2, len(questions), len(names)))
    np.add.at(won, (row, column), cells[numerator].to_numpy())
    np.add.at(weight, (row, column), cells["weight"].to_numpy())
    return QuestionSums(won, weight)


def ratio_intervals(sums: QuestionSums, *, confidence: float, least: float = 0.0, most: float = 1.0) -> Ratios:
    """The ratios and how much they move when one question is left out (Miller, Biometrika 61, 1974).

    With p = Σ won / Σ weight: u_q = p - p without q = (won_q - p·weight_q) / (Σ weight - weight_q),
    v = (Q-1)/Q · Σ u_q², interval = p ± t(Q-1)·√v, cut at `least` and `most`. Not known where there are under two
    questions, or where leaving one out moves nothing: questions that are all alike say nothing about their spread.

    Args:
        sums: see `QuestionSums`.
        confidence: e.g. 0.95.
        least: the smallest value that the ratio can have.
        most: the largest.
    """
    total, count = sums.weight.sum(axis=0), np.count_nonzero(sums.weight, axis=0)
    ratio = np.divide(sums.won.sum(axis=0), total, where=count > 0, out=np.full_like(total, np.nan))
    rest = total - sums.weight
    is_played = (sums.weight > 0) & (rest > 0)
    shift = np.divide(sums.won - ratio * sums.weight, rest, where=is_played, out=np.zeros_like(rest))
    error = np.sqrt(jackknife_variance((shift**2).sum(axis=0), count))
    half = np.where(error > _LEAST_ERROR, t_quantile(count, confidence) * error, np.nan)
    return Ratios(ratio, np.maximum(ratio - half, least), np.minimum(ratio + half, most))
