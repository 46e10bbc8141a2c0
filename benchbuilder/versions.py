"""What changed from one benchmark version to another, question by question, and why."""

from typing import NamedTuple

import polars as pl

from benchbuilder.boards import Reader, read_benchmark

_LENGTH_EXCERPT = 80

# Both versions as they were frozen; of a question that only one has, what the other one's books say of its prompt.
_CHANGES = """
    with before as (from questions where benchmark_id = $before),
    after as (from questions where benchmark_id = $after),
    together as (
        select
            question_ref,
            case
                when before.question_ref is null then 'in'
                when after.question_ref is null then 'out'
                else 'kept'
            end as change,
            case when change = 'in' then $before when change = 'out' then $after end as other_id,
            coalesce(after.score, before.score) as score,
            coalesce(after.topic_mean, before.topic_mean) as topic_mean
        from before
        full join after using (question_ref)
    ),
    decided as (  -- as it was when the version without the question was chosen
        from exclusions
        semi join together on exclusions.prompt_id = together.question_ref
        where decided_at <= (
            select chosen_at from latest_choices
            where benchmark_id = (select other_id from together where question_ref = exclusions.prompt_id)
        )
        qualify row_number() over (partition by prompt_id order by decision desc) = 1
    ),
    seen as (
        select prompt_id, min(ingested_at) as first_read_at from sightings group by prompt_id
    )
    select
        together.change,
        together.question_ref,
        labels.topic_id,
        coalesce(labels.topic_name, labels.topic_id) as topic,
        case
            when change = 'kept' then 'kept'
            when labels.prompt_id is null or (other.is_imported and turned_away.reason is null) then 'not_there'
            when turned_away.reason is not null then turned_away.reason
            when not decided.is_lifted then decided.reason
            when change = 'in' and seen.first_read_at > other.frozen_at then 'new_prompt'
            when curations.outcome = 'rejected' then curations.reason
            else 'no_candidate'
        end as reason,
        turned_away.threshold,
        turned_away.measured,
        together.score,
        together.topic_mean,
        labels.text
    from together
    left join benchmark_questions as labels
        on together.question_ref = labels.question_ref
        and labels.benchmark_id = case when change = 'out' then $before else $after end
    left join benchmarks as other on together.other_id = other.benchmark_id
    left join turned_away
        on together.other_id = turned_away.benchmark_id and together.question_ref = turned_away.prompt_id
    left join curations
        on together.question_ref = curations.prompt_id and other.curation_digest = curations.curation_digest
    left join decided on together.question_ref = decided.prompt_id
    left join seen on together.question_ref = seen.prompt_id
    order by topic, together.change, together.question_ref
"""


class VersionDiff(NamedTuple):
    """Two versions, question by question.

    Attributes:
        before: benchmark_id of the version that is compared.
        after: of the one it is compared with.
        questions: change (in, out, kept), question_ref, topic_id, topic (name or id), reason, threshold, measured (of
            the selection that turned it away), score, topic_mean, text (null of an import that lacks it). The reason of
            one that came or went is what the version without it says of the prompt: that of its selection or curation;
            new_prompt, where it was read only after that version was frozen; not_there, of an import.
    """

    before: str
    after: str
    questions: pl.DataFrame

    @property
    def count_by_change(self) -> dict[str, int]:
        """How many came in, went out and were kept."""
        return {change: self.questions.filter(pl.col("change") == change).height for change in ("in", "out", "kept")}

    def by_topic(self) -> pl.DataFrame:
        """topic, count_in, count_out, count_kept; where most moved first."""
        counts = [(pl.col("change") == change).sum().alias(f"count_{change}") for change in ("in", "out", "kept")]
        count_moved = pl.col("count_in") + pl.col("count_out")
        return (
            self.questions.group_by("topic_id")  # two topics may have one name
            .agg(pl.col("topic").first(), *counts)
            .sort(count_moved, "topic", "topic_id", descending=[True, False, False])
            .drop("topic_id")
        )

    def by_reason(self) -> pl.DataFrame:
        """change, reason, count_questions, of those that came or went."""
        grouped = self._moved().group_by("change", "reason").agg(pl.len().alias("count_questions"))
        return grouped.sort("change", "reason")

    def moved(self) -> pl.DataFrame:
        """change, topic, reason and the beginning of the text, of those that came or went."""
        excerpt = pl.col("text").str.slice(0, _LENGTH_EXCERPT)
        return self._moved().select("change", "topic", "reason", excerpt)

    def _moved(self) -> pl.DataFrame:
        return self.questions.filter(pl.col("change") != "kept")


def diff_versions(reader: Reader, before: str, after: str) -> VersionDiff:
    """Compare two versions, each named by its id or the beginning of it.

    Raises:
        UsageError: a version is unknown, or a beginning fits several.
    """
    ids = {side: read_benchmark(reader, name)["benchmark_id"] for side, name in (("before", before), ("after", after))}
    return VersionDiff(ids["before"], ids["after"], reader.read(_CHANGES, **ids))
