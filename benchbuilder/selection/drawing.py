"""Which of the eligible prompts are drawn: what is kept of the version before, then sampling by hash."""

from fractions import Fraction
from math import ceil

import polars as pl

from benchbuilder.selection.options import SelectionSettings
from benchbuilder.text import digest_of


def draw(judged: pl.DataFrame, settings: SelectionSettings, previous: set[str]) -> pl.DataFrame:
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
