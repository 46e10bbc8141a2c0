"""Cancelled from Prefect's UI while a worker runs it: what a person who presses the button may rely on.

The worker is a real one, on a process pool as in deployments/prefect.yaml. The button does what the UI does: it asks
the server for the state Cancelling. The worker then sends the run SIGTERM, and says Cancelled when it has ended.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId
from prefect.settings import get_current_settings
from prefect.states import Cancelling

from tests.fakes.nights import FIRST_DAY, Night, Told, calls_of, run_night
from tests.fakes.running import ROOT, RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow

POOL = "pool of the test of cancelling"
CONCURRENCY = 4  # so many calls are in flight when the run is told to end
LATENCY_SECONDS = 0.4  # a hundred judgments take ten seconds: time for the word to come through
CANCEL_AFTER = 12  # judgments
WANTED = Counter({"model-50": 30, "judge": 120})  # a new baseline answers, and is compared with both models
WAIT_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.2


class Story(NamedTuple):
    """One run that was cancelled, and the next.

    Attributes:
        states: of the cancelled flow run and of its parts, by the name of the flow.
        asked: requests that had come in by its end.
        kept: replies that were on record then.
        spooled: names of the files that were in the spool then.
        next_night: over the same state.
    """

    scene: Scene
    states: dict[str, str]
    asked: Counter[str]
    kept: Counter[str]
    spooled: list[str]
    next_night: Night


@pytest.fixture(scope="module")
def story(first_night: Told, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Start it, press the button in mid-judging, wait for the end; then the next run. The endpoint is of its own."""
    folder = tmp_path_factory.mktemp("cancelled")
    scene = first_night.scene.branch(folder / "night")
    scene.renew("model-50")
    with RunningServer() as server:
        scene.base_url = server.base_url
        scene.change("endpoints", scripted={"base_url": server.base_url, "limits": {"concurrency": CONCURRENCY}})
        server.script(latency_seconds=LATENCY_SECONDS)
        on_record = kept_by(scene)
        run_id = asyncio.run(_start(scene))
        with _worker(folder):
            _wait_for_judgments(server)
            asyncio.run(_press_cancel(run_id))
            states = asyncio.run(_states_at_its_end(run_id))
        asked, kept = calls_of(server.counts()), kept_by(scene) - on_record
        spooled = [path.name for path in (scene.state_dir / "spool").iterdir()]
        server.script(latency_seconds=0)
        return Story(scene, states, asked, kept, spooled, run_night(scene, server))


def kept_by(scene: Scene) -> Counter[str]:
    """How many replies of each model are in the warehouse."""
    return Counter(dict(scene.warehouse.read("select model, count(*) from completions group by all").rows()))


def _wait_for_judgments(server: RunningServer) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while (asked := calls_of(server.counts()))["judge"] < CANCEL_AFTER:
        if time.monotonic() > until:
            raise TimeoutError(f"{WAIT_SECONDS:g} s after it was started the run has asked for {asked}")
        time.sleep(LOOK_AGAIN_SECONDS)


@contextmanager
def _worker(folder: Path) -> Iterator[None]:
    """A worker of the pool, as an operator starts it; its home is the folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {
        "PREFECT_API_URL": str(get_current_settings().api.url),
        "PREFECT_HOME": str(folder / "home of the worker"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "TMPDIR": str(folder),  # Prefect keeps a folder there that belongs to the first user of the machine who came
    }
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    with (folder / "worker.log").open("w") as log:
        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(WAIT_SECONDS)


async def _start(scene: Scene) -> UUID:
    """Have the nightly flow run by the pool, from the project's folder as the deployments are."""
    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        deployment_id = await client.create_deployment(
            await client.create_flow_from_name("refresh"),
            name="nightly-refresh",
            work_pool_name=POOL,
            entrypoint="flows/refresh.py:refresh",
            pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}],
        )
        told = {"config": str(scene.config), "as_of": FIRST_DAY.isoformat()}
        run = await client.create_flow_run_from_deployment(deployment_id, parameters={"parameters": told})
        return run.id


async def _press_cancel(run_id: UUID) -> None:
    async with get_client() as client:
        await client.set_flow_run_state(run_id, Cancelling())


async def _states_at_its_end(run_id: UUID) -> dict[str, str]:
    until = time.monotonic() + WAIT_SECONDS
    async with get_client() as client:
        while not (states := await _states(client, run_id))["refresh"][1]:
            if time.monotonic() > until:
                raise TimeoutError(f"{WAIT_SECONDS:g} s after it was cancelled the run is {states}")
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return {flow: name for flow, (name, _) in states.items()}


async def _states(client: PrefectClient, run_id: UUID) -> dict[str, tuple[str, bool]]:
    """By flow: name of the state, and whether it is an end."""
    parts = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[run_id]))
    runs = [await client.read_flow_run(run_id), *await client.read_flow_runs(flow_run_filter=parts)]
    names = {run.id: (await client.read_flow(run.flow_id)).name for run in runs}
    return {names[run.id]: (run.state.name or "", run.state.is_final()) for run in runs if run.state}


def test_the_run_ends_cancelled(story: Story) -> None:
    """The run and the part that was at work; the part before it stays Completed, the one after it never began."""
    assert story.states == {"refresh": "Cancelled", "ingest-prompts": "Completed", "evaluate-models": "Cancelled"}


def test_no_new_call_starts(story: Story) -> None:
    """Most judgments were never asked for."""
    assert CANCEL_AFTER <= story.asked["judge"] < WANTED["judge"] - CONCURRENCY


def test_what_is_paid_is_kept(story: Story) -> None:
    """All but the calls in flight are in the warehouse, and nothing waits in the spool."""
    assert story.kept["model-50"] == story.asked["model-50"] == WANTED["model-50"]
    assert story.asked["judge"] - CONCURRENCY <= story.kept["judge"] <= story.asked["judge"]
    assert story.spooled == []


def test_the_next_run_goes_on(story: Story) -> None:
    """No lock is in its way; it asks only what is missing, so that at most the calls in flight are paid twice."""
    assert story.next_night.state.name == "Completed"
    assert story.next_night.calls == WANTED - story.kept
    assert (story.asked + story.next_night.calls).total() <= WANTED.total() + CONCURRENCY
    assert story.scene.snapshot.read("select max(count_judgments) from board").item() == WANTED["judge"]
