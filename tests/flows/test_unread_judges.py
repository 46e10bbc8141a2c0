"""Judges whose replies say nothing: asked again once, counted as unread, never as a tie, and the gate does its part."""

import pytest

from benchbuilder.errors import WithheldError
from tests.fakes.nights import run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow

COUNT_GAMES = 60  # of one model: 30 questions in both orders
COUNT_UNREAD = 2


def test_gate_lists_the_model_without_a_rank(branch: Scene, server: RunningServer) -> None:
    """Two of one model's games stay unread after a second try: it is listed with its share, the others are ranked."""
    branch.renew("judge")
    branch.change("endpoints", scripted={"base_url": server.base_url, "limits": {"concurrency": 1}})
    server.fail("garbage", model="judge", times=2 * COUNT_UNREAD)  # one by one, a second try follows its first
    night = run_night(branch, server)
    assert night.state.name == "Completed"
    assert night.calls == {"judge": 2 * COUNT_GAMES + COUNT_UNREAD}

    unread = branch.snapshot.read("select model, verdict, reason from judged_games where verdict is null")
    assert unread.rows() == [("model-70", None, "no_verdict")] * COUNT_UNREAD
    attempts = branch.snapshot.read(
        "select count_attempts, state from completions_counted semi join judgments using (request_key)"
        " where request_key in (select request_key from judgments where verdict is null)"
    )
    assert attempts.rows() == [(2, "ok")] * COUNT_UNREAD
    board = branch.snapshot.read("select model, rank_low, reason, count_planned, count_judgments from board")
    assert board.rows() == [
        ("model-50", 1, None, COUNT_GAMES, COUNT_GAMES),
        ("model-30", 2, None, COUNT_GAMES, COUNT_GAMES),
        ("model-70", None, "not ranked: 96 % read", COUNT_GAMES, COUNT_GAMES - COUNT_UNREAD),
    ]

    assert run_night(branch, server).calls.total() == 0  # their attempts are used up


def test_nothing_is_published_when_nobody_passes(branch: Scene, server: RunningServer) -> None:
    """Nothing but garbage: the board is kept and marked as withheld, the old snapshot stays, the exit code is 5."""
    branch.renew("judge")
    server.fail("garbage", model="judge")
    old = branch.snapshot.path
    night = run_night(branch, server)
    assert (type(night.error), night.exit_code) == (WithheldError, 5)
    assert night.calls == {"judge": 2 * 2 * COUNT_GAMES}
    assert branch.snapshot.path == old
    assert "publish" not in night.steps()
    withheld = branch.warehouse.read("select reason, count_judgments from leaderboards where is_withheld")
    assert withheld.rows() == [("no model has 99% of its judgments read", 0)]
