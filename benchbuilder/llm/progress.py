"""How far model traffic has come: for a log every few seconds, and for whoever watches."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

_logger = logging.getLogger("benchbuilder.llm")
REPORT_EVERY_SECONDS = 5.0


class Progress:
    """Counts of one batch.

    Attributes:
        label: what is asked.
        count_wanted: requests in all; None while they are still being planned.
        count_done: requests that are over, paid before or now.
        count_paid: of these, paid before; they say nothing of the pace.
        states: calls by state.
        cost_usd: of these calls.
    """

    def __init__(self, label: str, count_wanted: int | None, count_paid: int = 0) -> None:
        self.label, self.count_wanted = label, count_wanted
        self.count_done, self.count_paid, self.cost_usd = count_paid, count_paid, 0.0
        self.states: Counter[str] = Counter()
        self._started = time.monotonic()

    @property
    def calls_per_second(self) -> float:
        """Since the beginning."""
        return self.states.total() / max(time.monotonic() - self._started, 1e-9)

    @property
    def share_done(self) -> float | None:
        """0 to 1; None while nobody knows of how many."""
        return self.count_done / self.count_wanted if self.count_wanted else None

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None while nobody knows of how many."""
        count_now = self.count_done - self.count_paid
        if not self.count_wanted or not count_now:
            return None
        return (self.count_wanted - self.count_done) * (time.monotonic() - self._started) / count_now

    def __str__(self) -> str:
        """E.g. `judge: 120 of 1,200 done, 4.0 calls a second, 3 api_error, 0.12 USD, 270 s left`."""
        of_all = f" of {self.count_wanted:,}" if self.count_wanted else ""
        failed = "".join(f", {count:,} {state}" for state, count in sorted(self.states.items()) if state != "ok")
        cost = f", {self.cost_usd:.4f} USD" if self.cost_usd else ""
        left = "" if self.seconds_left is None else f", {self.seconds_left:.0f} s left"
        pace = f"{self.calls_per_second:.1f} calls a second"
        return f"{self.label}: {self.count_done:,}{of_all} done, {pace}{failed}{cost}{left}"


Watch = Callable[[Progress], Awaitable[None]]


@asynccontextmanager
async def reported(progress: Progress, watch: Watch | None) -> AsyncIterator[None]:
    """Log `progress` and show it to `watch` every few seconds meanwhile; a watcher never stops the traffic."""

    async def report() -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_SECONDS)
            _logger.info("%s", progress)
            await _show(progress, watch)

    reporter = asyncio.create_task(report())
    try:
        yield
    finally:
        reporter.cancel()
        await _show(progress, watch)


async def _show(progress: Progress, watch: Watch | None) -> None:
    if watch is not None:
        try:
            await watch(progress)
        except Exception:
            _logger.debug("progress could not be shown", exc_info=True)
