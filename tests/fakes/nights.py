"""One night in this process: the flow that the command line runs, on the one Prefect server of the test session."""

import asyncio
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterType,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentFlowRunId,
)
from prefect.client.schemas.objects import Artifact, State, TaskRun

from benchbuilder.errors import BenchBuilderError
from flows.conclusion import PARTIAL, end_of, error_of, is_lost
from flows.parameters import RunParameters
from flows.refresh import refresh
from tests.fakes.crowd import prompts, write_crowd
from tests.fakes.running import Counts, RunningServer
from tests.fakes.scene import Scene

COUNT_CROWD = 80
COUNT_NEW = 20
FIRST_DAY = datetime(2026, 5, 4, 3, tzinfo=UTC)
_WAIT_SECONDS = 15.0
_LOOK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class Night:
    """How one `refresh` went.

    Attributes:
        state: of the flow.
        error: what it failed with.
        calls: requests that came in at the endpoint, by served model.
    """

    state: State[Any]
    error: Exception | None
    calls: Counter[str]

    @property
    def exit_code(self) -> int:
        """What the command line would end with."""
        if self.error is not None:
            return self.error.exit_code if isinstance(self.error, BenchBuilderError) else 1
        return 3 if self.state.name == PARTIAL else 0

    def progress(self) -> dict[str, tuple[float, str]]:
        """Each progress artifact by its key: percent, and what it says."""
        artifacts = asyncio.run(_progress_artifacts(self.state))
        return {str(one.key): (float(str(one.data)), str(one.description)) for one in artifacts}

    def steps(self) -> dict[str, str]:
        """Each step with the name of its state, as the Prefect UI shows it."""
        return {_step_of(run): str(run.state_name) for run in asyncio.run(_task_runs(self.state))}


class Told(NamedTuple):
    """A scene and a night that it has seen."""

    scene: Scene
    night: Night


def new_scene(folder: Path, server: RunningServer) -> Scene:
    """A team with a crowd of 80 prompts in five topics and 30 questions; a version is due every night."""
    folder.mkdir(exist_ok=True)
    scene = Scene(folder, server.base_url, [write_crowd(folder / "crowd.jsonl", prompts(COUNT_CROWD))])
    scene.change("cadence", rebuild_every_days=0)
    scene.change("selection", count_per_topic=6)
    return scene


def busy_scene(first: Scene, folder: Path, server: RunningServer) -> Scene:
    """The state after the first night, and much to do on the second day: new prompts, another annotator and judge."""
    scene = first.branch(folder)
    scene.files = [*scene.files, write_crowd(folder / "second.jsonl", prompts(COUNT_NEW, start=COUNT_CROWD))]
    scene.renew("annotator")
    scene.renew("judge")
    scene.base_url = server.base_url
    return scene


def command_of_day(day: int) -> tuple[str, ...]:
    """The nightly command as it runs on a day counted from the first."""
    return "refresh", "--as-of", (FIRST_DAY + timedelta(days=day)).isoformat()


def run_night(scene: Scene, server: RunningServer, *, day: int = 0, **told: Any) -> Night:
    """Run `refresh` over a scene.

    Args:
        scene: whose settings count.
        server: that its models are at.
        day: that it happens on, counted from the first.
        **told: other fields of RunParameters.
    """
    before = calls_of(server.counts())
    parameters = RunParameters(config=scene.config, as_of=FIRST_DAY + timedelta(days=day), **told)
    state, error = asyncio.run(_to_its_end(parameters))
    return Night(state, error, calls_of(server.counts()) - before)


def wait_for_calls(server: RunningServer, model: str, count: int, process: "subprocess.Popen[str]") -> int:
    """Return as soon as the endpoint has been asked for a model so often; how often it is by then.

    Raises:
        RuntimeError: the process that was to ask ended before.
    """
    while (asked := calls_of(server.counts())[model]) < count:
        if process.poll() is not None:
            raise RuntimeError(f"{model} was asked {asked} times, not {count}: {process.communicate()}")
        time.sleep(_LOOK_AGAIN_SECONDS / 2)
    return asked


def calls_of(counts: Counts) -> Counter[str]:
    """Requests by served model, whatever came of them."""
    return Counter({model: sum(states.values()) for model, states in counts.by_model.items()})


async def _to_its_end(parameters: RunParameters) -> tuple[State[Any], Exception | None]:
    state = await end_of(refresh, parameters)
    return state, await error_of(state) if is_lost(state) else None


async def _task_runs(state: State[Any]) -> list[TaskRun]:
    """The task runs of all parts of a flow run, once Prefect has heard of every end: it is told by events, later."""
    until = time.monotonic() + _WAIT_SECONDS
    seen: list[TaskRun] = []
    async with get_client() as client:
        while time.monotonic() < until:
            found = await _task_runs_now(client, state)
            is_over = all(run.state and run.state.is_final() for run in found)
            if found and is_over and len(found) == len(seen):
                return found
            seen = found
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    raise TimeoutError(f"Prefect has not heard of the end of every step: {[run.name for run in seen]}")


async def _task_runs_now(client: PrefectClient, state: State[Any]) -> list[TaskRun]:
    return await client.read_task_runs(flow_run_filter=await _parts_of(client, state))


async def _progress_artifacts(state: State[Any]) -> list[Artifact]:
    kind = ArtifactFilter(type=ArtifactFilterType(any_=["progress"]))
    async with get_client() as client:
        return await client.read_artifacts(artifact_filter=kind, flow_run_filter=await _parts_of(client, state))


async def _parts_of(client: PrefectClient, state: State[Any]) -> FlowRunFilter:
    root = state.state_details.flow_run_id
    if root is None:
        raise ValueError("this state is of no flow run")
    children = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[root]))
    )
    return FlowRunFilter(id=FlowRunFilterId(any_=[child.id for child in children]))


def _step_of(run: TaskRun) -> str:
    """The name of a step; Prefect gives a cached one three digits more."""
    return run.name.strip() if " " in run.name.strip() else run.name.split("-")[0].strip()
