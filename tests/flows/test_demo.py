"""The demo that a newcomer sees first, with the real embedded models; it takes as long as it takes a newcomer."""

import asyncio
from pathlib import Path

import pytest

from benchbuilder.settings import DEMO
from benchbuilder.warehouse import current_snapshot
from flows.conclusion import end_of
from flows.parameters import RunParameters
from flows.refresh import refresh

pytestmark = [pytest.mark.flow, pytest.mark.weights]


def test_the_demo_keeps_questions_and_tells_models_apart_a_little(tmp_path: Path) -> None:
    """At least 12 questions, every judgment read, a board that is not all ties; once more, and nothing is asked."""
    told = RunParameters(config=DEMO, state_dir=tmp_path)
    state = asyncio.run(end_of(refresh, told))
    assert state.name == "Completed", state.message
    snapshot = current_snapshot(tmp_path)
    assert snapshot.read("select count_questions from latest_benchmark").item() >= 12
    board = snapshot.read("from board")
    assert set(board["share_readable"]) == {1.0}
    assert any(rate != 0.5 for rate in board["win_rate"])
    verdicts = snapshot.read("select distinct verdict from judged_games")["verdict"]
    assert set(verdicts) != {"A=B"}

    calls = "select count(*) from completions"
    count_calls = snapshot.read(calls).item()
    assert asyncio.run(end_of(refresh, told)).name == "Completed"
    assert current_snapshot(tmp_path).read(calls).item() == count_calls
