"""One turnstile keeps all calls of an endpoint to its limits, and to the pause that it asked for."""

import asyncio
import time

import pytest

from benchbuilder.llm.limits import CHARACTERS_PER_TOKEN, Limits, Turnstile

NAMES = ("concurrency", "requests_per_minute", "tokens_per_minute", "timeout_seconds", "deadline_seconds")


async def count_through(turnstile: Turnstile, seconds: float, *, count_characters: int = 0, max_tokens: int = 0) -> int:
    """How many of ten calls of one size are let through in so long."""
    calls = [asyncio.create_task(turnstile.wait(count_characters, max_tokens)) for _ in range(10)]
    await asyncio.sleep(seconds)
    for call in calls:
        call.cancel()
    return sum(call.done() and not call.cancelled() for call in calls)


def test_without_limits_nobody_waits() -> None:
    """Ten at once."""
    assert asyncio.run(count_through(Turnstile(Limits()), 0)) == 10


def test_requests_per_minute_are_kept() -> None:
    """Four a minute: four go through, the others wait."""
    assert asyncio.run(count_through(Turnstile(Limits(requests_per_minute=4)), 0.05)) == 4


def test_who_waits_goes_through_when_there_is_room() -> None:
    """At 600 a minute, the bucket full, one more each tenth of a second."""

    async def run() -> float:
        turnstile = Turnstile(Limits(requests_per_minute=600))
        for _ in range(600):
            await turnstile.wait(0, 0)
        started = time.monotonic()
        await turnstile.wait(0, 0)
        return time.monotonic() - started

    assert 0.02 <= asyncio.run(run()) <= 1


@pytest.mark.parametrize(("count_characters", "max_tokens"), [(0, 30), (30 * CHARACTERS_PER_TOKEN, 0), (40, 20)])
def test_tokens_per_minute_count_what_is_sent_and_what_may_come(count_characters: int, max_tokens: int) -> None:
    """Calls of 30 tokens at 100 a minute: three."""
    through = count_through(
        Turnstile(Limits(tokens_per_minute=100)), 0.05, count_characters=count_characters, max_tokens=max_tokens
    )
    assert asyncio.run(through) == 3


def test_a_call_larger_than_a_minute_takes_a_minute_and_not_for_ever() -> None:
    """It goes through as soon as the bucket is empty; the next one waits."""
    through = count_through(Turnstile(Limits(tokens_per_minute=100)), 0.05, max_tokens=10_000)
    assert asyncio.run(through) == 1


def test_a_pause_holds_everybody() -> None:
    """Also those who came through the limits while it began; a longer one prolongs it, a shorter one does not."""

    async def run() -> tuple[int, float]:
        turnstile = Turnstile(Limits(requests_per_minute=1000))
        turnstile.pause(0.2)
        turnstile.pause(0.1)
        held = await count_through(turnstile, 0.15)
        started = time.monotonic()
        await turnstile.wait(0, 0)
        return held, time.monotonic() - started

    held, waited = asyncio.run(run())
    assert held == 0
    assert 0.02 <= waited <= 0.5


def test_a_pause_that_begins_while_one_waits_for_its_turn_holds_it_too() -> None:
    """Its turn comes after a tenth of a second, the pause ends after three."""

    async def run() -> float:
        turnstile = Turnstile(Limits(requests_per_minute=600))
        for _ in range(600):
            await turnstile.wait(0, 0)
        started = time.monotonic()
        waiting = asyncio.create_task(turnstile.wait(0, 0))
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
