"""A version and what became of every candidate; its identity, and what changed since the one before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import polars as pl

from benchbuilder.selection.drawing import draw
from benchbuilder.selection.options import Reason, SelectionSettings
from benchbuilder.selection.scoring import reason_of, score_candidates, thresholds_of
from benchbuilder.text import digest_of


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """A version, and what became of every candidate; both frames are sorted by prompt_id.

    Attributes:
        benchmark_id: digest of the questions' prompt_ids and the settings.
        settings: that it was made with.
        questions: prompt_id, topic_id, score (criteria met), topic_mean (mean score of the topic's annotated members),
            criteria (names of those met), is_kept (was a question of the previous version too), rank_in_topic (1 is the
            lowest hash of the topic's eligible prompts).
        turned_away: prompt_id, reason (a `Reason`), threshold and measured: of a score or mean, what was asked and what
            was there, or what the cheap annotator expected; of sampling, how many topics (or prompts of the topic) were
            drawn, and the place in the line behind them by hash; null for no_topic and unreadable.
        min_score: the threshold that stood, also where it came from a quantile.
        min_topic_mean: the same for topics.
    """

    benchmark_id: str
    settings: SelectionSettings
    questions: pl.DataFrame
    turned_away: pl.DataFrame
    min_score: float
    min_topic_mean: float


def select_questions(
    candidates: pl.DataFrame,
    settings: SelectionSettings,
    *,
    criteria: Sequence[str],
    previous: Collection[str] = (),
    gate: float | None = None,
) -> Selection:
    """Choose a version from the annotated crowd.

    Old questions that are still eligible stay, lowest hash first, up to keep_share of the previous version (of a full
    version, if that is less), and fill their topic's quota. The rest, up to count_topics · count_per_topic questions in
    all, is ordinary sampling over all eligible prompts, old ones included: the count_topics topics of lowest hash in
    turn, count_per_topic prompts of lowest hash in each.

    Args:
        candidates: a row per curated prompt, in any order: prompt_id (distinct), topic_id (null where there is none),
            is_outlier (bool: the topic is only the nearest one), and a Float64 column per criterion: the probability
            that it is met, or 1.0 and 0.0; null or nan where the annotator could not be read. With a gate also
            cheap_score, the number of criteria that the cheap annotator expects to be met, null where it could not
            tell; is_sampled, whether both annotators were to mark the prompt; is_marked, whether the strong one has.
        settings: of the selection.
        criteria: names of the criterion columns, in the order in which those met are named.
        previous: prompt_ids of the previous version.
        gate: the cheap_score under which prompts were turned away; None where none were.

    Returns:
        Each candidate in exactly one of the two frames; perhaps no question at all.

    Raises:
        ValueError: a prompt_id stands twice.
    """
    if candidates["prompt_id"].is_duplicated().any():
        raise ValueError("candidates hold a prompt_id more than once")
    scored = score_candidates(_gated(candidates.sort("prompt_id"), gate), settings, criteria)
    old = set(previous)
    min_score, min_topic_mean = thresholds_of(scored, settings)
    judged = scored.with_columns(reason_of(min_score, min_topic_mean).alias("reason"))
    drawn = draw(judged, settings, old)
    is_kept = pl.col("prompt_id").is_in(list(old)).alias("is_kept")
    questions = drawn.filter("is_drawn").select(
        "prompt_id", "topic_id", "score", "topic_mean", "criteria", is_kept, "rank_in_topic"
    )
    return Selection(
        benchmark_id=digest_of({"prompt_ids": questions["prompt_id"].to_list(), "settings": asdict(settings)}),
        settings=settings,
        questions=questions,
        turned_away=_turned_away(judged, drawn, min_score, min_topic_mean),
        min_score=min_score,
        min_topic_mean=min_topic_mean,
    )


def _gated(candidates: pl.DataFrame, gate: float | None) -> pl.DataFrame:
    """Add is_below_gate, and is_turned_away: below it, and the strong annotator was never asked."""
    if gate is None:
        nothing = {"cheap_score": pl.Float64, "is_sampled": pl.Boolean, "is_marked": pl.Boolean}
        candidates = candidates.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in nothing.items())
    gated = candidates.with_columns(pl.lit(gate, pl.Float64).alias("gate"))
    is_below = (pl.col("cheap_score") < pl.col("gate")).fill_null(value=False)
    return gated.with_columns(
        is_below.alias("is_below_gate"), (is_below & ~pl.col("is_marked")).alias("is_turned_away")
    )


def _turned_away(judged: pl.DataFrame, drawn: pl.DataFrame, min_score: float, min_topic_mean: float) -> pl.DataFrame:
    """Every candidate of `judged` that is no question; `drawn` holds the eligible ones."""
    unlucky = _place_in_line(drawn).filter(~pl.col("is_drawn"))
    missed = judged.filter(pl.col("reason").is_not_null())
    topics, in_topic = pl.col("count_topics_drawn"), pl.col("count_drawn")
    measures = {
        Reason.TURNED_AWAY_BY_CASCADE: (pl.col("gate"), pl.col("cheap_score")),
        Reason.SCORE_BELOW: (pl.lit(min_score), pl.col("score")),
        Reason.TOPIC_MEAN_BELOW: (pl.lit(min_topic_mean), pl.col("topic_mean")),
        Reason.NOT_SAMPLED_TOPIC: (topics, topics + pl.col("place_of_topic")),
        Reason.NOT_SAMPLED_IN_TOPIC: (in_topic, in_topic + pl.col("place_in_topic")),
    }
    return (
        pl.concat([missed, unlucky], how="diagonal")
        .select(
            "prompt_id",
            "reason",
            _by_reason({reason: threshold for reason, (threshold, _) in measures.items()}).alias("threshold"),
            _by_reason({reason: measured for reason, (_, measured) in measures.items()}).alias("measured"),
        )
        .sort("prompt_id")
    )


def _place_in_line(drawn: pl.DataFrame) -> pl.DataFrame:
    """Add the reason why a prompt was not drawn, how many were, and its place by hash among those that were not."""
    is_same_topic = pl.col("count_drawn") > 0
    reason = pl.when(is_same_topic).then(pl.lit(Reason.NOT_SAMPLED_IN_TOPIC.value))
    return drawn.with_columns(pl.col("is_drawn").sum().over("topic_id").alias("count_drawn")).with_columns(
        reason.otherwise(pl.lit(Reason.NOT_SAMPLED_TOPIC.value)).alias("reason"),
        pl.col("topic_id").filter(is_same_topic).n_unique().alias("count_topics_drawn"),
        pl.col("topic_hash").rank("dense").over(is_same_topic).alias("place_of_topic"),
        pl.col("prompt_hash").rank("ordinal").over("topic_id", "is_drawn").alias("place_in_topic"),
    )


def _by_reason(values: Mapping[Reason, pl.Expr]) -> pl.Expr:
    return pl.coalesce(
        pl.when(pl.col("reason") == reason.value).then(value.cast(pl.Float64)) for reason, value in values.items()
    )
