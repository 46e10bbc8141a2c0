"""One typed frame schema per relation that crosses a step: the contract of `Warehouse.append`.

The DDL in sql/migrations is the source of truth for what a column means; a test holds the two together. Columns marked
`primary_key` are the key by which an append is an anti-join; the database itself enforces none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import dataframely as dy
import polars as pl

from benchbuilder.schemas import benchmarks, crowd, exchange, models

RELATIONS: dict[str, type[dy.Schema]] = {
    "ingest_batches": crowd.IngestBatches,
    "prompts": crowd.Prompts,
    "sightings": crowd.Sightings,
    "rejections": crowd.Rejections,
    "forgotten_prompts": crowd.ForgottenPrompts,
    "curations": crowd.Curations,
    "public_items": crowd.PublicItems,
    "exclusions": crowd.Exclusions,
    "completions": models.Completions,
    "embeddings": models.Embeddings,
    "annotations": models.Annotations,
    "cascades": models.Cascades,
    "cascade_members": models.CascadeMembers,
    "answers": models.Answers,
    "answer_styles": models.AnswerStyles,
    "judgments": models.Judgments,
    "clusterings": benchmarks.Clusterings,
    "topics": benchmarks.Topics,
    "topic_names": benchmarks.TopicNames,
    "topic_members": benchmarks.TopicMembers,
    "topic_changes": benchmarks.TopicChanges,
    "benchmarks": benchmarks.Benchmarks,
    "choices": benchmarks.Choices,
    "questions": benchmarks.Questions,
    "turned_away": benchmarks.TurnedAway,
    "leaderboards": benchmarks.Leaderboards,
    "leaderboard_rows": benchmarks.LeaderboardRows,
    "benchmark_quality": benchmarks.BenchmarkQuality,
    "imported_questions": exchange.ImportedQuestions,
    "given_answers": exchange.GivenAnswers,
    "imported_judgments": exchange.ImportedJudgments,
    "import_rejections": exchange.ImportRejections,
    "human_votes": exchange.HumanVotes,
    "human_ratings": exchange.HumanRatings,
}


def frame_of(relation: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as a frame with the columns and types of a relation; a column that a row lacks is null.

    Args:
        relation: a name in `RELATIONS`.
        rows: one mapping per row.
    """
    return pl.DataFrame(list(rows), schema=RELATIONS[relation].create_empty().schema)
