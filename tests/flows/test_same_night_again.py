"""The same input again: nothing is paid twice, and the same comes out bit for bit, with and without Prefect's cache."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from prefect.settings import get_current_settings

from tests.fakes.nights import Night, Told, new_scene, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow

WHOLE_STEPS = {"curate", "exclude", "cluster", "select", "rate"}
_RESULT = "select benchmark_id, board.* exclude (benchmark_id, leaderboard_id, as_of) from board"


def result_of(scene: Scene) -> pl.DataFrame:
    """Version and board as they are published."""
    return scene.snapshot.read(_RESULT)


def cached_steps(night: Night) -> set[str]:
    """The steps that Prefect skipped."""
    return {step for step, state in night.steps().items() if state == "Cached"}


@pytest.fixture(scope="module")
def before(first_night: Told) -> pl.DataFrame:
    """Version and board after the first night."""
    return result_of(first_night.scene)


@pytest.fixture(scope="module")
def second_night(first_night: Told, before: pl.DataFrame, server: RunningServer) -> Told:
    """The same night again; it changes nothing in the shared warehouse, as the tests show."""
    assert before.height
    return Told(first_night.scene, run_night(first_night.scene, server))


def test_nothing_is_asked_again(second_night: Told) -> None:
    """No request comes in at the endpoint, and the flow is Completed."""
    assert (second_night.night.state.name, second_night.night.calls.total()) == ("Completed", 0)


def test_version_and_board_are_the_same(second_night: Told, before: pl.DataFrame) -> None:
    """The benchmark_id and every number of the board are the same, bit for bit."""
    assert result_of(second_night.scene).equals(before)
    assert second_night.scene.snapshot.read("select count(*) from benchmarks").item() == 1


def test_nothing_is_published_anew(second_night: Told) -> None:
    """Where nothing has changed there is no second snapshot and no second report."""
    state_dir = second_night.scene.state_dir
    assert len(list((state_dir / "snapshots").glob("2*.duckdb"))) == 1
    assert len(list((state_dir / "reports").glob("2*"))) == 1


def test_whole_steps_are_cached(second_night: Told) -> None:
    """Prefect skips the pure steps; only selection runs once more, for the version that it made is now its input."""
    assert cached_steps(second_night.night) == WHOLE_STEPS - {"select"}


def test_without_prefects_storage(second_night: Told, before: pl.DataFrame, server: RunningServer) -> None:
    """With Prefect's results wiped every step runs, at no call and to the same board; then all are Cached again."""
    shutil.rmtree(get_current_settings().results.local_storage_path)
    nights = [run_night(second_night.scene, server), run_night(second_night.scene, server)]
    assert [cached_steps(night) for night in nights] == [set(), WHOLE_STEPS]
    assert sum(night.calls.total() for night in nights) == 0
    assert result_of(second_night.scene).equals(before)


def test_another_warehouse(first_night: Told, before: pl.DataFrame, server: RunningServer, tmp_path: Path) -> None:
    """The same input in another warehouse gives the same version and board, pays for itself, shows nothing Cached."""
    scene = new_scene(tmp_path / "another", server)
    night = run_night(scene, server)
    assert result_of(scene).equals(before)
    assert night.calls == first_night.night.calls
    assert cached_steps(night) == set()
