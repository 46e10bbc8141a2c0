"""The method: the gates, how the judges behave, how numbers are made, with which prompts, and what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from benchbuilder.prompts import load_template
from benchbuilder.report.board import count_questions, withheld_reason
from benchbuilder.report.findings import Finding, say
from benchbuilder.report.frames import ReportFrames, models_of
from benchbuilder.report.wording import NOTHING, interval, percent, plural, points, thousands, words_of
from benchbuilder.text import escape_for_message

LENGTH_SHA = 12


class Gate(NamedTuple):
    """What must hold, whether it does, and what was measured."""

    wanted: str
    is_passed: bool
    measured: str


class CascadeFacts(NamedTuple):
    """What a cheap annotator keeps of the strong one's picks; `recall` and `interval` are empty where all pass."""

    annotator: str
    cheap_annotator: str
    is_model: bool
    count_members: str
    count_sample: str
    count_read: str
    count_picks: str
    count_kept: str
    recall: str
    interval: str
    confidence: str
    passed: str


class JudgeRow(NamedTuple):
    """One judge as it is printed."""

    name: str
    judgments: str
    readable: str
    orders_agree: str
    first_wins: str
    ties: str
    strong: str


class TemplateRow(NamedTuple):
    """One prompt that calls were made with; `text` is empty where this version of it is no longer ours."""

    kind: str
    name: str
    sha256: str
    short_sha: str
    count_calls: str
    text: str


class CostRow(NamedTuple):
    """One kind of call to one model."""

    kind: str
    model: str
    count_calls: str
    count_not_ok: str
    tokens_in: str
    tokens_out: str
    usd: str


@dataclass(frozen=True, slots=True)
class MethodView:
    """What method.html shows."""

    finding: Finding
    gates: tuple[Gate, ...]
    cascade: CascadeFacts | None
    judges: tuple[JudgeRow, ...]
    templates: tuple[TemplateRow, ...]
    costs: tuple[CostRow, ...]
    total_usd: str
    confidence: str
    strong_weight: str


def method_view(frames: ReportFrames) -> MethodView:
    """Always full: an empty warehouse fails its gates and says so."""
    gates = _gates(frames)
    count_failed = sum(not gate.is_passed for gate in gates)
    title = (
        say("{} of {} failed", count_failed, plural(len(gates), "gate")) if count_failed else say("All gates passed")
    )
    summary = say("How the numbers of this report are made, what they rest on, and what they cost.")
    return MethodView(
        finding=Finding(title, summary),
        gates=gates,
        cascade=next(map(_cascade, frames.cascade.iter_rows(named=True)), None),
        judges=tuple(_judge(row) for row in frames.bias.iter_rows(named=True)),
        templates=tuple(_template(row) for row in frames.templates.iter_rows(named=True)),
        costs=tuple(_cost(row) for row in frames.costs.iter_rows(named=True)),
        total_usd=_usd(float(frames.costs["cost_usd"].sum())),
        confidence=points(frames.options.confidence),
        strong_weight=f"{frames.options.strong_weight:g}",
    )


def _gates(frames: ReportFrames) -> tuple[Gate, ...]:
    board = frames.board
    models = models_of(board)
    count_ranked, wanted = models.filter("is_ranked").height, percent(frames.options.min_share_readable)
    withheld = withheld_reason(frames)
    return (
        Gate("A benchmark version is frozen", frames.benchmark.height > 0, plural(count_questions(frames), "question")),
        Gate("At least one model is ranked", count_ranked > 0, f"{count_ranked} of {plural(models.height, 'model')}"),
        Gate(
            f"Every model: at least {wanted} of its judgments can be read",
            0 < models.height == count_ranked,
            f"{plural(models.height - count_ranked, 'model')} not ranked" if models.height else "no board",
        ),
        Gate(
            "The newest board is published",
            board.height > 0 and not withheld,
            withheld or _day_of_board(frames),
        ),
    )


def _day_of_board(frames: ReportFrames) -> str:
    if frames.board.is_empty():
        return "no board"
    return f"board of {frames.board['as_of'][0]:%Y-%m-%d}"


def _cascade(row: Mapping[str, Any]) -> CascadeFacts:
    is_gated = row["threshold"] is not None
    return CascadeFacts(
        annotator=escape_for_message(row["annotator"], 60),
        cheap_annotator=escape_for_message(row["cheap_annotator"], 60),
        is_model=row["cheap_kind"] == "model",
        count_members=thousands(row["count_members"]),
        count_sample=thousands(row["count_sample"]),
        count_read=thousands(row["count_read"]),
        count_picks=thousands(row["count_picks"]),
        count_kept=thousands(row["count_kept"]),
        recall=percent(row["recall"], 1) if is_gated else "",
        interval=interval(row["recall_lower"], row["recall_upper"]) if is_gated else "",
        confidence=points(row["confidence"]),
        passed=percent(row["share_passed"], 1),
    )


def _judge(row: Mapping[str, Any]) -> JudgeRow:
    return JudgeRow(
        name=escape_for_message(row["judge"]),
        judgments=thousands(row["count_judgments"]),
        readable=percent(row["share_readable"], 1),
        orders_agree=percent(row["share_orders_agree"]),
        first_wins=percent(row["share_first_wins"]),
        ties=percent(row["share_ties"]),
        strong=percent(row["share_strong"]),
    )


def _template(row: Mapping[str, Any]) -> TemplateRow:
    name, sha256 = row["template"], row["template_sha256"]
    return TemplateRow(
        kind=words_of(row["kind"]),
        name=escape_for_message(name),
        sha256=escape_for_message(sha256),
        short_sha=escape_for_message(sha256[:LENGTH_SHA]),
        count_calls=thousands(row["count_calls"]),
        text=_text_of(name, sha256),
    )


def _text_of(template: str, sha256: str) -> str:
    """The prompt's text, if the one that calls were made with is the one that is installed."""
    if not template.isidentifier():
        return ""
    try:
        installed = load_template(template)
    except OSError:  # no such file, or a name that cannot be one
        return ""
    return installed.text if installed.sha256 == sha256 else ""


def _cost(row: Mapping[str, Any]) -> CostRow:
    return CostRow(
        kind=words_of(row["kind"]),
        model=escape_for_message(row["model"], 60),
        count_calls=thousands(row["count_calls"]),
        count_not_ok=thousands(row["count_not_ok"]),
        tokens_in=thousands(row["count_tokens_in"]),
        tokens_out=thousands(row["count_tokens_out"]),
        usd=_usd(row["cost_usd"]),
    )


def _usd(amount: float) -> str:
    """Cents, or more digits for what is less than a cent; a dash for nothing."""
    if amount == 0:
        return NOTHING
    return f"${amount:,.2f}" if amount >= 0.01 else f"${amount:.6f}"  # noqa: PLR2004 - a cent
