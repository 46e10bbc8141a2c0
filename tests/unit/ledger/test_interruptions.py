"""However a run ends, what it paid for is kept, and the next one pays for the rest only."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from benchbuilder.errors import BudgetError, EndpointError, EndpointOutError, LockTimeoutError, SettingsError
from benchbuilder.ledger import Ledger
from benchbuilder.llm.requests import Request
from benchbuilder.warehouse import FileLock, Warehouse
from tests.fakes.running import ROOT, RunningServer
from tests.unit.ledger.conftest import ONE_AT_A_TIME, PRICED, Desk, questions


def test_the_cap_in_calls_stops_before_the_next_call(desk: Desk, scripted_server: RunningServer) -> None:
    """What was asked is kept; a later run goes on where this one stopped."""
    with pytest.raises(BudgetError, match="cap of 4 calls"):
        desk.fulfil(questions(10), budget={"calls": 4})
    assert scripted_server.counts().count_requests == len(desk.attempts()) == 4
    assert desk.spooled() == []
    report = desk.fulfil(questions(10))
    assert (report.count_paid, report.count_calls) == (4, 6)


def test_the_cap_in_usd_stops_before_the_next_call(desk: Desk, scripted_server: RunningServer) -> None:
    """One call reaches it, so there is no second."""
    with pytest.raises(BudgetError, match=r"cap of 0\.5 USD"):
        desk.fulfil(questions(10), models=PRICED, budget={"usd": 0.5}, endpoints=ONE_AT_A_TIME)
    assert scripted_server.counts().count_requests == len(desk.attempts()) == 1


def test_the_cap_in_usd_sees_an_endpoint_that_sends_no_bill(desk: Desk, httpserver: HTTPServer) -> None:
    """Tokens that it does not count are estimated by characters: 3 in at 1 USD each, 99 out at 2."""
    reply = {"choices": [{"message": {"content": "so " * 133}, "finish_reason": "stop"}]}
    httpserver.expect_request("/v1/chat/completions").respond_with_json(reply)
    endpoints = {"scripted": {"base_url": httpserver.url_for("/v1"), **ONE_AT_A_TIME["scripted"]}}
    with pytest.raises(BudgetError, match="cap of 400 USD"):
        desk.fulfil(questions(10), models=PRICED, budget={"usd": 400}, endpoints=endpoints)
    told = desk.warehouse.read(
        "select count(*), min(cost_usd), max(cost_usd), any_value(count_tokens_in) from completions"
    )
    assert told.row(0) == (2, 201.0, 201.0, None)


def test_the_cap_is_of_the_whole_run(desk: Desk) -> None:
    """What its earlier steps spent counts, what other runs spent does not."""
    desk.fulfil(questions(3), run_id="night 1", budget={"calls": 5})
    desk.fulfil(questions(6), run_id="night 2", budget={"calls": 5})
    with pytest.raises(BudgetError):
        desk.fulfil(questions(20), run_id="night 1", budget={"calls": 5})
    assert len(desk.attempts()) == 8


def test_a_permanent_error_keeps_what_was_paid(desk: Desk, scripted_server: RunningServer) -> None:
    """The key is refused after three calls: three are on record, the next run asks the rest."""
    scripted_server.fail("401", after=3)
    with pytest.raises(EndpointError, match="endpoint scripted: AuthenticationError 401"):
        desk.fulfil(questions(10), endpoints=ONE_AT_A_TIME)
    assert desk.attempts() == [(0, "ok")] * 3
    scripted_server.reset()
    assert desk.fulfil(questions(10)).count_calls == 7


def test_an_endpoint_that_goes_out_keeps_what_was_paid(desk: Desk, scripted_server: RunningServer) -> None:
    """Past its deadline; nothing of it is an attempt of the calls that nobody answered."""
    scripted_server.fail("dead", after=3)
    with pytest.raises(EndpointOutError):
        desk.fulfil(questions(10), endpoints=ONE_AT_A_TIME)
    assert desk.attempts() == [(0, "ok")] * 3


def leave_behind(desk: Desk, requests: Sequence[Request]) -> Path:
    """The spool file of a run that paid for `requests` and could not append them: somebody held the warehouse."""
    impatient = Warehouse(desk.warehouse.state_dir, lock_timeout_seconds=0.1)

    async def run() -> None:
        with ExitStack() as until_the_end:
            async with Ledger(impatient, desk.settings(), "unlucky") as ledger:
                asking = asyncio.create_task(ledger.fulfil("ask", requests))
                await asyncio.sleep(0.2)  # the plan is made, the replies take longer
                until_the_end.enter_context(FileLock(desk.warehouse.lock.path).hold())
                await asking

    with pytest.raises(LockTimeoutError):
        asyncio.run(run())
    assert desk.attempts() == []
    (path,) = desk.spooled()
    return path


def test_a_key_that_is_not_set_ends_it_before_the_first_call(desk: Desk, scripted_server: RunningServer) -> None:
    """By its name."""
    endpoints = {"scripted": {"key_variable": "NOBODY_SETS_THIS"}}
    with pytest.raises(SettingsError, match="NOBODY_SETS_THIS is not set"):
        desk.fulfil(questions(2), endpoints=endpoints)
    assert scripted_server.counts().count_requests == 0


def test_what_could_not_be_appended_is_merged_by_the_next_run(desk: Desk, scripted_server: RunningServer) -> None:
    """No call is made again, no file is left; merging the same file again, as after a kill in between, is nothing."""
    scripted_server.script(latency_seconds=0.5)
    path = leave_behind(desk, questions(6))
    copy = shutil.copy(path, path.with_suffix(".copy"))
    assert str(desk.fulfil(questions(6))) == "ask: 0 calls, 6 paid already"
    assert desk.attempts() == [(0, "ok")] * 6
    Path(copy).rename(path)
    Ledger(desk.warehouse, desk.settings(), "later")
    assert desk.attempts() == [(0, "ok")] * 6
    assert desk.spooled() == []
    assert scripted_server.counts().count_requests == 6


def test_kill_9_costs_at_most_the_calls_in_flight(desk: Desk, scripted_server: RunningServer) -> None:
    """A process is killed in the midst of its calls; the next run pays for the rest and the four that were open."""
    scripted_server.script(latency_seconds=0.05)
    desk.settings(endpoints={"scripted": {"limits": {"concurrency": 4}}})
    program = f"""if True:
        import asyncio
        from pathlib import Path
        from benchbuilder.ledger import Ledger
        from benchbuilder.settings import load_settings
        from benchbuilder.warehouse import Warehouse
        from tests.unit.ledger.conftest import questions
        async def run():
            settings = load_settings(Path({str(desk.scene.folder / "benchbuilder.toml")!r}))
            async with Ledger(Warehouse(settings.state_dir), settings, "killed") as ledger:
                await ledger.fulfil("ask", questions(60))
        asyncio.run(run())
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment)
    deadline = time.monotonic() + 30
    while scripted_server.counts().count_requests < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert desk.attempts() == []
    report = desk.fulfil(questions(60))
    assert report.count_paid >= 16
    assert report.count_paid + report.count_calls == 60
    assert len(desk.attempts()) == 60
    assert scripted_server.counts().count_requests <= 64
    assert desk.spooled() == []


def test_a_cancelled_run_keeps_what_was_paid(desk: Desk, scripted_server: RunningServer) -> None:
    """What had come in is appended on the way out."""
    scripted_server.script(latency_seconds=0.1)

    async def run() -> None:
        settings = desk.settings(endpoints=ONE_AT_A_TIME)
        async with Ledger(desk.warehouse, settings, "cancelled") as ledger, asyncio.timeout(0.5):
            await ledger.fulfil("ask", questions(50))

    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert 1 <= len(desk.attempts()) <= 5
    assert desk.spooled() == []
