"""The one place where model traffic and warehouse meet: what is asked for, minus what is paid.

`fulfil` plans (skips what is paid), calls, spools and appends, until every request is in a final state or has failed as
often as one run may try. Running it twice costs nothing; a kill costs at most the calls in flight.
"""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import orjson
import polars as pl

from benchbuilder.errors import IncompleteError, Unparsable
from benchbuilder.llm.batch import run_batch
from benchbuilder.llm.budget import Budget
from benchbuilder.llm.requests import Completion, Reply, Request
from benchbuilder.llm.spool import Spool, left_behind
from benchbuilder.schemas import RELATIONS, frame_of
from benchbuilder.settings import Settings
from benchbuilder.warehouse import Warehouse, Writer

if TYPE_CHECKING:
    from benchbuilder.llm.endpoint import Endpoint

_logger = logging.getLogger("benchbuilder.ledger")
_APPEND_AFTER_CALLS = 500
_APPEND_AFTER_SECONDS = 20.0


class Counted(NamedTuple):
    """The attempt that counts for one request."""

    state: str
    reason: str | None
    text: str | None
    logprobs: Mapping[str, float] | None
    count_attempts: int
    count_ok: int
    count_truncated: int
    count_refused: int


Reading = Callable[[Counted], Any]
"""Reads an ok or truncated reply; gives an Unparsable where it cannot. A pure function of a step."""


@dataclass
class Report:
    """What one `fulfil` did; `str()` of it is what people read."""

    label: str
    count_wanted: int
    count_paid: int = 0
    states: Counter[str] = field(default_factory=Counter)
    count_open: int = 0
    cost_usd: float = 0.0

    @property
    def count_calls(self) -> int:
        """Calls made."""
        return self.states.total()

    def __str__(self) -> str:
        """E.g. `judge: 12 calls, 1,188 paid already`."""
        failed = "".join(f", {count:,} {state}" for state, count in sorted(self.states.items()) if state != "ok")
        left = f", {self.count_open:,} still open" if self.count_open else ""
        cost = f", {self.cost_usd:.4f} USD" if self.cost_usd else ""
        return f"{self.label}: {self.count_calls:,} calls, {self.count_paid:,} paid already{failed}{left}{cost}"

    def check_complete(self) -> None:
        """Raise where a later run has to take something up.

        Raises:
            IncompleteError: some requests ended as api_error.
        """
        if self.count_open:
            raise IncompleteError(str(self))


class Ledger:
    """All model traffic of one run. Use it as an async context manager; it closes clients and spool."""

    def __init__(self, warehouse: Warehouse, settings: Settings, run_id: str) -> None:
        self.warehouse = warehouse
        self.settings = settings
        self.run_id = run_id
        self._spool: Spool | None = None
        self._endpoints: dict[tuple[str, bool], Endpoint] = {}
        self._appended_at = time.monotonic()
        self.merge()
        spent = warehouse.read(
            "select count(*) as calls, coalesce(sum(cost_usd), 0) as usd from completions where run_id = $run_id",
            run_id=run_id,
        ).row(0, named=True)
        self.budget = Budget(settings.budget.usd, settings.budget.calls, float(spent["usd"]), spent["calls"])

    async def __aenter__(self) -> Self:
        """Nothing to open: clients are made when they are needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Append what is pending and close everything; the spool keeps what cannot be appended for the next run."""
        try:
            self._append_pending()
        finally:
            if self._spool:
                self._spool.close()
            for endpoint in self._endpoints.values():
                await endpoint.close()

    async def fulfil(self, label: str, requests: Sequence[Request], read: Reading | None = None) -> Report:
        """Ask for what is not paid yet.

        Args:
            label: what people read in progress and logs.
            requests: all that is wanted, paid or not; of one model.
            read: reads a reply; where it gives Unparsable, the call is made again as often as the settings allow.

        Raises:
            EndpointError: the model cannot be asked at all. What was paid before is kept.
            BudgetError: the cap is reached, likewise.
        """
        self.merge()
        wanted = {request.request_key: request for request in requests}
        report = Report(label, len(wanted))
        failures: Counter[str] = Counter()
        due = self._plan(wanted, read, failures)
        report.count_paid = len(wanted) - len(due)
        while due:
            await self._call(due, report, failures)
            due = self._plan(wanted, read, failures)
        report.count_open = len(self._plan(wanted, read, Counter()))
        _logger.info("%s", report)
        return report

    def counted(self, requests: Sequence[Request]) -> dict[str, Counted]:
        """The attempt that counts, by request_key; a request that was never tried is not in it."""
        keys = pl.DataFrame([request.request_key for request in requests], {"request_key": pl.String})
        rows = self.warehouse.read(
            "select request_key, state, reason, text, logprobs,"
            " count_attempts, count_ok, count_truncated, count_refused"
            " from completions_counted semi join wanted using (request_key)",
            frames={"wanted": keys},
        )
        return {
            key: Counted(state, reason, text, orjson.loads(logprobs) if logprobs else None, *counts)
            for key, state, reason, text, logprobs, *counts in rows.iter_rows()
        }

    def settled(self, requests: Sequence[Request], read: Reading | None = None) -> dict[str, Counted]:
        """What a later run would not ask again, by request_key: only this may become a row that stays."""
        counted = self.counted(requests)
        return {key: reply for key, reply in counted.items() if not self._is_due(reply, read, 0)}

    def merge(self) -> None:
        """Append what runs that are over had paid for and could not append."""
        with left_behind(self.warehouse.state_dir / "spool") as files:
            if not files:
                return
            with self.warehouse.write() as writer:
                for file in files:
                    _append(writer, file.completions)
            for file in files:
                file.path.unlink(missing_ok=True)
                _logger.info("merged %d calls that an earlier run had paid for", len(file.completions))

    def _plan(
        self, wanted: Mapping[str, Request], read: Reading | None, failures: Counter[str]
    ) -> list[tuple[Request, int]]:
        """What is due, with the number of its next attempt."""
        self._append_pending()
        counted = self.counted(list(wanted.values()))
        return [
            (request, counted[key].count_attempts if key in counted else 0)
            for key, request in wanted.items()
            if self._is_due(counted.get(key), read, failures[key])
        ]

    def _is_due(self, counted: Counted | None, read: Reading | None, count_failures: int) -> bool:
        """Whether to ask (again); `count_failures` are the api_errors of this run, the rest counts over all runs."""
        limits = self.settings.attempts
        if count_failures >= limits.api_error:
            return False
        if counted is None or counted.state == "api_error":
            return True
        if counted.state == "refused":
            return counted.count_refused < limits.refused
        if counted.state == "truncated":
            return counted.count_truncated < limits.truncated
        # An unread reply that was followed by a refusal is still the one that counts, so those are attempts too.
        count_answered = counted.count_ok + counted.count_truncated + counted.count_refused
        return count_answered < limits.unparsable and read is not None and isinstance(read(counted), Unparsable)

    async def _call(self, due: Sequence[tuple[Request, int]], report: Report, failures: Counter[str]) -> None:
        endpoint = await self._endpoint(due[0][0])
        attempts = {request.request_key: attempt for request, attempt in due}

        async def ask(request: Request) -> Reply:
            self.budget.start_call()
            return await endpoint.ask(request)

        def on_reply(request: Request, reply: Reply, seconds: float) -> None:
            completion = self._completion(request, reply, attempts[request.request_key], seconds)
            self._put_on_record(completion)
            failures[request.request_key] += completion.state == "api_error"
            report.states[completion.state] += 1
            report.cost_usd += completion.cost_usd or 0.0

        try:
            await run_batch(
                [request for request, _ in due],
                ask,
                on_reply,
                concurrency=endpoint.limits.concurrency,
                label=report.label,
            )
        finally:
            self._append_pending()

    def _completion(self, request: Request, reply: Reply, attempt: int, seconds: float) -> Completion:
        model = self.settings.models[request.model]
        return Completion(
            request_key=request.request_key,
            attempt=attempt,
            kind=request.kind,
            model=request.model,
            revision=request.revision,
            template=request.template,
            template_sha256=request.template_sha256,
            completed_at=datetime.now(UTC),
            run_id=self.run_id,
            cost_usd=model.cost_usd(reply.count_tokens_in, reply.count_tokens_out),
            latency_seconds=seconds,
            prompt_ids=request.prompt_ids,
            **{name: getattr(reply, name) for name in Reply.__dataclass_fields__},
        )

    def _put_on_record(self, completion: Completion) -> None:
        """Spool first; append to the warehouse now and then."""
        if self._spool is None:
            self._spool = Spool(self.warehouse.state_dir / "spool")
        self._spool.write(completion)
        self.budget.pay(completion.cost_usd)
        is_late = time.monotonic() - self._appended_at > _APPEND_AFTER_SECONDS
        if is_late or len(self._spool.pending) >= _APPEND_AFTER_CALLS:
            self._append_pending()

    def _append_pending(self) -> None:
        if self._spool and self._spool.pending:
            with self.warehouse.write() as writer:
                _append(writer, self._spool.pending)
            self._spool.clear()
        self._appended_at = time.monotonic()

    async def _endpoint(self, request: Request) -> "Endpoint":
        """The shared client for this request's model, made when it is first needed."""
        from benchbuilder.llm.endpoint import Endpoint

        name = self.settings.models[request.model].endpoint
        is_embedding = request.kind == "embed"
        if (name, is_embedding) not in self._endpoints:
            told = self.settings.endpoints[name]
            base_url, is_embedded = told.base_url or "", told.kind == "embedded"
            if is_embedded:
                from benchbuilder.llm import embedded

                server = await asyncio.to_thread(embedded.running, self.settings.cache_dir)
                base_url = server.embeddings_url if is_embedding else server.chat_url
            key = self.settings.key_of(name)
            self._endpoints[name, is_embedding] = Endpoint(name, base_url, key, told.limits, is_embedded=is_embedded)
        return self._endpoints[name, is_embedding]


def _append(writer: Writer, completions: Sequence[Completion]) -> None:
    """Rows of `completions`, and of `embeddings` for the calls that brought vectors."""
    columns = RELATIONS["completions"].column_names()
    rows = [{name: getattr(completion, name) for name in columns} for completion in completions]
    for row in rows:
        row["logprobs"] = orjson.dumps(row["logprobs"]).decode() if row["logprobs"] else None
    writer.append("completions", frame_of("completions", rows))
    vectors = (
        {
            "prompt_id": prompt_id,
            "embedder": completion.model,
            "revision": completion.revision,
            "vector": _of_length_one(vector),
            "request_key": completion.request_key,
            "embedded_at": completion.completed_at,
        }
        for completion in completions
        for prompt_id, vector in zip(completion.prompt_ids, completion.vectors, strict=False)
    )
    writer.append("embeddings", frame_of("embeddings", vectors))


def _of_length_one(vector: Sequence[float]) -> list[float]:
    length = math.hypot(*vector)
    return [number / length for number in vector]
