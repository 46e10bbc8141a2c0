"""Two nightly commands at once on one warehouse: nothing is paid twice. And a key that they use stays secret."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from prefect.settings import get_current_settings

from benchbuilder.schemas import RELATIONS
from tests.fakes.nights import Told, busy_scene, calls_of, command_of_day, run_night
from tests.fakes.running import Counts, RunningServer
from tests.fakes.scene import Finished, Scene

pytestmark = pytest.mark.flow

KEY = "pk-7Qm2xV9rTz4LbN8wKc3H"
LATENCY_SECONDS = 0.1
VARIABLE = "TEAM_ENDPOINT_KEY"
SAME = "select benchmark_id, model, win_rate, lower, upper, rating, rank_low, rank_high, count_judgments from board"


class Both(NamedTuple):
    """How both ended, and what the endpoint was asked in all."""

    scene: Scene
    ends: list[Finished]
    counts: Counts


def use_key(scene: Scene) -> None:
    """The endpoint takes a key, and the settings name the variable that holds it."""
    scene.change("endpoints", scripted={"base_url": scene.base_url, "key_variable": VARIABLE})


@pytest.fixture(scope="module")
def both(first_night: Told, busy_night: Told, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Two refreshes from their start to their ends. The endpoint is of its own, for counts that are exact."""
    assert busy_night.night.error is None
    with RunningServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        server.script(required_key=KEY, latency_seconds=LATENCY_SECONDS)
        scene = busy_scene(first_night.scene, tmp_path_factory.mktemp("two") / "at-once", server)
        scene.use_running_prefect()
        use_key(scene)
        processes = [scene.start(*command_of_day(1)), scene.start(*command_of_day(1))]
        told = [process.communicate() for process in processes]
        ends = [Finished(process.returncode, *texts) for process, texts in zip(processes, told, strict=True)]
        yield Both(scene, ends, server.counts())


def test_both_end_well(both: Both) -> None:
    """Neither fails, neither is partial."""
    assert [end.code for end in both.ends] == [0, 0], [end.err for end in both.ends]


def test_no_call_is_made_twice(both: Both, busy_night: Told) -> None:
    """Together they ask what one would have asked, each request once."""
    assert (both.counts.count_repeated, both.counts.count_paid_again) == (0, 0)
    assert calls_of(both.counts) == busy_night.night.calls


def test_there_is_one_version_and_one_board(both: Both, busy_night: Told) -> None:
    """The board is that of a run alone, and it is the only new one."""
    snapshot = both.scene.snapshot
    assert snapshot.read(SAME).equals(busy_night.scene.snapshot.read(SAME))
    assert snapshot.read("select count(*) from leaderboards").item() == 2
    assert snapshot.read("select count(*) from benchmarks").item() == 2


def places_with(text: str, folder: Path) -> set[str]:
    """Names of the files under a folder that hold a text."""
    return {path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()}


def texts_of_prefect() -> str:
    """Everything in the database and in the home of the session's Prefect server."""
    settings = get_current_settings()
    url = settings.server.database.connection_url
    assert url is not None
    folders = [Path(url.get_secret_value().split("///")[1]).parent, settings.home]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return "".join(path.read_bytes().decode("latin-1") for path in files)


def relations_with(text: str, scene: Scene) -> set[str]:
    """Relations with rows that hold a text; DuckDB compresses, so that looking at its file is not enough."""
    counted = " union all ".join(
        f"select '{name}' as name, count(*) as n from {name} as one where contains(one::varchar, $text)"  # noqa: S608
        for name in RELATIONS
    )
    return set(scene.warehouse.read(f"select name from ({counted}) where n > 0", text=text)["name"])  # noqa: S608


def test_key_stands_nowhere(both: Both) -> None:
    """Not in warehouse, spool, snapshots, report, Prefect's files, nor in what was printed; other words are found."""
    assert "answer model-70" in texts_of_prefect()
    assert {"prompts", "completions"} <= relations_with("sourdough", both.scene)
    assert KEY not in texts_of_prefect()
    assert places_with(KEY, both.scene.state_dir) == set()
    assert relations_with(KEY, both.scene) == set()
    assert not any(KEY in end.out + end.err for end in both.ends)


def test_refused_key_stands_nowhere(
    branch: Scene, server: RunningServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An endpoint that refuses a key and repeats it in its reply does not bring it into errors, logs or Prefect."""
    monkeypatch.setenv(VARIABLE, KEY)
    use_key(branch)
    branch.renew("model-50")
    server.script(required_key="another")
    night = run_night(branch, server)
    assert re.fullmatch(r"endpoint scripted: \w+ 401", str(night.error))
    captured = capfd.readouterr()
    assert KEY not in captured.out + captured.err + repr(night)
    assert places_with(KEY, branch.state_dir) == set()
    assert KEY not in texts_of_prefect()
    assert relations_with(KEY, branch) == set()
