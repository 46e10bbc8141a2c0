"""How an endpoint may be used, and the waiting that keeps to it."""

import asyncio
import time
from dataclasses import dataclass
from math import inf

from aiolimiter import AsyncLimiter

CHARACTERS_PER_TOKEN = 4  # close enough for a limit; what was really used is on the bill


@dataclass(frozen=True)
class Limits:
    """The limits of one endpoint; none of them is part of a request_key.

    Attributes:
        concurrency: calls in flight.
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit.
        timeout_seconds: of one try.
        deadline_seconds: of one call with all its tries; past it the endpoint counts as out.
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


class Turnstile:
    """Lets one call after the other through; `pause` holds all of them back."""

    def __init__(self, limits: Limits) -> None:
        self._requests = AsyncLimiter(limits.requests_per_minute) if limits.requests_per_minute else None
        self._tokens = AsyncLimiter(limits.tokens_per_minute) if limits.tokens_per_minute else None
        self._resumes_at = 0.0

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._resumes_at = max(self._resumes_at, time.monotonic() + seconds)

    async def wait(self, count_characters: int, max_tokens: int) -> None:
        """Wait for the turn of a call of this size; the pause comes last, for one may begin while others wait here."""
        if self._requests:
            await self._requests.acquire()
        if self._tokens:
            wanted = count_characters / CHARACTERS_PER_TOKEN + max_tokens
            await self._tokens.acquire(min(wanted, self._tokens.max_rate))
        while (pause := self._resumes_at - time.monotonic()) > 0:  # noqa: ASYNC110 - a later 429 may prolong it
            await asyncio.sleep(pause)
