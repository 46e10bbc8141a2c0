"""What tests of whole runs share: one endpoint, one first night, and copies of its state for what happens next."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.nights import Told, busy_scene, new_scene, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """The endpoint of all tests of whole runs; nights count what is asked in them, so nothing need be reset."""
    with RunningServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _good_behaviour(server: RunningServer) -> Iterator[None]:
    """What a test made go wrong goes wrong for no other."""
    yield
    server.script(latency_seconds=0, required_key=None, rules=[])


@pytest.fixture(scope="session")
def first_night(flow: None, server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Told:  # noqa: ARG001
    """The first night of a new warehouse. Shared: run nothing here that changes its data, take a branch."""
    scene = new_scene(tmp_path_factory.mktemp("first"), server)
    return Told(scene, run_night(scene, server))


@pytest.fixture(scope="session")
def busy_night(first_night: Told, server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A second night with much to do, undisturbed: what disturbed ones are compared with."""
    scene = busy_scene(first_night.scene, tmp_path_factory.mktemp("busy") / "night", server)
    return Told(scene, run_night(scene, server, day=1))


@pytest.fixture
def branch(first_night: Told, tmp_path: Path) -> Scene:
    """The state after the first night, restored into a folder of the test's own."""
    return first_night.scene.branch(tmp_path / "branch")
