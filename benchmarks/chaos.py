"""Ten thousand judge calls to an endpoint that limits, fails, stalls and lies: `python -m benchmarks.chaos [--quick]`.

The endpoint's own counts stand against the warehouse, request by request: each attempt with its state and reason, and
each token that was paid for. No request may be lost, and no failure may become a verdict. Then the endpoint behaves:
the next run must ask exactly what was left open, and the one after that nothing. The last line is JSON.
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

from benchbuilder.asking.judgments import reading_of
from benchbuilder.judging.matchups import judge_values
from benchbuilder.ledger import Ledger, Report, Settled
from benchbuilder.llm.progress import Progress
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings, load_settings
from benchmarks.books import Asked, compare, print_books, read_record, tokens_on_record
from benchmarks.options import options
from tests.fakes.chaos import Chaos
from tests.fakes.hashing import unit
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene
from tests.fakes.script import Trouble

COUNT_REQUESTS, COUNT_QUICK = 10_000, 1_500
CONCURRENCY = 128
CHAOS = Chaos(
    {
        Trouble.RATE_LIMITED: 0.10,
        Trouble.UNREADABLE: 0.02,  # these three are the 5 % of malformed bodies
        Trouble.PAGE: 0.015,
        Trouble.WRONG_SHAPE: 0.015,
        Trouble.EMPTY: 0.02,
        Trouble.STALL: 0.01,
        Trouble.GARBAGE: 0.02,
        Trouble.WRONG_VERDICT: 0.01,
        Trouble.SERVER_ERROR: 0.005,
        Trouble.BAD_GATEWAY: 0.005,
        Trouble.UNAVAILABLE: 0.005,
        Trouble.CUT: 0.005,
        Trouble.DEAD: 0.005,
        Trouble.BAD_REQUEST: 0.002,
        Trouble.TRUNCATED: 0.01,
        Trouble.REFUSAL: 0.005,
        Trouble.CONTENT_FILTER: 0.005,
    }
)
# A stall must be told from a slow reply of a busy machine, or the two books differ for no fault of ours.
LIMITS = {"concurrency": CONCURRENCY, "timeout_seconds": 8, "deadline_seconds": 600}


def main() -> None:
    """Run and print; exit code 1 where a call was lost or a failure counted."""
    parser = options(__doc__, f"{COUNT_QUICK:,} requests")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, RunningServer() as server:
        measured = measure(Path(folder), server, COUNT_QUICK if told.quick else COUNT_REQUESTS, told.seed)
    print(json.dumps(measured | {"is_quick": told.quick}))
    is_lost = measured["count_dropped"] or measured["count_failures_scored"] or measured["count_calls_third_run"]
    sys.exit(bool(is_lost or not measured["states_match"] or not measured["tokens_match"]))


def measure(folder: Path, server: RunningServer, count: int, seed: int) -> dict[str, Any]:
    """All figures."""
    scene = Scene(folder, server.base_url, [folder / "crowd.jsonl"])
    scene.change("endpoints", scripted={"base_url": server.base_url, "limits": LIMITS})
    settings = load_settings(scene.config)
    requests = make_requests(settings, count)
    server.script(seed=seed, rules=CHAOS.rules())
    with Console(stderr=True).status("under chaos") as status:
        asked = ask_all(scene, settings, requests, "chaos", status)
        counts, record = server.counts(), read_record(scene)
        print_books(counts, record)
        figures = compare(asked, requests, reading_of(settings.judges[0]), counts, record)
        server.script(rules=[])
        status.update("with an endpoint that behaves")
        again = ask_all(scene, settings, requests, "good", status)
        third = ask_all(scene, settings, requests, "third", status)
    return figures | {
        "tokens_match": tokens_on_record(scene) == server.counts().tokens_by_model["judge"],
        "count_calls_next_run": again.report.count_calls,
        "count_open_next_run": again.report.count_open,
        "count_calls_third_run": third.report.count_calls,
        "seconds": round(asked.seconds, 1),
    }


def make_requests(settings: Settings, count: int) -> list[Request]:
    """So many games of two answers, as the step `judge` asks for them."""
    judge = settings.judges[0]
    sampling = settings.sampling_of_judge(judge)
    requests = []
    for number in range(count):
        skills = [int(100 * unit(number, side)) for side in "ab"]
        answers = [f"Answer {number}, as far as skill {skill} goes. " + "It depends. " * 20 for skill in skills]
        shown = judge_values(f"What is {number} x {number}?", *answers, baseline_first=False, max_characters=10_000)
        requests.append(Request("judge", judge.model, "", shown.values, sampling, template=judge.template))
    return requests


def ask_all(scene: Scene, settings: Settings, requests: list[Request], run_id: str, status: Status) -> Asked:
    """One run of the ledger over all requests, read as judgments are."""
    settled = Settled()

    async def watch(progress: Progress) -> None:
        status.update(str(progress))

    async def run() -> Report:
        async with Ledger(scene.warehouse, settings, run_id, watch) as ledger:
            return await ledger.fulfil("judge", requests, reading_of(settings.judges[0]), settled.add)

    started = time.monotonic()
    report = asyncio.run(run())
    return Asked(report, settled, time.monotonic() - started)


if __name__ == "__main__":
    main()
