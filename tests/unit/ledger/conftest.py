"""A state folder, the endpoint behind it, and what one run makes of some requests."""

import asyncio
import copy
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchbuilder.ledger import Ledger, Reading, Report
from benchbuilder.ledger.traffic import Settle
from benchbuilder.llm.requests import Request
from benchbuilder.schemas import frame_of
from benchbuilder.settings import Settings, load_settings
from benchbuilder.warehouse import Warehouse
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

ONE_AT_A_TIME = {"scripted": {"limits": {"concurrency": 1, "timeout_seconds": 10, "deadline_seconds": 1}}}
PRICED = {"model-50": {"endpoint": "scripted", "usd_per_million_tokens_in": 1e6, "usd_per_million_tokens_out": 2e6}}


def questions(count: int, model: str = "model-50") -> list[Request]:
    """So many different prompts for one model."""
    return [
        Request("answer", model, "", {"prompt": f"What is {number} x {number}?"}, {"served_model": model})
        for number in range(count)
    ]


def completions(attempts: list[tuple[str, int, str]]) -> pl.DataFrame:
    """Rows of `completions` with these keys, attempts and states; each text is one of its own."""
    shared = {"kind": "answer", "model": "m", "revision": "", "template": "", "template_sha256": ""}
    shared |= {"latency_seconds": 0.0, "completed_at": datetime(2026, 1, 1, tzinfo=UTC)}
    rows: list[dict[str, Any]] = [
        {"request_key": key, "attempt": attempt, "state": state, "text": f"{key[:8]} {attempt}", **shared}
        for key, attempt, state in attempts
    ]
    return frame_of("completions", rows)


@dataclass
class Desk:
    """One state folder and the endpoint behind it; each `fulfil` is a run of its own unless it is told otherwise."""

    scene: Scene
    warehouse: Warehouse
    count_runs: int = 0

    def settings(self, **tables: Any) -> Settings:
        """The settings with tables changed."""
        self.scene.tables = copy.deepcopy(tables)
        for endpoint in self.scene.tables.get("endpoints", {}).values():
            endpoint.setdefault("base_url", self.scene.base_url)
        return load_settings(self.scene.config)

    def fulfil(
        self,
        requests: Iterable[Request],
        read: Reading | None = None,
        run_id: str | None = None,
        settle: Settle | None = None,
        **tables: Any,
    ) -> Report:
        """What one run makes of it."""
        self.count_runs += 1

        async def run() -> Report:
            async with Ledger(self.warehouse, self.settings(**tables), run_id or f"run {self.count_runs}") as ledger:
                return await ledger.fulfil("ask", requests, read, settle)

        return asyncio.run(run())

    def attempts(self) -> list[tuple[int, str]]:
        """Attempt and state of every call on record, the calls about one request together."""
        return self.warehouse.read("select attempt, state from completions order by request_key, attempt").rows()

    def spooled(self) -> list[Path]:
        """Files that lie in the spool."""
        return sorted((self.warehouse.state_dir / "spool").iterdir())


@pytest.fixture
def desk(tmp_path: Path, scripted_server: RunningServer) -> Desk:
    """A new warehouse, and models that behave."""
    scene = Scene(tmp_path, scripted_server.base_url, [tmp_path / "crowd.jsonl"])
    return Desk(scene, Warehouse(scene.state_dir))
