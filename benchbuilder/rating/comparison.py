"""Two models against each other: the paired difference, and how many questions a difference of a given size needs."""

import math
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import polars as pl

from benchbuilder.errors import NotConvergedError
from benchbuilder.rating.fit import fit_battles
from benchbuilder.rating.groups import MIN_QUESTIONS
from benchbuilder.rating.options import RatingSettings
from benchbuilder.rating.pairs import compare_pairs, with_baseline
from benchbuilder.rating.style import varying_columns

POWER = 0.8


class Comparison(NamedTuple):
    """The difference of two win rates, over all questions or those of one group.

    Attributes:
        group: None for all questions.
        win_rate_x: of the first model against the baseline.
        win_rate_y: of the second.
        difference: x minus y.
        lower: of the difference's interval, paired by question; None under 8 questions of a group.
        upper: see lower.
        p_value: two-sided, of this one difference; None where there is no interval.
        count_questions: of the one that played fewer (topics, where these are the clusters).
        count_questions_needed: to find a difference of `detect` in 80 % of benchmarks like this one.
        detectable: the difference that this many questions find in 80 %.
    """

    group: str | None
    win_rate_x: float
    win_rate_y: float
    difference: float
    lower: float | None
    upper: float | None
    p_value: float | None
    count_questions: int
    count_questions_needed: int | None
    detectable: float | None


def compare_models(
    battles: pl.DataFrame,
    x: str,
    y: str,
    baseline: str,
    settings: RatingSettings | None = None,
    *,
    detect: float = 0.05,
    group: str | None = None,
) -> list[Comparison]:
    """All questions first, then the groups in order; a group in which the two cannot be compared is left out.

    The number of questions needed is (z + z(0.8))² · σ² / detect², with z the two-sided normal quantile of the
    confidence and σ² = Q · se² the spread of one question's difference.

    Args:
        battles: see `battles.BATTLE_COLUMNS`; all of the board, because other models place the two where they did not
            meet the baseline themselves.
        x: a model, or the baseline.
        y: another.
        baseline: of the win rates.
        settings: default `RatingSettings()`; styles need their columns in battles.
        detect: a difference of win rates, over 0.
        group: a column of battles, such as topic_id.

    Raises:
        ValueError: x and y are the same, one of them played nothing or no chain of wins links it to the baseline, or
            detect is not over 0.
        NotConvergedError: a style decides every game. In a group the two are not compared then.
    """
    settings = settings or RatingSettings()
    players = {*battles["model"].unique(), *battles["baseline"].unique()}
    if x == y or not {x, y} <= players:
        raise ValueError(f"two different models that played are needed, not {x[:80]!r} and {y[:80]!r}")
    if not detect > 0:  # nan too
        raise ValueError(f"detect must be over 0, not {detect}")
    overall = _compare(None, battles, x, y, baseline, settings, detect)
    if math.isnan(overall.difference):
        raise ValueError(f"no chain of wins links both {x[:80]!r} and {y[:80]!r} to the baseline")
    compared = [overall]
    if group is not None:
        for (name,), part in battles.drop_nulls(group).sort(group).group_by(group, maintain_order=True):
            if {x, y} <= {*part["model"].unique(), *part["baseline"].unique()}:
                with suppress(NotConvergedError):
                    compared.append(_compare(str(name), part, x, y, baseline, settings, detect))
    return [comparison for comparison in compared if not math.isnan(comparison.difference)]


def _compare(
    group: str | None, battles: pl.DataFrame, x: str, y: str, baseline: str, settings: RatingSettings, detect: float
) -> Comparison:
    models = sorted({*battles["model"].unique(), *battles["baseline"].unique()} - {baseline})
    fit = fit_battles(
        battles,
        models,
        baseline,
        strong_weight=settings.strong_weight,
        cluster=settings.cluster,
        styles=varying_columns(battles, settings.styles),
    )
    names, printed = (*models, baseline), np.append(fit.win_rate, 0.5)
    places = np.array([names.index(x), names.index(y)])
    effects = with_baseline(fit.effects).of_models(places)
    pairs = compare_pairs((x, y), printed[places], effects, confidence=settings.confidence)
    count = int(effects.count_clusters.min())
    is_known = group is None or count >= MIN_QUESTIONS
    spread = _spread_of_one_question(pairs.standard_error[0, 1], count) if is_known else None
    return Comparison(
        group=group,
        win_rate_x=float(printed[places[0]]),
        win_rate_y=float(printed[places[1]]),
        difference=float(pairs.difference[0, 1]),
        lower=float(pairs.lower[0, 1]) if is_known else None,
        upper=float(pairs.upper[0, 1]) if is_known else None,
        p_value=float(pairs.p_value[0, 1]) if is_known else None,
        count_questions=count,
        count_questions_needed=None if spread is None else math.ceil((spread * _reach(settings) / detect) ** 2),
        detectable=None if spread is None else spread * _reach(settings) / math.sqrt(count),
    )


def _spread_of_one_question(standard_error: float, count: int) -> float | None:
    return standard_error * math.sqrt(count) if count > 1 else None


def _reach(settings: RatingSettings) -> float:
    """How many standard errors a difference must be wide to be found with the wanted power."""
    from scipy.special import ndtri

    return float(ndtri((1 + settings.confidence) / 2) + ndtri(POWER))
