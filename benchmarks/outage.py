"""An endpoint that dies in the middle of a night and comes back: `python -m benchmarks.outage [--quick]`.

In the midst of judging its server is ended, for a minute nobody takes a connection, then it is there again. The run has
to wait, end well, and lead to the board of an undisturbed one; what it asks twice can only be what was in flight.
The last line is JSON.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.busy_nights import (
    FIRST_NIGHT,
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
from tests.fakes.scene import Finished

SECONDS, SECONDS_QUICK = 60.0, 15.0
DEADLINE_SECONDS = 900.0  # the default of the settings
_LOOK_AGAIN_SECONDS = 0.05


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, f"{SECONDS_QUICK:g} s instead of {SECONDS:g}")
    seconds = SECONDS_QUICK if parser.parse_args().quick else SECONDS
    with tempfile.TemporaryDirectory() as folder, Console(stderr=True).status("a night with an outage"):
        print(json.dumps(measure(Path(folder), QUICK, seconds)))


def measure(folder: Path, size: Size, seconds: float) -> dict[str, Any]:
    """All figures of the benchmark; the undisturbed night takes place meanwhile."""
    with RunningServer() as server, RunningServer() as other, prefect_running(folder / "prefect") as prefect_url:
        undisturbed = new_night(folder / "undisturbed", other, prefect_url, size)
        beside = undisturbed.start(*FIRST_NIGHT)
        night = new_night(folder / "outage", server, prefect_url, size)
        limits = {"concurrency": size.concurrency, "timeout_seconds": 30, "deadline_seconds": DEADLINE_SECONDS}
        night.change("endpoints", scripted={"base_url": server.base_url, "limits": limits})
        began = time.monotonic()
        running = night.start(*FIRST_NIGHT)
        while calls_by_phase(server.counts())["judge"] < size.count_calls["judge"] // 2:
            if running.poll() is not None:
                check_end(Finished(running.returncode, *running.communicate()))
            time.sleep(_LOOK_AGAIN_SECONDS)
        before = server.arrivals()
        server.stop()
        time.sleep(seconds)
        server.start()
        server.script(latency_seconds=size.latency_seconds, is_numbering=True)
        out, err = running.communicate()
        took = time.monotonic() - began
        texts = beside.communicate()
        check_end(Finished(beside.returncode, *texts))
        arrivals = [*before, *server.arrivals()]
        failed = night.warehouse.read("select count(*) from completions where state = 'api_error'").item()
    check_end(Finished(running.returncode, out, err))
    return {
        "seconds_dead": seconds,
        "exit_code": running.returncode,
        "count_calls": len(set(arrivals)),
        "count_requests_beyond": len(arrivals) - len(set(arrivals)),
        "count_api_errors": failed,
        "concurrency": size.concurrency,
        "same_board": result_of(night) == result_of(undisturbed),
        "seconds": round(took, 1),
    }


if __name__ == "__main__":
    main()
