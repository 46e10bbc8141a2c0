"""One typed frame schema per relation that crosses a step: the contract of `Warehouse.append`.

The DDL in sql/migrations is the source of truth for what a column means; a test holds the two together. Columns marked
`primary_key` are the key by which an append is an anti-join; the database itself enforces none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import dataframely as dy
import polars as pl


class IngestBatches(dy.Schema):
    """One pull of one source, with the progress mark at which the next pull goes on."""

    batch_id = dy.String(primary_key=True)
    source = dy.String(nullable=False)
    location = dy.String(nullable=True)
    bytes_read = dy.Int64(nullable=False)
    prefix_sha256 = dy.String(nullable=False)
    count_lines = dy.Int64(nullable=False)
    count_read = dy.Int64(nullable=False)
    count_sightings = dy.Int64(nullable=False)
    count_repeated = dy.Int64(nullable=False)
    count_rejected = dy.Int64(nullable=False)
    run_id = dy.String(nullable=True)
    ingested_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Prompts(dy.Schema):
    """One distinct text."""

    prompt_id = dy.String(primary_key=True)
    text = dy.String(nullable=True)
    count_masked = dy.Int32(nullable=False)
    batch_id = dy.String(nullable=False)
    ingested_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Sightings(dy.Schema):
    """One time the crowd sent a prompt."""

    sighting_id = dy.String(primary_key=True)
    source = dy.String(nullable=False)
    source_ref = dy.String(nullable=False)
    prompt_id = dy.String(nullable=False)
    seen_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=True)
    sender = dy.String(nullable=True)
    turn = dy.Int32(nullable=False)
    conversation_ref = dy.String(nullable=True)
    location = dy.String(nullable=True)
    line = dy.Int64(nullable=True)
    batch_id = dy.String(nullable=False)
    ingested_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Rejections(dy.Schema):
    """One record that could not be read; nothing is dropped silently."""

    rejection_id = dy.String(primary_key=True)
    source = dy.String(nullable=False)
    location = dy.String(nullable=True)
    line = dy.Int64(nullable=True)
    byte_start = dy.Int64(nullable=True)
    byte_end = dy.Int64(nullable=True)
    record_sha256 = dy.String(nullable=True)
    reason = dy.String(nullable=True)
    excerpt = dy.String(nullable=True)
    batch_id = dy.String(nullable=False)
    rejected_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Curations(dy.Schema):
    """One prompt under one digest of the curation settings."""

    prompt_id = dy.String(primary_key=True)
    curation_digest = dy.String(primary_key=True)
    outcome = dy.String(nullable=False)
    reason = dy.String(nullable=True)
    language = dy.String(nullable=True)
    language_confidence = dy.Float64(nullable=True)
    count_tokens = dy.Int32(nullable=True)
    duplicate_of = dy.String(nullable=True)
    similarity = dy.Float64(nullable=True)
    curated_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Completions(dy.Schema):
    """One attempt at one call; the last ok attempt counts, else the last; cost sums all attempts."""

    request_key = dy.String(primary_key=True)
    attempt = dy.Int32(primary_key=True)
    kind = dy.String(nullable=False)
    model = dy.String(nullable=False)
    revision = dy.String(nullable=False)
    template = dy.String(nullable=False)
    template_sha256 = dy.String(nullable=False)
    state = dy.String(nullable=False)
    reason = dy.String(nullable=True)
    text = dy.String(nullable=True)
    thinking = dy.String(nullable=True)
    logprobs = dy.String(nullable=True)
    finish_reason = dy.String(nullable=True)
    count_tokens_in = dy.Int64(nullable=True)
    count_tokens_out = dy.Int64(nullable=True)
    cost_usd = dy.Float64(nullable=True)
    latency_seconds = dy.Float64(nullable=False)
    run_id = dy.String(nullable=True)
    completed_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Embeddings(dy.Schema):
    """One prompt by one embedder and revision."""

    prompt_id = dy.String(primary_key=True)
    embedder = dy.String(primary_key=True)
    revision = dy.String(primary_key=True)
    vector = dy.List(dy.Float32(), nullable=False)
    request_key = dy.String(nullable=False)
    embedded_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Annotations(dy.Schema):
    """One prompt by one annotator, under one digest and parser version."""

    prompt_id = dy.String(primary_key=True)
    annotator = dy.String(primary_key=True)
    annotator_digest = dy.String(primary_key=True)
    parser_version = dy.Int32(primary_key=True)
    is_readable = dy.Bool(nullable=False)
    reason = dy.String(nullable=True)
    specificity = dy.Float64(nullable=True)
    domain_knowledge = dy.Float64(nullable=True)
    complexity = dy.Float64(nullable=True)
    problem_solving = dy.Float64(nullable=True)
    creativity = dy.Float64(nullable=True)
    technical_accuracy = dy.Float64(nullable=True)
    real_world_application = dy.Float64(nullable=True)
    request_keys = dy.List(dy.String(), nullable=False)
    annotated_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Answers(dy.Schema):
    """One question by one model and digest; benchmark versions share answers."""

    prompt_id = dy.String(primary_key=True)
    model = dy.String(primary_key=True)
    model_digest = dy.String(primary_key=True)
    request_key = dy.String(nullable=False)
    answered_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Judgments(dy.Schema):
    """One reading of one call: one order of one game."""

    request_key = dy.String(primary_key=True)
    parser_version = dy.Int32(primary_key=True)
    prompt_id = dy.String(nullable=False)
    model = dy.String(primary_key=True)
    answer_key = dy.String(nullable=False)
    baseline = dy.String(primary_key=True)
    baseline_answer_key = dy.String(nullable=False)
    judge = dy.String(nullable=False)
    judge_digest = dy.String(nullable=False)
    baseline_first = dy.Bool(primary_key=True)
    replicate = dy.Int32(nullable=False)
    verdict = dy.String(nullable=True)
    reason = dy.String(nullable=True)
    is_cut = dy.Bool(nullable=False)
    judged_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Clusterings(dy.Schema):
    """One full run of clustering."""

    clustering_id = dy.String(primary_key=True)
    previous_id = dy.String(nullable=True)
    embedder = dy.String(nullable=False)
    revision = dy.String(nullable=False)
    settings = dy.String(nullable=False)
    count_prompts = dy.Int64(nullable=False)
    count_topics = dy.Int64(nullable=False)
    share_unassigned = dy.Float64(nullable=False)
    as_of = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    clustered_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Topics(dy.Schema):
    """One topic of one clustering."""

    clustering_id = dy.String(primary_key=True)
    topic_id = dy.String(primary_key=True)
    continues_topic_id = dy.String(nullable=True)
    broad_topic = dy.Int32(nullable=True)
    keywords = dy.List(dy.String(), nullable=False)
    count_members = dy.Int64(nullable=False)
    centroid = dy.List(dy.Float32(), nullable=False)


class TopicNames(dy.Schema):
    """One name of one topic; it stays as long as the topic does."""

    topic_id = dy.String(primary_key=True)
    name = dy.String(nullable=True)
    reason = dy.String(nullable=True)
    namer = dy.String(nullable=True)
    request_key = dy.String(nullable=False)
    parser_version = dy.Int32(primary_key=True)
    named_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class TopicMembers(dy.Schema):
    """One prompt in one clustering."""

    clustering_id = dy.String(primary_key=True)
    prompt_id = dy.String(primary_key=True)
    topic_id = dy.String(nullable=True)
    is_outlier = dy.Bool(nullable=False)
    is_placed = dy.Bool(nullable=False)
    similarity = dy.Float64(nullable=True)
    x = dy.Float64(nullable=True)
    y = dy.Float64(nullable=True)
    assigned_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Benchmarks(dy.Schema):
    """One frozen version."""

    benchmark_id = dy.String(primary_key=True)
    previous_id = dy.String(nullable=True)
    clustering_id = dy.String(nullable=True)
    annotator = dy.String(nullable=False)
    annotator_digest = dy.String(nullable=False)
    curation_digest = dy.String(nullable=False)
    settings = dy.String(nullable=False)
    count_questions = dy.Int64(nullable=False)
    count_kept = dy.Int64(nullable=False)
    as_of = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    frozen_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Questions(dy.Schema):
    """One prompt of one version, with the reason it was kept."""

    benchmark_id = dy.String(primary_key=True)
    prompt_id = dy.String(primary_key=True)
    topic_id = dy.String(nullable=True)
    topic_name = dy.String(nullable=True)
    score = dy.Int32(nullable=False)
    topic_mean = dy.Float64(nullable=False)
    criteria = dy.List(dy.String(), nullable=False)
    is_kept = dy.Bool(nullable=False)


class TurnedAway(dy.Schema):
    """One curated prompt that is no question of one version, with the threshold that it missed."""

    benchmark_id = dy.String(primary_key=True)
    prompt_id = dy.String(primary_key=True)
    reason = dy.String(nullable=True)
    threshold = dy.Float64(nullable=True)
    measured = dy.Float64(nullable=True)


class Leaderboards(dy.Schema):
    """One fit with its frozen settings."""

    leaderboard_id = dy.String(primary_key=True)
    benchmark_id = dy.String(nullable=False)
    baseline = dy.String(nullable=False)
    judges = dy.List(dy.String(), nullable=False)
    judge_digests = dy.List(dy.String(), nullable=False)
    parser_version = dy.Int32(nullable=False)
    settings = dy.String(nullable=False)
    is_withheld = dy.Bool(nullable=False)
    reason = dy.String(nullable=True)
    count_judgments = dy.Int64(nullable=False)
    share_readable = dy.Float64(nullable=True)
    as_of = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    fitted_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class LeaderboardRows(dy.Schema):
    """One model on one board."""

    leaderboard_id = dy.String(primary_key=True)
    model = dy.String(primary_key=True)
    model_digest = dy.String(nullable=False)
    win_rate = dy.Float64(nullable=True)
    lower = dy.Float64(nullable=True)
    upper = dy.Float64(nullable=True)
    rating = dy.Float64(nullable=True)
    rank_low = dy.Int32(nullable=True)
    rank_high = dy.Int32(nullable=True)
    is_ranked = dy.Bool(nullable=False)
    reason = dy.String(nullable=True)
    count_planned = dy.Int64(nullable=False)
    count_judgments = dy.Int64(nullable=False)
    share_readable = dy.Float64(nullable=True)
    count_questions = dy.Int64(nullable=False)


RELATIONS: dict[str, type[dy.Schema]] = {
    "ingest_batches": IngestBatches,
    "prompts": Prompts,
    "sightings": Sightings,
    "rejections": Rejections,
    "curations": Curations,
    "completions": Completions,
    "embeddings": Embeddings,
    "annotations": Annotations,
    "answers": Answers,
    "judgments": Judgments,
    "clusterings": Clusterings,
    "topics": Topics,
    "topic_names": TopicNames,
    "topic_members": TopicMembers,
    "benchmarks": Benchmarks,
    "questions": Questions,
    "turned_away": TurnedAway,
    "leaderboards": Leaderboards,
    "leaderboard_rows": LeaderboardRows,
}


def frame_of(relation: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as a frame with the columns and types of a relation; a column that a row lacks is null.

    Args:
        relation: a name in `RELATIONS`.
        rows: one mapping per row.
    """
    return pl.DataFrame(list(rows), schema=RELATIONS[relation].create_empty().schema)
