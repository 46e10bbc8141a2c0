"""Scores of prompts and means of topics, and the thresholds that they are held against.

Where a cheap annotator turned prompts away before the strong one saw them, their scores are not known, and the mean of
a topic over the others would be too high: they were turned away because they seem to meet little. So they count with
what the cheap annotator expects of them, put right by how far it was wrong about those of the sample that it would have
turned away too: by their mean error in this topic, and in a topic that has none of them by that in the whole crowd. The
sample is random, so the mean is without bias in every topic that has some of it (the difference estimator of Särndal,
Swensson and Wretman, Model Assisted Survey Sampling, 1992, section 6.3); in the others the crowd as a whole is.
"""

from collections.abc import Sequence

import polars as pl

from benchbuilder.selection.options import Reason, SelectionSettings


def score_candidates(candidates: pl.DataFrame, settings: SelectionSettings, criteria: Sequence[str]) -> pl.DataFrame:
    """Add is_member, is_readable, criteria, score (null where unreadable) and the mean score of the topic's members."""
    readings = [pl.col(name).fill_nan(None) for name in criteria]
    if settings.marks == "logprobs":
        is_met = [reading > reading.quantile(settings.quantile, interpolation="lower") for reading in readings]
    else:
        is_met = [reading > 0.5 for reading in readings]  # noqa: PLR2004 - between not met and met
    is_member = pl.col("topic_id").is_not_null() & ~pl.col("is_outlier")
    is_readable = pl.all_horizontal(reading.is_not_null() for reading in readings)
    names = [pl.when(met).then(pl.lit(name)) for name, met in zip(criteria, is_met, strict=True)]
    scored = candidates.with_columns(
        is_member.alias("is_member"),
        is_readable.alias("is_readable"),
        pl.concat_list(names).list.drop_nulls().alias("criteria"),
        pl.when(is_readable).then(pl.sum_horizontal(is_met).cast(pl.Int32)).alias("score"),
    )
    member_score = pl.when("is_member").then(pl.coalesce("score", _expected_score()))
    return scored.with_columns(pl.when("is_member").then(member_score.mean().over("topic_id")).alias("topic_mean"))


def _expected_score() -> pl.Expr:
    """Of a prompt that the cheap annotator turned away: what it expects, put right by its errors about the sample."""
    is_known = pl.col("is_member") & pl.col("is_below_gate") & pl.col("is_sampled") & pl.col("is_readable")
    error = pl.when(is_known).then(pl.col("score") - pl.col("cheap_score"))
    mean_error = pl.coalesce(error.mean().over("topic_id"), error.mean(), 0.0)
    return pl.when("is_turned_away").then(pl.col("cheap_score") + mean_error)


def thresholds_of(scored: pl.DataFrame, settings: SelectionSettings) -> tuple[float, float]:
    """The least score and the least topic mean that stand for this crowd; each topic's mean counts once."""
    members = scored.filter("is_member")
    means = members.unique("topic_id")["topic_mean"]
    return (
        _threshold(members["score"], settings.min_score, settings.min_score_quantile),
        _threshold(means, settings.min_topic_mean, settings.min_topic_mean_quantile),
    )


def _threshold(values: pl.Series, number: float, quantile: float | None) -> float:
    """A quantile of nothing is missed by nobody, hence 0."""
    return number if quantile is None else values.quantile(quantile, interpolation="lower") or 0.0


def reason_of(min_score: float, min_topic_mean: float) -> pl.Expr:
    """The first threshold that is missed, null for an eligible prompt."""
    return (
        pl.when(~pl.col("is_member"))
        .then(pl.lit(Reason.NO_TOPIC.value))
        .when("is_turned_away")
        .then(pl.lit(Reason.TURNED_AWAY_BY_CASCADE.value))
        .when(~pl.col("is_readable"))
        .then(pl.lit(Reason.UNREADABLE.value))
        .when(pl.col("score") < min_score)
        .then(pl.lit(Reason.SCORE_BELOW.value))
        .when(pl.col("topic_mean") < min_topic_mean)
        .then(pl.lit(Reason.TOPIC_MEAN_BELOW.value))
    )
