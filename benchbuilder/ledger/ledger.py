"""All model traffic of one run: its clients, its record, its budget."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Self

from benchbuilder.ledger.counting import KeyIndex, Reading
from benchbuilder.ledger.record import Record
from benchbuilder.ledger.report import Report
from benchbuilder.ledger.traffic import Settle, Traffic
from benchbuilder.llm.budget import Budget
from benchbuilder.llm.progress import Progress, Watch, reported
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings
from benchbuilder.warehouse import Warehouse

if TYPE_CHECKING:
    from benchbuilder.llm.endpoint import Endpoint

_logger = logging.getLogger("benchbuilder.ledger")


class Ledger:
    """All model traffic of one run. Use it as an async context manager; it closes clients and spool.

    `watch` is shown the progress every few seconds.
    """

    def __init__(self, warehouse: Warehouse, settings: Settings, run_id: str, watch: Watch | None = None) -> None:
        self.warehouse = warehouse
        self.settings = settings
        self.run_id = run_id
        self._watch = watch
        self._record = Record(warehouse)
        self._endpoints: dict[tuple[str, bool], Endpoint] = {}
        self._record.merge()
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
        """Append what is pending and close everything."""
        try:
            self._record.close()
        finally:
            for endpoint in self._endpoints.values():
                await endpoint.close()

    async def fulfil(
        self,
        label: str,
        requests: Iterable[Request],
        read: Reading | None = None,
        settle: Settle | None = None,
        *,
        count_known: int = 0,
    ) -> Report:
        """Ask for what is not paid yet.

        Args:
            label: what people read in progress and logs.
            requests: all that is wanted, paid or not; of one model. Taken as workers are free, and not kept.
            read: reads a reply; where it gives Unparsable, the call is made again as often as the settings allow.
            settle: takes what is settled, paid before or now, as it comes.
            count_known: requests that are not in `requests`, because what they would give is there already.

        Raises:
            EndpointError: the model cannot be asked at all. What was paid before is kept.
            BudgetError: the cap is reached, likewise.
        """
        self._record.merge()
        report = Report(label, count_known, count_known)
        progress = Progress(label, len(requests) + count_known if isinstance(requests, Sequence) else None, count_known)
        traffic = Traffic(
            settings=self.settings,
            budget=self.budget,
            record=self._record,
            run_id=self.run_id,
            find=KeyIndex(self.warehouse).find,
            report=report,
            progress=progress,
            read=read,
            settle=settle or (lambda _request, _counted: None),
        )
        jobs = traffic.plan(requests)
        try:
            if (first := next(jobs, None)) is not None:
                endpoint = await self._endpoint(first.request)
                async with reported(progress, self._watch):
                    await traffic.ask_all(endpoint, chain([first], jobs))
        finally:
            self._record.append_pending()
        _logger.info("%s", report)
        return report

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
