"""The index: the table is the chart. One row per model, its interval on one axis that all rows share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from benchbuilder.report.charts import Axis, fit_axis
from benchbuilder.report.findings import Finding, board_finding, say
from benchbuilder.report.frames import ReportFrames, models_of
from benchbuilder.report.wording import (
    NOTHING,
    TO,
    WIDTH_TITLE,
    interval,
    percent,
    percent_range,
    plural,
    points,
    short_names,
    thousands,
)
from benchbuilder.text import escape_for_message

MAX_ROOMY = 16
WIDTH_REASON = 160
WIDTH_PEOPLE = 30


class Fact(NamedTuple):
    """A figure of the strip above the board."""

    label: str
    value: str
    note: str


class Mark(NamedTuple):
    """An interval and its point, in percent of the axis."""

    lower: str
    point: str
    upper: str


class BoardRow(NamedTuple):
    """One model as it is printed; `mark` is None where nothing is drawn."""

    name: str
    full_name: str
    is_ranked: bool
    is_baseline: bool
    rank: str
    mark: Mark | None
    win_rate: str
    interval: str
    count_questions: str
    count_unread: str
    reason: str


@dataclass(frozen=True, slots=True)
class BoardView:
    """What index.html shows; without rows it is an empty state, and `gates` says what is missing."""

    finding: Finding
    facts: tuple[Fact, ...]
    axis: Axis
    rows: tuple[BoardRow, ...]
    is_roomy: bool
    confidence: str
    count_pairs: int
    withheld: str
    gates: tuple[str, ...]


def board_view(frames: ReportFrames) -> BoardView:
    """The board, or why there is none."""
    board = frames.board
    ranked = board.filter("is_ranked")
    short = short_names(board["model"].to_list())
    axis = fit_axis([*ranked["lower"], *ranked["upper"], *ranked["win_rate"]])
    finding = board_finding(board, short, count_questions(frames)) if board.height else _empty(frames)
    return BoardView(
        finding=finding,
        facts=_facts(frames) if board.height else (),
        axis=axis,
        rows=tuple(_row(row, short, axis) for row in board.to_dicts()),
        is_roomy=board.height <= MAX_ROOMY,
        confidence=points(frames.options.confidence),
        count_pairs=_count_pairs(ranked.height),
        withheld=withheld_reason(frames),
        gates=_gates(frames),
    )


def count_questions(frames: ReportFrames) -> int:
    """Of the newest version; 0 where there is none."""
    return int(frames.benchmark["count_questions"].item()) if frames.benchmark.height else 0


def _count_pairs(count_models: int) -> int:
    return count_models * (count_models - 1) // 2


def _row(row: Mapping[str, Any], short: Mapping[str, str], axis: Axis) -> BoardRow:
    is_baseline = row["model"] == row["baseline"]
    numbers = (row["lower"], row["win_rate"], row["upper"])
    is_drawn = row["is_ranked"] and None not in numbers
    return BoardRow(
        name=short[row["model"]],
        full_name=escape_for_message(row["model"], WIDTH_TITLE),
        is_ranked=row["is_ranked"],
        is_baseline=is_baseline,
        rank=_rank(row["rank_low"], row["rank_high"]),
        mark=Mark(*(axis.at(number) for number in numbers)) if is_drawn else None,
        win_rate=percent(row["win_rate"], 1),
        interval=NOTHING if is_baseline else interval(row["lower"], row["upper"]),
        count_questions=thousands(row["count_questions"] or 0),
        count_unread=thousands((row["count_planned"] or 0) - (row["count_judgments"] or 0)),
        reason=escape_for_message(row["reason"] or "", WIDTH_REASON),
    )


def _rank(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        return NOTHING
    return str(low) if low == high else f"{low}{TO}{high}"


def _facts(frames: ReportFrames) -> tuple[Fact, ...]:
    board, bias = frames.board, frames.bias
    models = models_of(board)
    ranked = board.filter("is_ranked")
    read, planned = int(models["count_judgments"].sum()), int(models["count_planned"].sum())
    # A separated pair pushes exactly one model down by one best rank.
    count_separated, count_pairs = int((ranked["rank_low"] - 1).sum()), _count_pairs(ranked.height)
    topics = frames.topics.filter(pl.col("count_questions") > 0).height
    facts = [
        Fact("Models", thousands(models.height), "and the baseline"),
        Fact("Questions", thousands(count_questions(frames)), plural(topics, "topic") if topics else ""),
        Fact("Judgments", thousands(read), f"{percent(read / planned, 1)} could be read" if planned else ""),
        Fact("Pairs separated", percent(count_separated / count_pairs if count_pairs else None), f"of {count_pairs:,}"),
    ]
    if bias.height:
        facts += [
            Fact("Orders agree", percent_range(bias["share_orders_agree"]), "judge says the same twice"),
            Fact("First shown wins", percent_range(bias["share_first_wins"]), "fair would be 50"),
        ]
    return (*facts, *_quality_facts(frames))


def _quality_facts(frames: ReportFrames) -> list[Fact]:
    """The paper's two figures; its overlap of intervals is not what "separated" means on these pages."""
    if frames.quality.is_empty():
        return []
    quality = frames.quality.row(0, named=True)
    facts = [Fact("Separability", percent(quality["separability"]), "intervals apart, as the paper counts")]
    if quality["people"]:
        who = escape_for_message(quality["people"], WIDTH_PEOPLE)
        facts.append(Fact("Agrees with people", percent(quality["agreement_paper"]), f"{who}, as the paper counts"))
    return facts


def _empty(frames: ReportFrames) -> Finding:
    """No board, in the order in which one comes about."""
    if frames.benchmark.is_empty():
        return Finding(say("No board yet"), say("No benchmark version has been frozen, so no model could be asked."))
    if frames.withheld.height:
        return Finding(
            say("The board is withheld"), say("A gate keeps it from being published: {}.", withheld_reason(frames))
        )
    judged, wanted = int(frames.judged["count_questions"].sum()), count_questions(frames)
    return Finding(
        say("No board yet: {} of {} judged", f"{judged:,}", plural(wanted, "question")),
        say("The version is frozen; a board follows when answers have been judged."),
    )


def withheld_reason(frames: ReportFrames) -> str:
    """Why the newest board was withheld; empty where it was not."""
    if frames.withheld.is_empty():
        return ""
    return escape_for_message(frames.withheld["board_reason"][0] or "no reason was given", WIDTH_REASON)


def _gates(frames: ReportFrames) -> tuple[str, ...]:
    """Model by model, why the newest board was withheld."""
    rows = frames.withheld.filter(pl.col("model").is_not_null() & pl.col("reason").is_not_null())
    short = short_names(rows["model"].to_list())
    return tuple(
        f"{short[model]}: {escape_for_message(reason, WIDTH_REASON)}"
        for model, reason in rows.select("model", "reason").iter_rows()
    )
