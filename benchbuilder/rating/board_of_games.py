"""All judgments that were wanted → a board: the judges' rule, what can be used, what was planned, the fit."""

from collections.abc import Mapping

import polars as pl

from benchbuilder.errors import UsageError
from benchbuilder.rating.ensemble import combine
from benchbuilder.rating.leaderboard import Leaderboard, fit_leaderboard
from benchbuilder.rating.options import RatingSettings
from benchbuilder.rating.plan import count_games, main_baseline
from benchbuilder.rating.style import ANSWER_SCHEMA, columns_of, with_style


def fit_games(
    games: pl.DataFrame,
    settings: RatingSettings | None = None,
    *,
    baseline: str | None = None,
    count_planned: Mapping[str, int] | None = None,
    canaries: Mapping[str, str] | None = None,
    answers: pl.DataFrame | None = None,
) -> Leaderboard:
    """Fit the board of all judgments, readable or not.

    Args:
        games: `battles.BATTLE_COLUMNS` and replicate; verdict null where it could not be read.
        settings: default `RatingSettings()`.
        baseline: default: whom most games are against.
        count_planned: judgments wanted per model but the baseline, where games that were never judged have no row;
            default: every judgment that was wanted is a row of games. Models named here alone played nothing.
        canaries: models that are never ranked, with the reason.
        answers: see `style.ANSWER_SCHEMA`; needed where a style is held equal.

    Raises:
        ValueError, NotConvergedError: see `fit_leaderboard`.
        UsageError: the settings do not go together, or ask for a style where no answer is known.
    """
    settings = settings or RatingSettings()
    usable = usable_games(games, settings, answers)
    baseline = baseline or main_baseline(games)
    planned = count_games(usable, baseline)
    if count_planned is not None:
        wanted = pl.DataFrame(
            {"model": list(count_planned), "count_wanted": list(count_planned.values())},
            schema={"model": pl.String, "count_wanted": pl.Int64},
        )
        planned = planned.join(wanted, on="model", how="full", coalesce=True).select(
            "model",
            count_planned=pl.coalesce("count_wanted", "count_planned"),
            count_readable=pl.col("count_readable").fill_null(0),
        )
    battles = usable.drop_nulls("verdict")
    return fit_leaderboard(battles, planned, settings, baseline=baseline, canaries=canaries)


def usable_games(games: pl.DataFrame, settings: RatingSettings, answers: pl.DataFrame | None = None) -> pl.DataFrame:
    """The games under the judges' rule, with style columns; one without both answers' style has no verdict to use."""
    combined = combine(games.with_columns(pl.col("verdict").cast(pl.String)), settings.ensemble)
    if not settings.styles:
        return combined
    styled = with_style(combined, pl.DataFrame(schema=ANSWER_SCHEMA) if answers is None else answers, settings.styles)
    is_known = pl.all_horizontal(pl.col(columns_of(settings.styles)).is_not_null())
    usable = styled.with_columns(verdict=pl.when(is_known).then("verdict"))
    if games.height and usable["verdict"].is_null().all():
        raise UsageError("style cannot be held equal: of no game both answers are known")
    return usable
