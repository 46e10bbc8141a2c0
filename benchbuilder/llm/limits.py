"""How an endpoint may be used, and the waiting that keeps to it."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from math import inf
from typing import Any
from weakref import WeakKeyDictionary

from aiolimiter import AsyncLimiter

CHARACTERS_PER_TOKEN = 4  # close enough for a limit; what was really used is on the bill


@dataclass(frozen=True)
class Limits:
    """The limits of one endpoint; none of them is part of a request_key.

    Attributes:
        concurrency: calls in flight.
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit.
        timeout_seconds: of one try, from its sending to the last byte.
        deadline_seconds: of one call with all its tries; past it no other begins.
    """

    concurrency: int = 16
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout_seconds: float = 300
    deadline_seconds: float = 900

    def __post_init__(self) -> None:
        for name in ("concurrency", "requests_per_minute", "tokens_per_minute"):
            count = getattr(self, name)
            if count is not None and not 1 <= count < inf:
                raise ValueError(f"{name} must be at least 1, not {count}")
        for name in ("timeout_seconds", "deadline_seconds"):
            if not 0 < getattr(self, name) < inf:
                raise ValueError(f"{name} must be a number over 0, not {getattr(self, name)}")


class StoppedError(Exception):
    """Who waited for a turn was told that no call shall start any more."""


class Turnstile:
    """Lets one call after the other through; `pause` holds all of them back."""

    def __init__(self, limits: Limits) -> None:
        self._requests = _limiter(limits.requests_per_minute)
        self._tokens = _limiter(limits.tokens_per_minute)
        self._taking_tokens = asyncio.Lock()
        self._resumes_at = 0.0

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._resumes_at = max(self._resumes_at, time.monotonic() + seconds)

    async def wait(self, count_tokens: float, stopping: asyncio.Event | None = None) -> None:
        """Wait for the turn of a call that sends and may bring so many tokens.

        Raises:
            StoppedError: `stopping` was set meanwhile.
        """
        if self._requests or self._tokens:
            await unless(stopping, self._acquire(count_tokens))
        # The pause comes last, for one may begin while others wait above; and a later 429 may prolong it.
        while (pause := self._resumes_at - time.monotonic()) > 0:
            await unless(stopping, asyncio.sleep(pause))

    async def _acquire(self, count_tokens: float) -> None:
        if self._requests:
            await self._requests.acquire()
        if self._tokens:
            async with self._taking_tokens:  # one call after the other, or all would come through late
                while count_tokens > 0:  # one that is larger than the bucket takes it several times
                    part = min(count_tokens, self._tokens.max_rate)
                    await self._tokens.acquire(part)
                    count_tokens -= part


def _limiter(per_minute: float | None) -> AsyncLimiter | None:
    """One that lets no more than a second's worth through at once, so that a minute never holds two of them."""
    if per_minute is None:
        return None
    at_once = max(1.0, per_minute / 60)
    return AsyncLimiter(at_once, 60 * at_once / per_minute)


async def unless(stopping: asyncio.Event | None, waiting: Coroutine[Any, Any, None]) -> None:
    """Wait, but no longer than until `stopping` is set.

    Raises:
        StoppedError: it was.
    """
    if stopping is None:
        await waiting
        return
    both = [asyncio.ensure_future(waiting), asyncio.ensure_future(stopping.wait())]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in both:
            each.cancel()
    if stopping.is_set():
        raise StoppedError
    both[0].result()


_of_each_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, Limits], Turnstile]] = WeakKeyDictionary()


def shared_turnstile(endpoint: str, limits: Limits) -> Turnstile:
    """The turnstile of an endpoint in this event loop: the steps of a run come one after the other through the same."""
    of_loop = _of_each_loop.setdefault(asyncio.get_running_loop(), {})
    return of_loop.setdefault((endpoint, limits), Turnstile(limits))
