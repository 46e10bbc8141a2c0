"""What memory and time it takes to plan 10^4 to 10^6 requests: `python -m benchmarks.planning_memory [--quick]`.

Per size a run that was interrupted is resumed, in a fresh process: 99 % of the requests are paid, each with a reply in
the warehouse; the rest is answered by a loopback server. Then once more, when all are paid. And a run of which nothing
is paid, as far as that goes in a few minutes. Requests are of the paper's size, made from their numbers and never held.
The last line is JSON: peak RSS in MB by size, seconds by size.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import polars as pl
import uvloop
from rich.console import Console

from benchbuilder.asking.judgments import reading_of
from benchbuilder.ledger import Counted, Ledger, Report
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings
from benchbuilder.warehouse import Warehouse
from benchmarks.options import options
from benchmarks.paper_requests import JUDGE, paper_requests, settings_with
from benchmarks.slow_server import slow_server

SIZES = (10_000, 100_000, 1_000_000)
UNPAID_SIZES = (10_000, 100_000)
ONE_IS_DUE_OF = 100
CONCURRENCY = 64
COUNT_FILLED_AT_ONCE = 50_000
_REPLY = "Both answers name the steps in their order; answer A checks the second one and says what it rests on. " * 10


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, "no run of 10^6, and nothing unpaid but the smallest")
    parser.add_argument("--plan", nargs=3, metavar=("FOLDER", "URL", "SIZE"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.plan:
        folder, base_url, size = told.plan
        print(json.dumps(uvloop.run(plan(settings_with(Path(folder), base_url, CONCURRENCY), int(size)))))
        return
    figures = measure(SIZES[:2] if told.quick else SIZES, UNPAID_SIZES[:1] if told.quick else UNPAID_SIZES)
    for name, figure in figures.items():
        print(f"{name:<26} {figure}")
    print(json.dumps(figures | {"is_quick": told.quick}))


def measure(sizes: tuple[int, ...], unpaid_sizes: tuple[int, ...]) -> dict[str, Any]:
    """All figures, by size."""
    with Console(stderr=True).status("planning") as status, slow_server(latency_seconds=0.0) as base_url:

        def measured(size: int, *, is_paid: bool) -> dict[str, float]:
            with tempfile.TemporaryDirectory() as folder:
                if is_paid:
                    status.update(f"{size:,}: paying")
                    pay(settings_with(Path(folder), base_url, CONCURRENCY), size)
                status.update(f"{size:,}: planning")
                return _in_fresh_process(folder, base_url, str(size))

        resumed = {size: measured(size, is_paid=True) for size in sizes}
        unpaid = {size: measured(size, is_paid=False) for size in unpaid_sizes}
    every_rss = [figures["rss_mb"] for figures in (*resumed.values(), *unpaid.values())]

    def column(name: str, of: dict[int, dict[str, float]]) -> dict[int, float]:
        return {size: figures[name] for size, figures in of.items()}

    return {
        "rss_mb": column("rss_mb", resumed),
        "ratio_of_rss": round(max(every_rss) / min(every_rss), 3),
        "seconds_plan_resumed": column("seconds_resumed", resumed),
        "cpu_seconds_plan_resumed": column("cpu_seconds_resumed", resumed),
        "count_calls_resumed": column("count_calls", resumed),
        "seconds_plan_all_paid": column("seconds_all_paid", resumed),
        "cpu_seconds_plan_all_paid": column("cpu_seconds_all_paid", resumed),
        "seconds_of_keys": column("seconds_of_keys", resumed),
        "rss_mb_nothing_paid": column("rss_mb", unpaid),
        "seconds_nothing_paid": column("seconds_resumed", unpaid),
    }


def _in_fresh_process(folder: str, base_url: str, size: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.planning_memory", "--plan", folder, base_url, size]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def pay(settings: Settings, size: int) -> None:
    """Rows of all requests but one in a hundred, as if an earlier run had been stopped there."""
    warehouse = Warehouse(settings.state_dir)
    numbered = enumerate(_requests(settings, size))
    keys = (request.request_key for number, request in numbered if _is_paid(number))
    while some := list(islice(keys, COUNT_FILLED_AT_ONCE)):
        frame = pl.DataFrame({"request_key": some}).with_columns(
            text=pl.concat_str(pl.lit(_REPLY), "request_key", pl.lit("\n[[A>B]]"))
        )
        _insert(warehouse, frame)


def _is_paid(number: int) -> bool:
    return number % ONE_IS_DUE_OF != ONE_IS_DUE_OF - 1


def _insert(warehouse: Warehouse, keys_and_texts: pl.DataFrame) -> None:
    row = {
        "attempt": 0,
        "kind": "judge",
        "model": JUDGE,
        "revision": "",
        "template": "judge",
        "template_sha256": "",
        "state": "ok",
        "finish_reason": "stop",
        "count_tokens_in": 1250,
        "count_tokens_out": 250,
        "latency_seconds": 0.2,
        "run_id": "earlier",
        "completed_at": datetime.now(UTC),
    }
    nothing = dict.fromkeys(("reason", "thinking", "logprobs", "cost_usd"))
    columns = {name: pl.lit(value) for name, value in (row | nothing).items()}
    warehouse.append("completions", keys_and_texts.with_columns(**columns))


async def plan(settings: Settings, size: int) -> dict[str, float]:
    """The run that is resumed, and the one after it, with what they took."""
    read = reading_of(settings.judges[0])
    verdicts: Counter[str] = Counter()

    def settle(_request: Request, counted: Counted) -> None:
        verdicts[str(read(counted))] += 1

    async def run(run_id: str) -> Report:
        async with Ledger(Warehouse(settings.state_dir), settings, run_id) as ledger:
            return await ledger.fulfil(run_id, _requests(settings, size), read, settle)

    marks = [(time.perf_counter(), time.process_time())]

    def mark() -> None:
        marks.append((time.perf_counter(), time.process_time()))

    report = await run("resumed")
    mark()
    again = await run("all paid")
    mark()
    sum(len(request.request_key) for request in _requests(settings, size))
    mark()
    if again.count_calls or verdicts.total() != 2 * size or len(verdicts) != 1:
        raise RuntimeError(f"{again}; {verdicts}")
    seconds = [round(after[0] - before[0], 2) for before, after in pairwise(marks)]
    cpu_seconds = [round(after[1] - before[1], 2) for before, after in pairwise(marks)]
    return {
        "rss_mb": round(_peak_mb(), 1),
        "count_calls": report.count_calls,
        "seconds_resumed": seconds[0],
        "seconds_all_paid": seconds[1],
        "seconds_of_keys": seconds[2],
        "cpu_seconds_resumed": cpu_seconds[0],
        "cpu_seconds_all_paid": cpu_seconds[1],
    }


def _requests(settings: Settings, size: int) -> Iterator[Request]:
    return paper_requests(settings, range(size))


def _peak_mb() -> float:
    """Of this process since it was started."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
