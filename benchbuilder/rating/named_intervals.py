"""The intervals by name, so that a board can be compared with one that was published with another method."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import polars as pl

from benchbuilder.errors import NotConvergedError, UsageError
from benchbuilder.rating.battles import Matrix, Vector, sum_battles
from benchbuilder.rating.cells import Cells, cells_of
from benchbuilder.rating.fit import Fit, is_star, maximise_cells
from benchbuilder.rating.intervals import Bounds, question_intervals
from benchbuilder.rating.methods import bootstrap_rounds, percentile_bounds, rows_rounds, times_drawn
from benchbuilder.rating.options import RatingSettings
from benchbuilder.rating.placement import place

DEFAULT_ROUNDS = {"bootstrap": 1000, "rows": 100}


def intervals_of(
    fit: Fit, battles: pl.DataFrame, baseline: str, settings: RatingSettings, styles: Sequence[str]
) -> Bounds:
    """The interval of each model's win rate by the method of the settings.

    Args:
        fit: of these battles.
        battles: see `battles.BATTLE_COLUMNS`; a column per style.
        baseline: of the fit.
        settings: method, rounds, percentiles, seed.
        styles: columns that are held equal.

    Raises:
        UsageError: `rows` where strong verdicts do not weigh a whole number, or with style.
    """
    if settings.method == "questions":
        return question_intervals(fit.effects, fit.win_rate, confidence=settings.confidence)
    if settings.method == "glm":
        cells = cells_of(
            battles,
            fit.models,
            baseline,
            strong_weight=settings.strong_weight,
            cluster=settings.cluster,
            styles=styles,
        )
        return glm_bounds(cells, fit.win_rate, confidence=settings.confidence)
    rounds = (_bootstrap if settings.method == "bootstrap" else _rows)(fit, battles, baseline, settings, styles)
    return percentile_bounds(rounds, settings.bounds, fit.win_rate)


def _bootstrap(
    fit: Fit, battles: pl.DataFrame, baseline: str, settings: RatingSettings, styles: Sequence[str]
) -> Matrix:
    count_rounds = settings.count_rounds or DEFAULT_ROUNDS["bootstrap"]
    told = {"strong_weight": settings.strong_weight, "cluster": settings.cluster}
    if not styles and is_star(battles, baseline):
        return bootstrap_rounds(sum_battles(battles, fit.models, **told), count_rounds=count_rounds, seed=settings.seed)
    cells = cells_of(battles, fit.models, baseline, styles=styles, **told)
    times = times_drawn(len(cells.clusters), count_rounds, settings.seed)[:, cells.cluster]
    return _refitted(cells, ((cells.won * drawn, cells.weight * drawn) for drawn in times), count_rounds)


def _rows(fit: Fit, battles: pl.DataFrame, baseline: str, settings: RatingSettings, styles: Sequence[str]) -> Matrix:
    count_rounds = settings.count_rounds or DEFAULT_ROUNDS["rows"]
    if styles or settings.strong_weight != int(settings.strong_weight):
        raise UsageError("method rows copies whole rows and knows no style: set a whole strong_weight and no style")
    outcomes = _copied_rows(battles, int(settings.strong_weight))
    if is_star(battles, baseline):
        of_models = pl.DataFrame({"model": fit.models}).join(outcomes, on="model", how="left", maintain_order="left")
        rows = of_models.select("won", "tied", "lost").fill_null(0).to_numpy().astype(np.float64)
        return rows_rounds(rows, count_rounds=count_rounds, seed=settings.seed)
    cells = cells_of(battles.with_columns(question_id=pl.lit("all")), fit.models, baseline)
    return _refitted(cells, _resampled_rows(cells, outcomes, count_rounds, settings.seed), count_rounds)


def _copied_rows(battles: pl.DataFrame, copies: int) -> pl.DataFrame:
    """Per model and baseline how many rows it won, tied and lost once strong verdicts are copied."""
    verdict = pl.col("verdict")
    strength = pl.when(verdict.str.contains(">>", literal=True)).then(copies).otherwise(1)
    tied = verdict == "A=B"
    won = ~tied & verdict.str.starts_with("A")
    return battles.group_by("model", "baseline").agg(
        won=strength.filter(won).sum(), tied=tied.sum(), lost=strength.filter(~tied & ~won).sum()
    )


def _resampled_rows(
    cells: Cells, outcomes: pl.DataFrame, count_rounds: int, seed: int
) -> Iterator[tuple[Vector, Vector]]:
    """S and W of each pair in each round, all rows of the file drawn together."""
    position = {name: place for place, name in enumerate(cells.models)}
    of_pair = {(int(i), int(j)): place for place, (i, j) in enumerate(zip(cells.first, cells.second, strict=True))}
    rows = np.zeros((len(cells.won), 3))
    for model, opponent, *counts in outcomes.select("model", "baseline", "won", "tied", "lost").iter_rows():
        i, j = position[model], position[opponent]
        rows[of_pair[min(i, j), max(i, j)]] += counts if i < j else counts[::-1]
    generator, total = np.random.default_rng(seed), int(rows.sum())
    for _ in range(count_rounds):
        drawn = generator.multinomial(total, rows.ravel() / total).reshape(rows.shape)
        yield drawn[:, 0] + drawn[:, 1] / 2, drawn.sum(axis=1).astype(np.float64)


def _refitted(cells: Cells, rounds: Iterator[tuple[Vector, Vector]], count_rounds: int) -> Matrix:
    """The win rates of each round; NaN in one whose few questions a style decides."""
    win_rates = np.full((count_rounds, len(cells.models) - 1), np.nan)
    for number, (won, weight) in enumerate(rounds):
        with suppress(NotConvergedError):
            win_rates[number] = maximise_cells(replace(cells, won=won, weight=weight).where_played()).win_rate
    return win_rates


def glm_bounds(cells: Cells, printed: Vector, *, confidence: float) -> Bounds:
    """Wald intervals of a logistic regression with covariance clustered by question, by statsmodels.

    The normal quantile and the small-sample factor are the library's defaults. 0 to 1 where the method has nothing to
    say: for a model that has no finite rating, and for all where there is one cluster, or no cell more than parameters.

    Args:
        cells: all games.
        printed: win rates, NaN where nothing was played.
        confidence: e.g. 0.95.
    """
    from scipy.special import expit

    lower, upper = np.zeros(len(printed)), np.ones(len(printed))
    is_finite = place(cells).is_finite
    finite = cells.among(is_finite)
    count_models = len(finite.models) - 1
    is_known = len(np.unique(finite.cluster)) > 1 and len(finite.won) > count_models + len(finite.styles)
    if count_models and is_known:
        lower[is_finite[:-1]], upper[is_finite[:-1]] = expit(_wald_ends(finite, confidence)[:count_models]).T
    return Bounds(np.fmin(lower, printed), np.fmax(upper, printed))


def _wald_ends(finite: Cells, confidence: float) -> Matrix:
    """Lower and upper end of each parameter, shape (parameters, 2)."""
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning, SpecificationWarning

    model = sm.GLM(
        finite.won / finite.weight,
        finite.design().toarray(),
        family=sm.families.Binomial(),
        var_weights=finite.weight,
    )
    with warnings.catch_warnings():
        # It warns that weights and clusters were never tested together; tests/unit/rating hold them to our sandwich.
        # It takes shares that are all equal for a perfect separation.
        warnings.simplefilter("ignore", SpecificationWarning)
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        result = model.fit(cov_type="cluster", cov_kwds={"groups": finite.cluster}, tol=1e-12)
    return np.asarray(result.conf_int(1 - confidence))
