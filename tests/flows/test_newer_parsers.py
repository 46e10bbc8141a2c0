"""A newer parser: stored replies are read again at no call, and what was frozen stays."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl
import pytest

from benchbuilder.criteria import PARSER_VERSION as MARKS_VERSION
from benchbuilder.criteria import parse_marks
from benchbuilder.errors import Unparsable
from benchbuilder.judging.verdict import PARSER_VERSION, Verdict, parse_verdict
from tasks import open_run
from tasks.annotate import annotate
from tests.fakes.nights import FIRST_DAY, calls_of, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow

COUNT_JUDGES = 9
COUNT_READINGS = COUNT_JUDGES * 2 * 2 * 30  # models beside the baseline, orders, questions
MUMBLER = "judge-1"
COUNT_MUMBLED = COUNT_READINGS // COUNT_JUDGES
OLD_BOARDS = "from boards where leaderboard_id = $id order by model"
OLD_GAMES = "select * from board_games where leaderboard_id = $id order by request_key, model"
USES_OF_JUDGES_PARSER = ("benchbuilder.judging.verdict", "benchbuilder.asking.judgments", "tasks.judge", "tasks.rate")
USES_OF_MARKS_PARSER = ("benchbuilder.criteria", "benchbuilder.asking.annotations", "tasks.annotate")


class Board(NamedTuple):
    """One fitted board and the games it was fitted from."""

    rows: pl.DataFrame
    games: pl.DataFrame


def board_with(scene: Scene, leaderboard_id: str) -> Board:
    """A board as the published snapshot has it."""
    return Board(*(scene.snapshot.read(query, id=leaderboard_id) for query in (OLD_BOARDS, OLD_GAMES)))


def parse_small_letters(reply: str) -> Verdict | Unparsable:
    """What a newer parser reads as well: verdicts in small letters."""
    verdict = parse_verdict(reply)
    return parse_verdict(reply.upper()) if isinstance(verdict, Unparsable) else verdict


def use_many_judges(scene: Scene) -> None:
    """Nine judges; a board is published though one of them mumbles. No version is due, so that only they are asked."""
    scene.change("cadence", rebuild_every_days=1)
    names = ["judge", *(f"judge-{number}" for number in range(1, COUNT_JUDGES))]
    scene.change("models", **{name: {"endpoint": "scripted"} for name in names})
    scene.change("rating", min_share_readable=0.5)
    scene.tables["judges"] = [{"model": name} for name in names]


def test_newer_parser_of_verdicts(branch: Scene, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand stored replies are read again at no call; the marts show the new readings, the old board stays."""
    use_many_judges(branch)
    server.fail("wrong_verdict", model=MUMBLER)
    night = run_night(branch, server)
    assert night.calls[MUMBLER] == 2 * COUNT_MUMBLED  # unread, so asked once more
    old_id = branch.snapshot.read("select any_value(leaderboard_id) from board").item()
    old = board_with(branch, old_id)
    assert readings(branch, PARSER_VERSION) == {None: COUNT_MUMBLED, "read": COUNT_READINGS - COUNT_MUMBLED}

    for module in USES_OF_JUDGES_PARSER:
        monkeypatch.setattr(f"{module}.PARSER_VERSION", PARSER_VERSION + 1)
    monkeypatch.setattr("benchbuilder.asking.judgments.parse_verdict", parse_small_letters)
    night = run_night(branch, server)
    assert (night.state.name, night.calls.total()) == ("Completed", 0)
    assert readings(branch, PARSER_VERSION + 1) == {"read": COUNT_READINGS}
    shown = branch.snapshot.read("select parser_version, count(*) from games group by all").rows()
    assert shown == [(PARSER_VERSION + 1, COUNT_READINGS)]
    new_id = branch.snapshot.read("select any_value(leaderboard_id) from board").item()
    new = board_with(branch, new_id)
    assert new.games["verdict"].null_count() == 0
    assert new.rows["count_judgments"].max() == COUNT_READINGS  # of the baseline, which is in all
    assert new_id != old_id
    assert board_with(branch, old_id).rows.equals(old.rows)
    assert board_with(branch, old_id).games.equals(old.games)


def readings(scene: Scene, parser_version: int) -> dict[str | None, int]:
    """How many judgments one parser could read, and how many (under None) it could not."""
    query = """
        select case when verdict is not null then 'read' end as outcome, count(*)
        from judgments where parser_version = $version group by all
    """
    return dict(scene.snapshot.read(query, version=parser_version).rows())


def test_newer_parser_of_marks(branch: Scene, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored replies of the annotator are read again at no call, and stand beside the old readings."""

    def without_the_first(reply: str) -> "frozenset[int] | Unparsable":
        marks = parse_marks(reply)
        return marks if isinstance(marks, Unparsable) else frozenset(marks - {1})

    before = calls_of(server.counts())
    old = marks_by_version(branch)
    for module in USES_OF_MARKS_PARSER:
        monkeypatch.setattr(f"{module}.PARSER_VERSION", MARKS_VERSION + 1)
    monkeypatch.setattr("benchbuilder.asking.annotations.parse_marks", without_the_first)
    told = asyncio.run(annotate.fn(open_run(branch.config, None, FIRST_DAY), ""))
    assert calls_of(server.counts()) - before == {}, told
    new = marks_by_version(branch)
    assert new == [*old, (MARKS_VERSION + 1, old[0][1], 0)]
    assert old[0][2] > 0


def marks_by_version(scene: Scene) -> Sequence[tuple[int, int, int]]:
    """Of each parser version: how many prompts it marked, on how many of them the first criterion is met."""
    return scene.warehouse.read(
        "select parser_version, count(*), sum(specificity)::int from annotations group by all order by all"
    ).rows()
