"""Two nightly commands at once on one warehouse, again and again: `python -m benchmarks.two_runs [--quick]`.

Together they must ask what one alone asks, each call once, end well both, and leave the board of a run alone. The last
line is JSON.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import track

from benchmarks.busy_nights import (
    FIRST_NIGHT,
    QUICK,
    SECOND_NIGHT,
    Result,
    Size,
    check_end,
    new_night,
    prefect_running,
    result_of,
    second_night,
)
from benchmarks.options import options
from tests.fakes.running import RunningServer
from tests.fakes.scene import Finished, Scene

COUNT_TIMES, COUNT_TIMES_QUICK = 10, 1


class Both(NamedTuple):
    """What two at once came to.

    Attributes:
        codes: that they ended with.
        bodies: hashes of all requests, each as often as it came.
        count_boards: that were fitted in that night.
        result: what is published.
    """

    codes: tuple[int, ...]
    bodies: list[str]
    count_boards: int
    result: Result


def main() -> None:
    """Run and print."""
    told = options(__doc__, f"{COUNT_TIMES_QUICK} times, not {COUNT_TIMES}").parse_args()
    count = COUNT_TIMES_QUICK if told.quick else COUNT_TIMES
    with tempfile.TemporaryDirectory() as folder, RunningServer() as server:
        print(json.dumps(measure(Path(folder), server, QUICK, count)))


def measure(folder: Path, server: RunningServer, size: Size, count: int) -> dict[str, Any]:
    """All figures of the benchmark."""
    began = time.monotonic()
    with prefect_running(folder / "prefect") as prefect_url:
        first = new_night(folder / "first", server, prefect_url, size)
        check_end(first.run(*FIRST_NIGHT))
        alone = second_night(first, folder / "alone", server, size)
        check_end(alone.run(*SECOND_NIGHT))
        wanted, bodies = result_of(alone), set(server.arrivals())
        pairs = [
            run_two(second_night(first, folder / f"pair {number}", server, size), server)
            for number in track(range(count), "two at once", console=Console(stderr=True))
        ]
    for number, both in enumerate(pairs, 1):
        is_same = both.result == wanted
        print(f"{number:>3}: ended with {both.codes}, {len(both.bodies)} calls, same board: {is_same}")
    return {
        "count_times": len(pairs),
        "count_calls": len(bodies),
        "count_doubled_calls": sum(len(both.bodies) - len(set(both.bodies)) for both in pairs),
        "count_other_calls": sum(len(bodies.symmetric_difference(both.bodies)) for both in pairs),
        "count_ended_well": sum(both.codes == (0, 0) for both in pairs),
        "same_board": all(both.result == wanted and both.count_boards == 1 for both in pairs),
        "seconds": round(time.monotonic() - began, 1),
    }


def run_two(scene: Scene, server: RunningServer) -> Both:
    """From their start to their ends."""
    count_before = _count_boards(scene)
    running = [scene.start(*SECOND_NIGHT) for _ in range(2)]
    ends = [Finished(each.returncode, *texts) for each, texts in [(each, each.communicate()) for each in running]]
    for end in ends:
        if end.code:
            print(end.err, file=sys.stderr)
    codes = tuple(end.code for end in ends)
    return Both(codes, server.arrivals(), _count_boards(scene) - count_before, result_of(scene))


def _count_boards(scene: Scene) -> int:
    return scene.snapshot.read("select count(*) from leaderboards").item()


if __name__ == "__main__":
    main()
