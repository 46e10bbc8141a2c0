"""A pool of workers over a queue of requests: bounded, stoppable, one result at a time.

The workers are as many as the endpoint takes calls in flight, not as many as there are requests.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from benchbuilder.llm.requests import Reply, Request

_logger = logging.getLogger("benchbuilder.llm")
_REPORT_EVERY_SECONDS = 5.0

OnReply = Callable[[Request, Reply, float], None]


async def run_batch(
    requests: Sequence[Request],
    ask: Callable[[Request], Awaitable[Reply]],
    on_reply: OnReply,
    *,
    concurrency: int,
    label: str,
) -> Counter[str]:
    """Ask every request; hand each reply to `on_reply(request, reply, seconds)` as it comes.

    The first exception of `ask` or `on_reply` (an endpoint that is out, a budget that is spent) stops the pool: no new
    call starts, those in flight come home to `on_reply`, for they are paid, and then it is raised. Only a cancellation
    gives them up.

    Returns:
        Replies by state.
    """
    waiting = iter(requests)
    progress = _Progress(label, len(requests))
    errors: list[Exception] = []

    async def work() -> None:
        while not errors and (request := next(waiting, None)) is not None:
            started = time.monotonic()
            try:
                reply = await ask(request)
                on_reply(request, reply, time.monotonic() - started)
            except Exception as error:  # noqa: BLE001 - raised below, when the others are home
                errors.append(error)
            else:
                progress.add(reply.state)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(concurrency, len(requests))):
            group.create_task(work())
    if errors:
        raise errors[0]
    return progress.counts


class _Progress:
    """One line every few seconds: how many of how many, how fast, how long still."""

    def __init__(self, label: str, count_requests: int) -> None:
        self.counts: Counter[str] = Counter()
        self._label = label
        self._count_requests = count_requests
        self._started = self._reported = time.monotonic()

    def add(self, state: str) -> None:
        self.counts[state] += 1
        now = time.monotonic()
        if now - self._reported >= _REPORT_EVERY_SECONDS:
            self._reported = now
            count = self.counts.total()
            rate = count / (now - self._started)
            others = "".join(f"{n} {name}, " for name, n in sorted(self.counts.items()) if name != "ok")
            _logger.info(
                "%s: %d of %d calls, %.1f a second, %s%d s left",
                self._label,
                count,
                self._count_requests,
                rate,
                others,
                (self._count_requests - count) / rate,
            )
