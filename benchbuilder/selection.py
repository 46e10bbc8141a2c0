"""Which prompts become questions: thresholds, sampling by hash, and the identity of a version.

    candidates ─► criteria met ─► score ─► topic mean ─► eligible ─► kept + sampled ─► Selection

Pure. A version does not churn (design §3): which prompt of a topic and which topic is drawn depends on hashes of their
ids alone, so that one new prompt moves at most one question as long as it changes neither a threshold nor which topics
are eligible; and old questions that are still eligible keep their place up to a share. Source of criteria, thresholds
and "two prompts from each of 250 topics": arXiv 2406.11939, section 4.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import ClassVar, Literal

import polars as pl

from benchbuilder.text import digest_of


class Reason(StrEnum):
    """Why a candidate is no question: the first that applies, in this order."""

    NO_TOPIC = "no_topic"
    UNREADABLE = "unreadable"
    SCORE_BELOW = "score_below"
    TOPIC_MEAN_BELOW = "topic_mean_below"
    NOT_SAMPLED_TOPIC = "not_sampled_topic"
    NOT_SAMPLED_IN_TOPIC = "not_sampled_in_topic"


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """What a version is chosen by; with the prompts it is the version's identity.

    A threshold has two forms: a number, or, where the quantile is set, that quantile of the present crowd (an observed
    value, the lower one between two). Quantiles are for annotators whose marks are not calibrated.

    Attributes:
        seed: of the sampling hashes.
        marks: what the annotator gives: `list`, met or not; `logprobs`, a probability.
        quantile: with logprobs, a criterion is met above this quantile of the crowd's probabilities of it.
        min_score: the least number of criteria met.
        min_score_quantile: of the scores of all members of topics; stands over min_score.
        min_topic_mean: the least mean score of a topic.
        min_topic_mean_quantile: of the topics' means; stands over min_topic_mean.
        count_topics: that are drawn.
        count_per_topic: questions drawn from each.
        keep_share: of a version's questions, the least share that stays while eligible.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    seed: int = 0
    marks: Literal["list", "logprobs"] = "list"
    quantile: float = 0.5
    min_score: float = 6.0
    min_score_quantile: float | None = None
    min_topic_mean: float = 5.0
    min_topic_mean_quantile: float | None = None
    count_topics: int = 250
    count_per_topic: int = 2
    keep_share: float = 0.8

    def __post_init__(self) -> None:
        if self.marks not in {"list", "logprobs"}:
            raise ValueError(f"marks must be list or logprobs, not {str(self.marks)[:80]!r}")
        for name in ("quantile", "min_score_quantile", "min_topic_mean_quantile", "keep_share"):
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise ValueError(f"{name} must lie between 0 and 1, not {share}")
        for name in ("count_topics", "count_per_topic"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}")

    @property
    def count_questions(self) -> int:
        """The most questions of a version."""
        return self.count_topics * self.count_per_topic


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
            was there; of sampling, how many topics (or prompts of the topic) were drawn, and the place in the line
            behind them by hash; null for no_topic and unreadable.
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
) -> Selection:
    """Choose a version from the annotated crowd.

    Old questions that are still eligible stay, lowest hash first, up to keep_share of the previous version (of a full
    version, if that is less), and fill their topic's quota. The rest, up to count_topics · count_per_topic questions in
    all, is ordinary sampling over all eligible prompts, old ones included: the count_topics topics of lowest hash in
    turn, count_per_topic prompts of lowest hash in each.

    Args:
        candidates: a row per curated prompt, in any order: prompt_id (distinct), topic_id (null where there is none),
            is_outlier (bool: the topic is only the nearest one), and a Float64 column per criterion: the probability
            that it is met, or 1.0 and 0.0; null or nan where the annotator could not be read.
        settings: of the selection.
        criteria: names of the criterion columns, in the order in which those met are named.
        previous: prompt_ids of the previous version.

    Returns:
        Each candidate in exactly one of the two frames; perhaps no question at all.

    Raises:
        ValueError: a prompt_id stands twice.
    """
    if candidates["prompt_id"].is_duplicated().any():
        raise ValueError("candidates hold a prompt_id more than once")
    scored = _score(candidates.sort("prompt_id"), settings, criteria)
    old = set(previous)
    min_score, min_topic_mean = _thresholds(scored, settings)
    judged = scored.with_columns(_reason(min_score, min_topic_mean).alias("reason"))
    drawn = _draw(judged, settings, old)
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


def _score(candidates: pl.DataFrame, settings: SelectionSettings, criteria: Sequence[str]) -> pl.DataFrame:
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
    member_score = pl.when("is_member").then("score")
    return scored.with_columns(pl.when("is_member").then(member_score.mean().over("topic_id")).alias("topic_mean"))


def _thresholds(scored: pl.DataFrame, settings: SelectionSettings) -> tuple[float, float]:
    """The two thresholds that stand for this crowd; each topic's mean counts once."""
    members = scored.filter("is_member")
    means = members.unique("topic_id")["topic_mean"]
    return (
        _threshold(members["score"], settings.min_score, settings.min_score_quantile),
        _threshold(means, settings.min_topic_mean, settings.min_topic_mean_quantile),
    )


def _threshold(values: pl.Series, number: float, quantile: float | None) -> float:
    """A quantile of nothing is missed by nobody, hence 0."""
    return number if quantile is None else values.quantile(quantile, interpolation="lower") or 0.0


def _reason(min_score: float, min_topic_mean: float) -> pl.Expr:
    """The first threshold that is missed, null for an eligible prompt."""
    return (
        pl.when(~pl.col("is_member"))
        .then(pl.lit(Reason.NO_TOPIC.value))
        .when(~pl.col("is_readable"))
        .then(pl.lit(Reason.UNREADABLE.value))
        .when(pl.col("score") < min_score)
        .then(pl.lit(Reason.SCORE_BELOW.value))
        .when(pl.col("topic_mean") < min_topic_mean)
        .then(pl.lit(Reason.TOPIC_MEAN_BELOW.value))
    )


def _draw(judged: pl.DataFrame, settings: SelectionSettings, previous: set[str]) -> pl.DataFrame:
    """The eligible prompts by prompt_id, with hashes, ranks by hash, and whether they are drawn."""
    eligible = judged.filter(pl.col("reason").is_null())
    hashed = eligible.with_columns(
        _hashes(eligible["prompt_id"], settings.seed).alias("prompt_hash"),
        _hashes(eligible["topic_id"], settings.seed).alias("topic_hash"),
    )
    ranked = hashed.with_columns(
        pl.col("topic_hash").rank("dense").alias("rank_of_topic"),
        pl.col("prompt_hash").rank("ordinal").over("topic_id").cast(pl.Int32).alias("rank_in_topic"),
    )
    drawn_ids = _drawn_ids(ranked, settings, previous)
    return ranked.with_columns(pl.col("prompt_id").is_in(drawn_ids).alias("is_drawn"))


def _hashes(ids: pl.Series, seed: int) -> pl.Series:
    """The same on every machine, and for each id whatever else is there."""
    return pl.Series([digest_of([seed, an_id]) for an_id in ids], dtype=pl.String)


def _drawn_ids(ranked: pl.DataFrame, settings: SelectionSettings, previous: set[str]) -> list[str]:
    """What is kept, then ordinary sampling up to the size of a full version."""
    # A fraction, because in floats 0.28 · 25 comes to a hair over 7, which would be rounded up to 8.
    share = Fraction(str(settings.keep_share))
    count_kept = ceil(share * min(len(previous), settings.count_questions))
    kept = ranked.filter(pl.col("prompt_id").is_in(list(previous))).sort("prompt_hash").head(count_kept)
    others = ranked.join(kept, on="prompt_id", how="anti")
    taken = kept.group_by("topic_id").agg(pl.len().alias("count_taken"))
    place = pl.col("count_taken").fill_null(0) + pl.col("prompt_hash").rank("ordinal").over("topic_id")
    sampled = (
        others.join(taken, on="topic_id", how="left")
        .filter(place <= settings.count_per_topic, pl.col("rank_of_topic") <= settings.count_topics)
        .sort("rank_of_topic", "rank_in_topic")
        .head(settings.count_questions - kept.height)
    )
    return [*kept["prompt_id"], *sampled["prompt_id"]]


def _turned_away(judged: pl.DataFrame, drawn: pl.DataFrame, min_score: float, min_topic_mean: float) -> pl.DataFrame:
    """Every candidate of `judged` that is no question; `drawn` holds the eligible ones."""
    unlucky = _place_in_line(drawn).filter(~pl.col("is_drawn"))
    missed = judged.filter(pl.col("reason").is_not_null())
    topics, in_topic = pl.col("count_topics_drawn"), pl.col("count_drawn")
    measures = {
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
