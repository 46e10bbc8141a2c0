"""The funnel: what the crowd sent and why most of it is no question. Every record stands in exactly one row."""

from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from benchbuilder.report.charts import Bar, bar
from benchbuilder.report.findings import Finding, say
from benchbuilder.report.frames import ReportFrames
from benchbuilder.report.wording import percent, plural, thousands, words_of

MINUS = "\u2212"

# stage in the mart: what left there, and what is left after it
STAGES = {
    "ingest": ("Could not be read, or came before", "Distinct prompts"),
    "curation": ("Turned away in curation", "Clean prompts"),
    "selection": ("Turned away in selection", "Past selection"),
    "waiting": ("Not looked at yet", "Questions"),
}


class Remaining(NamedTuple):
    """How much is left after a stage: the whole bar is what came into it, its first part what stays."""

    label: str
    printed: str
    share: str
    bar: Bar
    lost: str


class ReasonRow(NamedTuple):
    """One reason as it is printed."""

    stage: str
    reason: str
    printed: str
    share: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class FunnelView:
    """What funnel.html shows; without steps it is the empty state."""

    finding: Finding
    steps: tuple[Remaining, ...]
    reasons: tuple[ReasonRow, ...]


def funnel_view(frames: ReportFrames) -> FunnelView:
    """From raw to kept, or that nothing was read."""
    counts = frames.funnel
    total = int(counts["count_records"].sum())
    if not total:
        return FunnelView(
            Finding(say("Nothing was read yet"), say("The first pull of a source fills this page.")), (), ()
        )
    return FunnelView(_finding(counts, total), _steps(counts, total), _reasons(counts, total))


def _finding(counts: pl.DataFrame, total: int) -> Finding:
    kept = int(counts.filter(pl.col("stage") == "question")["count_records"].sum())
    lost = counts.filter(pl.col("stage") != "question").sort("count_records", descending=True, maintain_order=True)
    title = say("{} came in, {} kept", plural(total, "record"), f"{plural(kept, 'question')}")
    if lost.is_empty():
        return Finding(title, say("Nothing was turned away."))
    reason, count = lost.select("reason", "count_records").row(0)
    return Finding(
        title, say("The most frequent reason to be turned away: {} ({}).", words_of(reason), plural(count, "record"))
    )


def _steps(counts: pl.DataFrame, total: int) -> tuple[Remaining, ...]:
    # A stage that this page does not know yet counts as not looked at, so that the last step is always what was kept.
    known = pl.when(pl.col("stage").is_in([*STAGES, "question"])).then("stage").otherwise(pl.lit("waiting"))
    lost_at = dict(counts.group_by(known.alias("stage")).agg(pl.col("count_records").sum()).iter_rows())
    left = total
    steps = [Remaining("Records read", thousands(total), percent(1.0), bar(total, total, total), "")]
    for stage, (why, what) in STAGES.items():
        lost = int(lost_at.get(stage, 0))
        if stage == "waiting" and not lost:
            steps[-1] = steps[-1]._replace(label=what)
            break
        gone = f"{MINUS}{thousands(lost)} {why[0].lower()}{why[1:]}" if lost else ""
        steps.append(
            Remaining(what, thousands(left - lost), percent((left - lost) / total), bar(left - lost, left, total), gone)
        )
        left -= lost
    return tuple(steps)


def _reasons(counts: pl.DataFrame, total: int) -> tuple[ReasonRow, ...]:
    rows = counts.select("stage", "reason", "count_records").rows()
    longest = max(count for *_, count in rows)
    return tuple(
        ReasonRow(
            stage=words_of(stage),
            reason=words_of(reason or "no reason"),
            printed=thousands(count),
            share=percent(count / total, 1),
            bar=bar(count if stage == "question" else 0, count, longest),
        )
        for stage, reason, count in rows
    )
