"""The pool of workers is bounded, hands over every reply, and stops at the first failure."""

import asyncio
from collections import Counter

import pytest

from benchbuilder.errors import BudgetError, EndpointOutError
from benchbuilder.llm.batch import run_batch
from benchbuilder.llm.requests import Reply, Request

REQUESTS = [Request("answer", "m", "", {"prompt": str(number)}, {"served_model": "m"}) for number in range(40)]


def test_every_reply_is_handed_over_and_no_more_than_allowed_are_in_flight() -> None:
    """Forty calls, five at a time."""
    in_flight, most, seen = 0, 0, Counter[str]()

    async def ask(request: Request) -> Reply:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0.001)
        in_flight -= 1
        return Reply("ok", text=request.values["prompt"])

    counts = asyncio.run(
        run_batch(
            REQUESTS, ask, lambda request, _reply, _s: seen.update([request.request_key]), concurrency=5, label="x"
        )
    )
    assert counts == {"ok": 40}
    assert most == 5
    assert set(seen.values()) == {1}
    assert len(seen) == 40


def test_the_first_failure_stops_the_pool_and_keeps_what_came() -> None:
    """No call starts after it; the exception is raised as itself, not as a group."""
    started, kept = [], []

    async def ask(request: Request) -> Reply:
        started.append(request)
        await asyncio.sleep(0.001)
        if len(started) > 10:
            raise EndpointOutError("out")
        return Reply("ok")

    with pytest.raises(EndpointOutError, match="out"):
        asyncio.run(run_batch(REQUESTS, ask, lambda *told: kept.append(told), concurrency=2, label="x"))
    assert 9 <= len(kept) <= 10
    assert len(started) <= 12


def test_calls_in_flight_come_home_when_the_pool_stops() -> None:
    """They are paid: the one that cannot start stops the others from starting, not from arriving."""
    kept = []

    async def ask(request: Request) -> Reply:
        if request.values["prompt"] == "3":
            raise BudgetError("the cap is reached")
        await asyncio.sleep(0.05)
        return Reply("ok", text=request.values["prompt"])

    def keep(request: Request, _reply: Reply, _seconds: float) -> None:
        kept.append(request.values["prompt"])

    with pytest.raises(BudgetError, match="the cap is reached"):
        asyncio.run(run_batch(REQUESTS, ask, keep, concurrency=4, label="x"))
    assert kept == ["0", "1", "2"]


def test_a_reply_that_cannot_be_kept_stops_the_pool() -> None:
    """A full disk is no reason to go on paying."""
    asked = []

    async def ask(request: Request) -> Reply:
        asked.append(request)
        await asyncio.sleep(0)
        return Reply("ok")

    def keep(*_told: object) -> None:
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        asyncio.run(run_batch(REQUESTS, ask, keep, concurrency=3, label="x"))
    assert len(asked) == 3
