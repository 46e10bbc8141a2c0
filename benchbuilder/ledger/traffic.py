"""One batch of requests: planned window by window, asked until each is settled or given up for this run."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from benchbuilder.ledger.counting import NEVER_ASKED, Counted, Reading, is_due
from benchbuilder.ledger.record import Record
from benchbuilder.ledger.report import Report
from benchbuilder.llm.batch import Pool
from benchbuilder.llm.budget import Budget
from benchbuilder.llm.limits import CHARACTERS_PER_TOKEN
from benchbuilder.llm.progress import Progress
from benchbuilder.llm.requests import Completion, Reply, Request
from benchbuilder.settings import Settings

if TYPE_CHECKING:
    from benchbuilder.llm.endpoint import Endpoint

WINDOW = 10_000  # requests that are planned together: what memory holds of them, and one look into the warehouse

Settle = Callable[[Request, Counted], None]
"""Takes a request that a later run would not ask again, with the reply that counts: only this may become a row."""


@dataclass(slots=True)
class Job:
    """One request that is due; `alike` are others with its key, which its reply answers too."""

    request: Request
    counted: Counted
    alike: list[Request] = field(default_factory=list)
    count_failures: int = 0


@dataclass
class Traffic:
    """What one `fulfil` works with.

    Attributes:
        settings: prices and attempts.
        budget: of the run.
        record: where paid calls go.
        run_id: of the run.
        find: requests → the attempts that count, by request_key.
        report: filled as it goes.
        progress: likewise.
        read: see `Ledger.fulfil`.
        settle: see `Settle`.
    """

    settings: Settings
    budget: Budget
    record: Record
    run_id: str
    find: Callable[[Sequence[Request]], dict[str, Counted]]
    report: Report
    progress: Progress
    read: Reading | None
    settle: Settle
    _at_work: dict[str, Job] = field(default_factory=dict)
    _counted: dict[str, Counted] = field(default_factory=dict)

    def plan(self, requests: Iterable[Request]) -> Iterator[Job]:
        """The jobs that are due; what is paid is settled on the way.

        A request that equals one at work waits for its reply, and one that equals one of this window that is over has
        it: what was looked up before does not know of either.
        """
        waiting = iter(requests)
        while window := deque(islice(waiting, WINDOW)):
            self._counted = self.find(window)
            for completion in self.record.pending:
                counted = self._counted.get(completion.request_key, NEVER_ASKED)
                self._counted[completion.request_key] = counted.then(completion)
            while window:  # one by one, so that a window is gone from memory before the next one is made
                request = window.popleft()
                if (job := self._planned(request, self._counted.get(request.request_key, NEVER_ASKED))) is not None:
                    yield job
            self._counted = {}

    def _planned(self, request: Request, counted: Counted) -> Job | None:
        self.report.count_wanted += 1
        if (twin := self._at_work.get(request.request_key)) is not None:
            twin.alike.append(request)
            self.report.count_paid += 1
            return None
        if is_due(counted, self.settings.attempts, self.read):
            job = self._at_work[request.request_key] = Job(request, counted)
            return job
        self.report.count_paid += 1
        self.progress.count_paid += 1
        self._settle(request, counted)
        return None

    async def ask_all(self, endpoint: "Endpoint", jobs: Iterator[Job]) -> None:
        """Ask every job's request until it is settled, or has failed as often as one run may try."""
        pool = Pool(endpoint.limits.concurrency)

        async def work(job: Job) -> None:
            while not pool.stopping.is_set():
                self.budget.start_call()
                await self._ask(endpoint, job, pool.stopping)
                if not is_due(job.counted, self.settings.attempts, self.read, job.count_failures):
                    self._finish(job)
                    return

        await pool.run(jobs, work)

    async def _ask(self, endpoint: "Endpoint", job: Job, stopping: asyncio.Event) -> None:
        started = time.monotonic()
        reply = await endpoint.ask(job.request, stopping)
        completion = self._completion(job, reply, time.monotonic() - started)
        self.record.put(completion)
        self.budget.pay(completion.cost_usd)
        job.counted = job.counted.then(reply)
        job.count_failures += reply.state == "api_error"
        for counted in (self.report, self.progress):
            counted.states[reply.state] += 1
            counted.cost_usd += completion.cost_usd or 0.0

    def _finish(self, job: Job) -> None:
        del self._at_work[job.request.request_key]
        self._counted[job.request.request_key] = job.counted
        if is_due(job.counted, self.settings.attempts, self.read):
            self.report.count_open += 1 + len(job.alike)
            self.report.count_paid -= len(job.alike)
            return
        for request in (job.request, *job.alike):
            self._settle(request, job.counted)

    def _settle(self, request: Request, counted: Counted) -> None:
        self.progress.count_done += 1
        self.settle(request, counted)

    def _cost_usd(self, request: Request, reply: Reply) -> float:
        """By the tokens that the endpoint told; of an answer without them by characters, or a cap would be blind."""
        count_in, count_out = reply.count_tokens_in, reply.count_tokens_out
        if reply.state != "api_error":
            if count_in is None:
                count_in = sum(map(len, request.values.values())) // CHARACTERS_PER_TOKEN
            if count_out is None:
                count_out = (len(reply.text or "") + len(reply.thinking or "")) // CHARACTERS_PER_TOKEN
        return self.settings.models[request.model].cost_usd(count_in, count_out)

    def _completion(self, job: Job, reply: Reply, seconds: float) -> Completion:
        request = job.request
        return Completion(
            request_key=request.request_key,
            attempt=job.counted.count_attempts,
            kind=request.kind,
            model=request.model,
            revision=request.revision,
            template=request.template,
            template_sha256=request.template_sha256,
            completed_at=datetime.now(UTC),
            run_id=self.run_id,
            cost_usd=self._cost_usd(request, reply),
            latency_seconds=seconds,
            prompt_ids=request.prompt_ids,
            **{name: getattr(reply, name) for name in Reply.__dataclass_fields__},
        )
