"""Killed and stopped in the middle of paid work, and started again each time with the same command.

One warehouse lives through it all: kill -9 and SIGTERM in mid-annotation, kill -9 and Ctrl-C in mid-judging, and then
a run to the end. The undisturbed run to compare with is the same night in another folder.
"""

import signal
from collections import Counter
from typing import NamedTuple

import pytest

from tests.fakes.nights import Told, busy_scene, calls_of, command_of_day, wait_for_calls
from tests.fakes.running import RunningServer
from tests.fakes.scene import Finished, Scene

pytestmark = pytest.mark.flow

CONCURRENCY = 4  # so many calls are in flight at a kill
LATENCY_SECONDS = 0.15
SAME = "select benchmark_id, model, win_rate, lower, upper, rating, rank_low, rank_high, count_judgments from board"


class Story(NamedTuple):
    """What happened: how each run ended, and all requests together."""

    scene: Scene
    ends: list[Finished]
    calls: Counter[str]


@pytest.fixture(scope="module")
def story(first_night: Told, busy_night: Told, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Five runs of one command, the first four cut short. The endpoint is of its own, for counts that are exact."""
    assert busy_night.night.error is None
    with RunningServer() as server:
        scene = busy_scene(first_night.scene, tmp_path_factory.mktemp("killed") / "night", server)
        scene.use_running_prefect()
        scene.change("endpoints", scripted={"base_url": server.base_url, "limits": {"concurrency": CONCURRENCY}})
        server.script(latency_seconds=LATENCY_SECONDS)
        ends = [
            _cut_short(scene, server, signal.SIGKILL, "annotator", 20),
            _cut_short(scene, server, signal.SIGTERM, "annotator", 50),
            _cut_short(scene, server, signal.SIGKILL, "judge", 20),
            _cut_short(scene, server, signal.SIGINT, "judge", 60),
            scene.run(*command_of_day(1)),
        ]
        return Story(scene, ends, calls_of(server.counts()))


def _cut_short(scene: Scene, server: RunningServer, number: signal.Signals, model: str, count: int) -> Finished:
    """Start the nightly command and send it a signal when a model has been asked so often."""
    process = scene.start(*command_of_day(1))
    wait_for_calls(server, model, count, process)
    process.send_signal(number)
    out, err = process.communicate()
    return Finished(process.returncode, out, err)


def test_the_ends_of_the_runs(story: Story) -> None:
    """Killed, told to end, killed, stopped by Ctrl-C, and done: who is asked to stop ends with the code of a stop."""
    assert [end.code for end in story.ends] == [-signal.SIGKILL, 130, -signal.SIGKILL, 130, 0]


def test_the_same_board(story: Story, busy_night: Told) -> None:
    """Version and board are those of the undisturbed run, bit for bit."""
    assert story.scene.snapshot.read(SAME).equals(busy_night.scene.snapshot.read(SAME))


def test_at_most_the_calls_in_flight_are_paid_again(story: Story, busy_night: Told) -> None:
    """Beyond the undisturbed run's there are only the requests that were in flight at a cut, and of those models."""
    again = story.calls - busy_night.night.calls
    assert again.keys() <= {"annotator", "judge"}
    assert again["annotator"] <= 2 * CONCURRENCY
    assert again["judge"] <= 2 * CONCURRENCY
    assert busy_night.night.calls - story.calls == {}


def test_what_was_paid_before_a_kill_is_merged(story: Story) -> None:
    """The run after a kill says how many calls it took over from the spool, which is empty in the end."""
    assert ["calls that an earlier run had paid for" in end.err for end in story.ends] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert list((story.scene.state_dir / "spool").iterdir()) == []


def test_who_stops_a_run_sees_no_traceback(story: Story) -> None:
    """Neither after SIGTERM nor after Ctrl-C."""
    assert not any("Traceback" in end.err for end in (story.ends[1], story.ends[3]))
