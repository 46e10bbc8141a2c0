"""Win rates within groups of questions: by topic, by category."""

from collections.abc import Sequence

import polars as pl

from benchbuilder.rating.fit import fit_battles
from benchbuilder.rating.intervals import question_intervals
from benchbuilder.rating.options import RatingSettings

MIN_QUESTIONS = 8  # below it an interval would be wider than anything it could say


def win_rates_by(
    battles: pl.DataFrame, group: str, models: Sequence[str], baseline: str, settings: RatingSettings | None = None
) -> pl.DataFrame:
    """Each model's win rate within each group, clustered by question.

    Args:
        battles: see `battles.BATTLE_COLUMNS`, and the group's column; battles without a group are left out.
        group: name of that column.
        models: whom to score.
        baseline: against whom.
        settings: default `RatingSettings()`; style is not held equal here.

    Returns:
        One row per group and model that played in it, sorted: group, model, win_rate, lower, upper (null under 8
        questions), count_questions, count_judgments.
    """
    settings = settings or RatingSettings()
    parts = [
        _of_group(str(name), part, models, baseline, settings)
        for (name,), part in battles.drop_nulls(group).sort(group).group_by(group, maintain_order=True)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA)


_SCHEMA = {
    "group": pl.String,
    "model": pl.String,
    "win_rate": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "count_questions": pl.Int64,
    "count_judgments": pl.Int64,
}


def _of_group(
    name: str, battles: pl.DataFrame, models: Sequence[str], baseline: str, settings: RatingSettings
) -> pl.DataFrame:
    fit = fit_battles(battles, models, baseline, strong_weight=settings.strong_weight)
    lower, upper = question_intervals(fit.effects, fit.win_rate, confidence=settings.confidence)
    sides = pl.concat([battles.select("question_id", model=side) for side in ("model", "baseline")])
    counts = sides.group_by("model").agg(
        count_questions=pl.col("question_id").n_unique().cast(pl.Int64), count_judgments=pl.len().cast(pl.Int64)
    )
    has_interval = pl.col("count_questions") >= MIN_QUESTIONS
    return (
        pl.DataFrame({"model": models, "win_rate": fit.win_rate, "lower": lower, "upper": upper})
        .join(counts, on="model")
        .sort("model")
        .with_columns(
            group=pl.lit(name),
            win_rate=pl.col("win_rate").fill_nan(None),
            lower=pl.when(has_interval).then("lower"),
            upper=pl.when(has_interval).then("upper"),
        )
        .select(pl.col(column).cast(kind) for column, kind in _SCHEMA.items())
    )
