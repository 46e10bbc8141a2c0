"""Headlines: what the board says, in one sentence that is computed from it.

"Separated" is one thing on every page: all pairs at once, paired by question; the rank ranges are made of it. A model
shares the lead when no model is separated above it (its best rank is 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import Markup

from benchbuilder.report.wording import interval, isolated, percent, plural


@dataclass(frozen=True, slots=True)
class Finding:
    """The title of a page and the sentence under it."""

    title: Markup
    summary: Markup


def say(template: str, *values: object) -> Markup:
    """A sentence of ours with values that are escaped unless they are markup already."""
    return Markup(template).format(*values)  # noqa: S704 - the templates are our own literals


def board_finding(board: pl.DataFrame, short: Mapping[str, str], count_questions: int) -> Finding:
    """Who leads.

    Args:
        board: mart `board`, at least one row.
        short: names as they are printed.
        count_questions: of the version.
    """
    ranked = board.filter("is_ranked").to_dicts()
    if not ranked:
        summary = say("{} played; below stands why none of them is ranked.", plural(board.height, "model"))
        return Finding(Markup("No model is ranked"), summary)
    baseline = ranked[0]["baseline"]
    leaders = [row for row in ranked if row["rank_low"] == 1]
    questions = plural(count_questions, "question")
    rivals = [row for row in ranked if row["model"] != baseline]
    if len(rivals) == 1:
        return _one_model(rivals[0], leaders, short, questions)
    if len(leaders) == 1:
        return _one_leader(leaders[0], len(ranked), short, questions)
    return _shared_lead(ranked, leaders, short, questions)


def _name(row: Mapping[str, Any], short: Mapping[str, str]) -> Markup:
    return isolated(short[row["model"]], row["model"])


def _baseline(row: Mapping[str, Any], short: Mapping[str, str]) -> Markup:
    return isolated(short.get(row["baseline"], row["baseline"]), row["baseline"])


def _one_model(
    row: Mapping[str, Any], leaders: list[dict[str, Any]], short: Mapping[str, str], questions: str
) -> Finding:
    if len(leaders) != 1:
        title = say("{} cannot be told apart from the baseline", _name(row, short))
    elif leaders[0]["model"] == row["model"]:
        title = say("{} is ahead of the baseline", _name(row, short))
    else:
        title = say("{} is behind the baseline", _name(row, short))
    rate, reach = percent(row["win_rate"], 1), interval(row["lower"], row["upper"])
    return Finding(title, say("It wins {} ({}) against {} on {}.", rate, reach, _baseline(row, short), questions))


def _one_leader(row: Mapping[str, Any], count_ranked: int, short: Mapping[str, str], questions: str) -> Finding:
    name = _name(row, short)
    count_close = row["rank_high"] - 1
    if row["model"] == row["baseline"]:
        title = say("Nobody beats the baseline: {} leads", name)
        lead = say("No model is separated above it on {}", questions)
    else:
        title = say("{} leads", name)
        lead = say("It wins {} against {} on {}", percent(row["win_rate"], 1), _baseline(row, short), questions)
    if count_close:
        rest = say("{} cannot be told apart from it.", plural(count_close, "other"))
    else:
        rest = say("it is separated from all {}.", plural(count_ranked - 1, "other"))
    return Finding(title, say("{}; {}", lead, rest))


def _shared_lead(
    ranked: list[dict[str, Any]], leaders: list[dict[str, Any]], short: Mapping[str, str], questions: str
) -> Finding:
    top, *others = leaders
    if len(leaders) == len(ranked):
        title = Markup("Nobody leads: no two models can be told apart")
        rest = Markup("the differences are within what chance does")
    else:
        title = Markup("Two models share the lead")
        if len(others) > 1:
            title = say("No single winner: {} models share the lead", len(leaders))
        rest = _rivals(others, short)
    if top["model"] == top["baseline"]:
        lead = say("{}, the baseline, has the highest score", _name(top, short))
    else:
        rate = percent(top["win_rate"], 1)
        lead = say("{} has the highest win rate, {} against {}", _name(top, short), rate, _baseline(top, short))
    return Finding(title, say("{}, but {} on these {}.", lead, rest, questions))


def _rivals(others: list[dict[str, Any]], short: Mapping[str, str]) -> Markup:
    """Who may be first besides the top one: named if it is one, counted if there are several."""
    if len(others) == 1:
        return say("{} may be first too", _name(others[0], short))
    is_baseline_among = any(row["model"] == row["baseline"] for row in others)
    among = ", the baseline among them," if is_baseline_among else ""
    return say("{} others{} may be first too", len(others), among)
