"""Records with games: judgments of both layouts, and tables of verdicts.

The first game shows the baseline first, the second the model; a third and fourth are the same once more (replicate 1).
What the layout has no place for stands in a game under the key `benchbuilder`, where the writer puts it and nobody else
looks: that a game was never asked for, that the order was not known, why a reply was unreadable.
"""

import re
from typing import Any, NamedTuple

from benchbuilder.judging.verdict import SCALE, Verdict
from benchbuilder.sources.arena_hard.access import (
    QUESTION_IDS,
    UnreadableRecordError,
    first_of,
    label_of,
    object_of,
    optional_label_of,
    value_of,
)
from benchbuilder.sources.arena_hard.parts import Fault, JudgmentRow
from benchbuilder.sources.records import Reason
from benchbuilder.text import clean_text

DEFAULT_BASELINE = "gpt-4-0314"  # arena-hard-v0.1's, whose judgments do not name it
V01_CATEGORY = "arena-hard-v0.1"
NO_VERDICT, UNKNOWN_VERDICT, MISSING_GAME = "no_verdict", "unknown_verdict", "missing"
OWN_KEY, IS_ASKED, IS_ORDER_KNOWN, REASON = "benchbuilder", "is_asked", "is_order_known", "reason"

_FORMS = {str(verdict): verdict for verdict in SCALE}
_FORMS |= {form[::-1].replace(">", "<"): verdict for form, verdict in list(_FORMS.items())}  # A<B is B>A
_REASON = re.compile(r"[a-z_]{1,40}")


class Defaults(NamedTuple):
    """What stands for a field that records of v0.1 may lack: an argument of the caller, and the name of the folder."""

    baseline: str | None = None
    judge: str | None = None


class _Sides(NamedTuple):
    """Who met whom on what, and who judged."""

    question_ref: str
    model: str
    baseline: str
    judge: str


class _Reading(NamedTuple):
    """What was read of a game; A is what was shown first."""

    verdict: Verdict | None
    reason: str | None
    judge_text: str | None = None


def _baseline_of(record: dict[str, Any], defaults: Defaults) -> str:
    """As the record says it; v2.0 has a baseline per category, so there its absence is a fault."""
    if named := optional_label_of(record, "baseline") or defaults.baseline:
        return named
    if record.get("category", V01_CATEGORY) != V01_CATEGORY:
        raise UnreadableRecordError(Reason.MISSING_FIELD)
    return DEFAULT_BASELINE


def _sides_of(record: dict[str, Any], defaults: Defaults) -> _Sides:
    sides = _Sides(
        question_ref=label_of(record, *QUESTION_IDS),
        model=label_of(record, "model"),
        baseline=_baseline_of(record, defaults),
        judge=optional_label_of(record, "judge") or defaults.judge or label_of(record, "judge"),
    )
    if sides.model == sides.baseline:
        raise UnreadableRecordError(Fault.SAME_MODEL)
    return sides


def _read_score(score: Any) -> _Reading:
    if score is None:
        return _Reading(None, NO_VERDICT)
    verdict = _FORMS.get(score.strip()) if isinstance(score, str) else None
    return _Reading(verdict, None if verdict else UNKNOWN_VERDICT)


def _judge_text_of(game: dict[str, Any]) -> str | None:
    judgment = game.get("judgment")
    text = judgment.get("answer") if isinstance(judgment, dict) else judgment
    if text is not None and not isinstance(text, str):
        raise UnreadableRecordError(Reason.WRONG_TYPE)
    return None if text is None else clean_text(text)


def _own_of(game: dict[str, Any] | None) -> dict[str, Any]:
    own = (game or {}).get(OWN_KEY)
    return own if isinstance(own, dict) else {}


def _read_game(game: dict[str, Any] | None) -> _Reading:
    if game is None:
        return _Reading(None, MISSING_GAME)
    reading = _read_score(game.get("score"))
    stored = _own_of(game).get(REASON)
    if reading.verdict is None and isinstance(stored, str) and _REASON.fullmatch(stored):
        reading = _Reading(None, stored)
    return reading._replace(judge_text=_judge_text_of(game))


def _row(sides: _Sides, place: int, reading: _Reading, line: int) -> JudgmentRow:
    return JudgmentRow(
        *sides,
        baseline_first=place % 2 == 0,
        is_order_known=True,
        replicate=place // 2,
        verdict=reading.verdict,
        reason=reading.reason,
        judge_text=reading.judge_text,
        line=line,
    )


def _row_without_order(sides: _Sides, place: int, reading: _Reading, line: int) -> JudgmentRow:
    """Each game stands alone, and the baseline counts as shown first."""
    verdict = reading.verdict.flip() if reading.verdict and place % 2 else reading.verdict
    row = _row(sides, place, reading._replace(verdict=verdict), line)
    return row._replace(baseline_first=True, is_order_known=False, replicate=place)


def parse_judgments(record: dict[str, Any], line: int, defaults: Defaults) -> list[JudgmentRow]:
    """The games of one judgment record; a null game, and a score that is none, are unreadable and counted.

    Raises:
        UnreadableRecordError: with the reason; then none of its games is read.
    """
    sides, games = _sides_of(record, defaults), value_of(record, "games")
    first_of(games)  # there is one
    rows = []
    for place, item in enumerate(games):
        game = None if item is None else object_of(item)
        own = _own_of(game)
        if own.get(IS_ASKED) is not False:
            make = _row_without_order if own.get(IS_ORDER_KNOWN) is False else _row
            rows.append(make(sides, place, _read_game(game), line))
    if not rows:
        raise UnreadableRecordError(Reason.EMPTY)
    return rows


def parse_verdicts(record: dict[str, Any], line: int, defaults: Defaults) -> list[JudgmentRow]:
    """The two games of one row of a table of verdicts.

    Raises:
        UnreadableRecordError: with the reason.
    """
    sides = _sides_of(record, defaults)
    readings = [
        _read_score(record[name]) if name in record else _Reading(None, MISSING_GAME) for name in ("game1", "game2")
    ]
    return [_row(sides, place, reading, line) for place, reading in enumerate(readings)]
