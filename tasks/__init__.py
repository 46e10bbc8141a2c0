"""One step per file: read from the warehouse, call benchbuilder, append. The only place with @task.

Two kinds. A *plain* step reads the world or asks models; what is done and paid lies in the warehouse, so Prefect caches
nothing: the step runs, finds nothing to do and says so. A *cached* step is pure and whole; Prefect skips it while its
inputs are the same. Both get a `Run` and give a small report. This module holds what they share; steps never import
each other.
"""

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.runtime import flow_run

from benchbuilder.errors import EndpointOutError, IncompleteError, LockTimeoutError, NothingToRunError, UsageError
from benchbuilder.llm.progress import Progress
from benchbuilder.settings import Settings, load_settings
from benchbuilder.text import digest_of, escape_for_message
from benchbuilder.warehouse import Warehouse

logger = logging.getLogger("benchbuilder.tasks")

_HOUR = 3600
_MOST_MISSING = 0.05
_RETRIES: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": [5, 30],
    "retry_jitter_factor": 0.3,
    "retry_condition_fn": lambda _task, _task_run, state: is_passing(state),
    "log_prints": False,
}


class Run:
    """What every step of one run shares. No dataclass, because Prefect would walk through its fields.

    Attributes:
        settings: as loaded.
        warehouse: of its state_dir.
        run_id: of the outermost flow run; costs and budget are counted by it.
        as_of: the only clock that data and due dates see.
        ignore_cache: whole steps run even where Prefect has their result.
    """

    def __init__(self, settings: Settings, as_of: datetime, *, ignore_cache: bool = False) -> None:
        self.settings = settings
        self.warehouse = Warehouse(settings.state_dir)
        self.run_id = str(flow_run.root_flow_run_id or "none")
        self.as_of = as_of
        self.ignore_cache = ignore_cache


def open_run(
    config: Path | None,
    state_dir: Path | None,
    as_of: datetime | None,
    *,
    ignore_cache: bool = False,
    cap_usd: float | None = None,
    cap_calls: int | None = None,
) -> Run:
    """Load the settings and open the warehouse; the caps stand beside those of the settings.

    Raises:
        SettingsError: a wrong value in the settings.
        WarehouseError: the state folder cannot be used.
    """
    settings = load_settings(config, state_dir)
    settings = settings.model_copy(update={"budget": settings.budget.at_most(cap_usd, cap_calls)})
    return Run(settings, as_of or datetime.now(UTC), ignore_cache=ignore_cache)


def is_passing(state: State[Any]) -> bool:
    """Whether a step failed for trouble that passes; everything else fails again when it is tried again."""
    return isinstance(state.data, EndpointOutError | LockTimeoutError)


class ProgressArtifact:
    """Shows how far a step's traffic has come as a progress artifact of its run; given to a `Ledger` as its watcher."""

    def __init__(self) -> None:
        self._id: UUID | None = None

    async def __call__(self, progress: Progress) -> None:
        """Make the artifact when there is something to show, then keep it up to date."""
        if progress.share_done is None:
            return
        percent = 100 * progress.share_done
        if self._id is None:
            key = "-".join(re.findall(r"[a-z0-9]+", progress.label.lower()))
            self._id = await acreate_progress_artifact(percent, key=key, description=str(progress))
        else:
            await aupdate_progress_artifact(self._id, percent, description=str(progress))


def plain_step(run_name: str) -> Callable[[Callable[..., Any]], Any]:
    """A task that reads the world or asks models: never cached by Prefect, retried where trouble passes.

    Args:
        run_name: what the row in the UI says, a template over the step's arguments.
    """
    return task(task_run_name=run_name, cache_policy=NO_CACHE, timeout_seconds=24 * _HOUR, **_RETRIES)


def cached_step(version: int, inputs: Callable[[Run], Any]) -> Callable[[Callable[..., Any]], Any]:
    """A pure task over everything there is: skipped while its inputs are the same.

    Args:
        version: raised when the step's code gives other results for the same inputs.
        inputs: what the step depends on, as JSON-like data: keys, settings, parser versions.
    """

    def key(context: TaskRunContext, parameters: dict[str, Any]) -> str | None:
        run: Run = parameters["run"]
        if run.ignore_cache:
            return None
        others = {name: value for name, value in parameters.items() if name != "run"}
        return digest_of([context.task.name, version, run.warehouse.warehouse_id, inputs(run), others])

    return task(
        cache_key_fn=key,
        persist_result=True,
        result_serializer="json",
        timeout_seconds=6 * _HOUR,
        **_RETRIES,
    )


def chunks(run: Run, most: int = 1000) -> list[str]:
    """First hex digits that cut the crowd into parts of about `most` prompts; a new prompt never shifts the others."""
    count_prompts = run.warehouse.read("select count(*) from prompts").item()
    digits = 0
    while count_prompts > most * 16**digits:
        digits += 1
    return [f"{number:0{digits}x}" if digits else "" for number in range(16**digits)]


def check_mostly_there(what: str, count_there: int, count_all: int) -> None:
    """Refuse to go on with a part of the crowd; a few prompts that no model takes hold nobody up.

    Raises:
        IncompleteError: more than a twentieth is missing.
    """
    if count_there < (1 - _MOST_MISSING) * count_all:
        raise IncompleteError(f"{count_all - count_there:,} of {count_all:,} prompts are not {what} yet")


def benchmark_of(run: Run, benchmark_id: str | None) -> str:
    """The version to work on: the one that is named, else the newest.

    Raises:
        NothingToRunError: there is no version yet.
        UsageError: the named one does not exist, or was imported and so has nothing that could be asked.
    """
    if benchmark_id is None:
        rows = run.warehouse.read("select benchmark_id from latest_built_benchmark")
        if rows.is_empty():
            raise NothingToRunError("there is no benchmark version yet; build one first")
        return rows.item()
    named = run.warehouse.read("from benchmarks where benchmark_id = $id and not is_imported", id=benchmark_id)
    if named.is_empty():
        raise UsageError(f"benchmark_id: unknown {escape_for_message(benchmark_id)}")
    return benchmark_id


def contestants_of(run: Run, models: list[str]) -> tuple[str, ...]:
    """Who answers: the named models and the baseline, else everybody in the settings.

    Raises:
        UsageError: a name that is not among the contestants of the settings.
    """
    known = run.settings.contestants
    if unknown := set(models) - set(known):
        shown = ", ".join(escape_for_message(name) for name in sorted(unknown))
        raise UsageError(f"models: unknown {shown}; known: {', '.join(known)}")
    return tuple(name for name in known if not models or name in models or name == run.settings.evaluation.baseline)
