"""kill -9 at random moments of one night, each followed by the same command: `python -m benchmarks.kills [--quick]`.

The kills fall into annotation, answers and judging, each at a moment drawn from its own part of that step. What an
undisturbed run gives on another warehouse is what the killed one must give in the end.

The endpoint numbers its requests and reports the number as tokens, so that every row on record names the request that
it is the reply to: what had been spooled when a run was killed, and was asked again, is found call by call.
The last line is JSON.
"""

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import track

from benchbuilder.llm.spool import left_behind
from benchmarks.busy_nights import (
    FIRST_NIGHT,
    FULL,
    QUICK,
    Size,
    calls_by_phase,
    check_end,
    new_night,
    prefect_running,
    result_of,
)
from benchmarks.options import options
from tests.fakes.running import RunningServer
from tests.fakes.scene import Finished, Scene

COUNT_KILLS, COUNT_KILLS_QUICK = 25, 3
_LOOK_AGAIN_SECONDS = 0.05
_SETTLING_SECONDS = 30.0


class Moment(NamedTuple):
    """When to kill: as soon as so many calls of a phase have had their reply, and a little later."""

    phase: str
    count_calls: int
    delay_seconds: float


class Killed(NamedTuple):
    """What was true when a run had been killed.

    Attributes:
        moment: that it was to be killed at.
        count_asked: requests that had come to the endpoint, those of earlier runs included.
        on_record: numbers of those whose reply was in spool or warehouse.
    """

    moment: Moment
    count_asked: int
    on_record: frozenset[int]


@dataclass(frozen=True)
class KilledNight:
    """One warehouse that lives through all kills, and the endpoint that only it asks."""

    scene: Scene
    server: RunningServer

    def kill_at(self, moment: Moment) -> Killed:
        """Start the nightly command, kill it, and look at what it left.

        Raises:
            RuntimeError: the command ended before the moment.
        """
        running = self.scene.start(*FIRST_NIGHT)
        while calls_by_phase(self.server.counts())[moment.phase] < moment.count_calls:
            if running.poll() is not None:
                end = Finished(running.returncode, *running.communicate())
                raise RuntimeError(f"it ended before {moment}: {end}")
            time.sleep(_LOOK_AGAIN_SECONDS)
        time.sleep(moment.delay_seconds)
        running.kill()
        running.communicate()
        self._wait_until_idle()  # a request that was on its way when its sender died counts too
        return Killed(moment, self.server.counts().count_requests, self.on_record())

    def _wait_until_idle(self) -> None:
        until = time.monotonic() + _SETTLING_SECONDS
        while self.server.counts().count_in_flight and time.monotonic() < until:
            time.sleep(_LOOK_AGAIN_SECONDS)

    def on_record(self) -> frozenset[int]:
        """Numbers of the requests that the warehouse, or the spool of a run that is over, holds the reply to."""
        with left_behind(self.scene.state_dir / "spool") as files:
            spooled = [paid.count_tokens_in for file in files for paid in file.completions]
        stored = self.scene.warehouse.read("select count_tokens_in from completions")
        return frozenset(number for number in (*spooled, *stored["count_tokens_in"]) if number)


def main() -> None:
    """Run and print."""
    parser = options(__doc__, f"{COUNT_KILLS_QUICK} kills of a small night")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    told = parser.parse_args()
    count = COUNT_KILLS_QUICK if told.quick else COUNT_KILLS
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), QUICK if told.quick else FULL, count, told.seed)))


def measure(folder: Path, size: Size, count: int, seed: int) -> dict[str, Any]:
    """All figures of the benchmark. The undisturbed run has an endpoint of its own, and takes place meanwhile."""
    began = time.monotonic()
    moments = draw_moments(size.count_calls, count, random.Random(seed))  # noqa: S311 - no secret
    with RunningServer() as server, RunningServer() as other, prefect_running(folder / "prefect") as prefect_url:
        undisturbed = new_night(folder / "undisturbed", other, prefect_url, size)
        running = undisturbed.start(*FIRST_NIGHT)
        night = KilledNight(new_night(folder / "killed", server, prefect_url, size), server)
        killed = [night.kill_at(moment) for moment in track(moments, "kills", console=Console(stderr=True))]
        check_end(night.scene.run(*FIRST_NIGHT))
        out, err = running.communicate()
        check_end(Finished(running.returncode, out, err))
        figures = books(killed, server.arrivals(), night.on_record())
        is_undisturbed = set(server.arrivals()) == set(other.arrivals())
    print_table(killed, size)
    is_same = result_of(night.scene) == result_of(undisturbed)
    ending = {"concurrency": size.concurrency, "seconds": round(time.monotonic() - began, 1)}
    return {"count_kills": len(killed), **figures, "same_calls": is_undisturbed, "same_board": is_same, **ending}


def draw_moments(calls: Mapping[str, int], count: int, source: random.Random) -> list[Moment]:
    """Each phase in its order with its share of the kills, each kill somewhere in its own part of the phase."""
    moments = []
    for place, phase in enumerate(calls):
        of_phase = (count + len(calls) - 1 - place) // len(calls)
        part = calls[phase] / (of_phase + 1)  # the last part is left over: it is soon past
        moments += [
            Moment(phase, int(part * (number + source.random())) + 1, source.uniform(0, 0.1))
            for number in range(of_phase)
        ]
    return moments


def books(killed: Sequence[Killed], arrivals: Sequence[str], on_record: frozenset[int]) -> dict[str, Any]:
    """What the endpoint was asked, beside what was on record at each kill and in the end.

    Args:
        killed: in their order.
        arrivals: the request bodies' hashes in their order; the first has number 1.
        on_record: in the end.
    """
    in_flight, completed_repeated, asked_before = [], set[str](), 0
    for one in killed:
        run = range(asked_before + 1, one.count_asked + 1)
        in_flight.append(len(set(run) - one.on_record))
        completed = {arrivals[number - 1] for number in one.on_record}
        completed_repeated |= completed.intersection(arrivals[one.count_asked :])
        asked_before = one.count_asked
    times_asked = Counter(arrivals)
    return {
        "count_calls": len(times_asked),
        "count_repeated_calls": sum(times > 1 for times in times_asked.values()),
        "count_requests_beyond": len(arrivals) - len(times_asked),
        "count_in_flight": sum(in_flight),
        "count_completed_repeated": len(completed_repeated),
        "count_spooled_lost": len(frozenset().union(*(one.on_record for one in killed)) - on_record),
        "max_in_flight": max(in_flight, default=0),
    }


def print_table(killed: Sequence[Killed], size: Size) -> None:
    """For a person: what each kill cost."""
    print(f"at most {size.concurrency} calls in flight; asked: requests of all runs so far")
    print(f"{'killed in':<10} {'after calls':>11} {'asked':>7} {'on record':>10}")
    for one in killed:
        print(f"{one.moment.phase:<10} {one.moment.count_calls:>11} {one.count_asked:>7} {len(one.on_record):>10}")


if __name__ == "__main__":
    main()
