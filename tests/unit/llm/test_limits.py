"""One turnstile keeps all calls of an endpoint to its limits, and to the pause that it asked for."""

import asyncio
import time

import pytest

from benchbuilder.llm.limits import Limits, StoppedError, Turnstile, shared_turnstile

NAMES = ("concurrency", "requests_per_minute", "tokens_per_minute", "timeout_seconds", "deadline_seconds")


async def count_through(turnstile: Turnstile, seconds: float, count_tokens: float = 0) -> int:
    """How many of ten calls of one size are let through in so long."""
    calls = [asyncio.create_task(turnstile.wait(count_tokens)) for _ in range(10)]
    await asyncio.sleep(seconds)
    for call in calls:
        call.cancel()
    return sum(call.done() and not call.cancelled() for call in calls)


async def through(limits: Limits, seconds: float, count_tokens: float = 0) -> int:
    """The same of a new turnstile."""
    return await count_through(Turnstile(limits), seconds, count_tokens)


def test_without_limits_nobody_waits() -> None:
    """Ten at once."""
    assert asyncio.run(through(Limits(), 0.01, count_tokens=1e9)) == 10


def test_requests_per_minute_are_spread_over_the_minute() -> None:
    """A second's worth at once: of 240 a minute four, of 30 one; the others wait."""
    assert asyncio.run(through(Limits(requests_per_minute=240), 0.05)) == 4
    assert asyncio.run(through(Limits(requests_per_minute=30), 0.05)) == 1


def test_who_waits_goes_through_when_there_is_room() -> None:
    """At 600 a minute, the bucket full, one more each tenth of a second."""

    async def run() -> float:
        turnstile = Turnstile(Limits(requests_per_minute=600))
        for _ in range(10):
            await turnstile.wait(0)
        started = time.monotonic()
        await turnstile.wait(0)
        return time.monotonic() - started

    assert 0.02 <= asyncio.run(run()) <= 1


def test_tokens_per_minute_count_what_is_sent_and_may_come() -> None:
    """Calls of 30 tokens at 100 a second: three at once."""
    assert asyncio.run(through(Limits(tokens_per_minute=6000), 0.05, count_tokens=30)) == 3


def test_a_call_larger_than_the_bucket_pays_for_all_of_it() -> None:
    """250 tokens at 100 a second take a second and a half, and the others wait for as long."""

    async def run() -> float:
        turnstile = Turnstile(Limits(tokens_per_minute=6000))
        started = time.monotonic()
        await turnstile.wait(250)
        return time.monotonic() - started

    assert asyncio.run(run()) >= 1.4


def test_who_waits_is_told_when_no_call_shall_start() -> None:
    """In the limiter and in a pause; nobody waits for a turn that leads nowhere."""

    async def run(turnstile: Turnstile, pause_seconds: float) -> None:
        stopping = asyncio.Event()
        await turnstile.wait(0)
        turnstile.pause(pause_seconds)
        waiting = asyncio.create_task(turnstile.wait(0, stopping))
        await asyncio.sleep(0.01)
        stopping.set()
        await waiting

    for limits, pause_seconds in ((Limits(requests_per_minute=1), 0), (Limits(), 60)):
        with pytest.raises(StoppedError):
            asyncio.run(run(Turnstile(limits), pause_seconds))


def test_the_steps_of_a_run_share_a_turnstile() -> None:
    """By endpoint and limits; another event loop has its own."""

    async def run() -> Turnstile:
        limits = Limits(requests_per_minute=3)
        assert shared_turnstile("a", limits) is shared_turnstile("a", Limits(requests_per_minute=3))
        assert shared_turnstile("a", limits) is not shared_turnstile("b", limits)
        assert shared_turnstile("a", limits) is not shared_turnstile("a", Limits())
        return shared_turnstile("a", limits)

    assert asyncio.run(run()) is not asyncio.run(run())


def test_a_pause_holds_everybody() -> None:
    """Also those who came through the limits while it began; a longer one prolongs it, a shorter one does not."""

    async def run() -> tuple[int, float]:
        turnstile = Turnstile(Limits(requests_per_minute=1000))
        turnstile.pause(0.2)
        turnstile.pause(0.1)
        held = await count_through(turnstile, 0.15)
        started = time.monotonic()
        await turnstile.wait(0)
        return held, time.monotonic() - started

    held, waited = asyncio.run(run())
    assert held == 0
    assert 0.02 <= waited <= 0.5


def test_a_pause_that_begins_while_one_waits_for_its_turn_holds_it_too() -> None:
    """Its turn comes after a tenth of a second, the pause ends after three."""

    async def run() -> float:
        turnstile = Turnstile(Limits(requests_per_minute=600))
        for _ in range(10):
            await turnstile.wait(0)
        started = time.monotonic()
        waiting = asyncio.create_task(turnstile.wait(0))
        await asyncio.sleep(0.02)
        turnstile.pause(0.3)
        await waiting
        return time.monotonic() - started

    assert asyncio.run(run()) >= 0.3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_limit_that_nothing_could_keep_is_refused(name: str, value: float) -> None:
    """By its name; 0 is no way to say none."""
    with pytest.raises(ValueError, match=f"^{name} must be"):
        Limits(**{name: value})  # pyright: ignore[reportArgumentType] - as a settings file may have it
