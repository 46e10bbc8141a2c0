"""The topics: what the crowd asks about, and how much of it was kept."""

from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from benchbuilder.report.charts import Bar, bar
from benchbuilder.report.crowd_map import CrowdMap, plan_map
from benchbuilder.report.findings import Finding, say
from benchbuilder.report.frames import ReportFrames
from benchbuilder.report.wording import percent, plural, thousands
from benchbuilder.text import escape_for_message

WIDTH_TOPIC = 80


class TopicRow(NamedTuple):
    """One topic as it is printed."""

    name: str
    keywords: str
    count_prompts: str
    count_questions: str
    share: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class TopicsView:
    """What topics.html shows; without rows and map it is the empty state."""

    finding: Finding
    map: CrowdMap | None
    note: str
    rows: tuple[TopicRow, ...]


def topics_view(frames: ReportFrames) -> TopicsView:
    """The map and the table, or that nothing has been clustered."""
    topics, prompts = frames.topics, frames.topic_map
    crowd = plan_map(prompts, topics)
    return TopicsView(_finding(topics, prompts), crowd, _note(crowd), _rows(topics))


def _finding(topics: pl.DataFrame, prompts: pl.DataFrame) -> Finding:
    if topics.is_empty() and prompts.is_empty():
        title = say("No clustering yet")
        return Finding(title, say("Topics appear here once prompts have been embedded and clustered."))
    outliers = prompts.filter("is_outlier").height
    share = f" ({percent(outliers / prompts.height)})" if prompts.height else ""
    parts = (
        plural(prompts.height, "prompt"),
        plural(topics.height, "topic"),
        plural(prompts.filter("is_question").height, "question"),
    )
    summary = (
        "Near prompts mean alike. Grey is what the crowd sent, blue is what was kept as a question. {}{} fit no topic."
    )
    return Finding(say("{}, {}, {} kept", *parts), say(summary, thousands(outliers), share))


def _note(crowd: CrowdMap | None) -> str:
    if crowd is None or crowd.count_sampled == crowd.count_grey:
        return ""
    return f"{crowd.count_sampled:,} of {crowd.count_grey:,} grey dots are drawn, the same ones every time."


def _rows(topics: pl.DataFrame) -> tuple[TopicRow, ...]:
    longest = int(topics["count_prompts"].max() or 0) if topics.height else 0  # pyright: ignore[reportArgumentType]
    columns = ("topic_name", "keywords", "count_prompts", "count_questions")
    return tuple(
        TopicRow(
            name=escape_for_message(name or "without a name", WIDTH_TOPIC),
            keywords=escape_for_message(", ".join(word for word in keywords or [] if word), WIDTH_TOPIC),
            count_prompts=thousands(prompts),
            count_questions=thousands(questions),
            share=percent(min(questions / prompts, 1.0) if prompts else None),
            bar=bar(min(questions, prompts), prompts, longest),
        )
        for name, keywords, prompts, questions in topics.select(columns).iter_rows()
    )
