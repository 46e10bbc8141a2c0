"""Calls a second and CPU a call, beside the reference's way and a bare loop: `python -m benchmarks.traffic [--quick]`.

One loopback server in a process of its own answers everything after 200 ms. Ours is all of it: request_key, plan,
limiter, reading, spool, warehouse. The reference's way is a thread pool in which each call makes its own OpenAI client;
the bare loop posts what was prepared and looks at nothing. The last line is JSON.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import NamedTuple

import aiohttp
import openai
import uvloop
from rich.console import Console

from benchbuilder.asking.judgments import reading_of
from benchbuilder.ledger import Ledger
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings
from benchbuilder.warehouse import Warehouse
from benchmarks.options import options
from benchmarks.paper_requests import paper_requests, settings_with
from benchmarks.slow_server import slow_server

LATENCY_SECONDS = 0.2
NARROW, WIDE = 64, 256  # calls in flight
COUNT_CALLS = {NARROW: 2048, WIDE: 3072}
COUNT_BARE = {NARROW: 640, WIDE: 2048}
COUNT_LOOP = 1_000_000
TARGETS = {
    "ratio_to_reference_64": ("at least", 6),
    "share_of_ideal_64": ("at least", 0.7),
    "calls_per_second_256": ("at least", 400),
    "cpu_ms_per_call": ("at most", 1.6),
}


class Pace(NamedTuple):
    """What one way of asking did."""

    calls_per_second: float
    cpu_ms_per_call: float


class Amounts(NamedTuple):
    """How many turns, and in each so many calls of the reference's way, which is slow."""

    count_times: int
    count_reference: int


def main() -> None:
    """Measure and print."""
    told = options(__doc__, "fewer calls").parse_args()
    amounts = Amounts(2, 96) if told.quick else Amounts(5, 2 * NARROW)
    figures = measure(amounts)
    for name, figure in figures.items():
        word, target = TARGETS.get(name, ("", None))
        print(f"{name:<30}{figure:>10.4g}" + ("" if target is None else f"   {word} {target:g}"))
    print(json.dumps({name: float(f"{figure:.4g}") for name, figure in figures.items()} | {"is_quick": told.quick}))


def measure(amounts: Amounts) -> dict[str, float]:
    """All figures; all ways in turn, and the median of each counts, so that one disturbance does not."""
    turns: list[dict[str, Pace]] = []
    loops: list[float] = []
    with (
        Console(stderr=True).status("traffic") as status,
        tempfile.TemporaryDirectory() as folder,
        slow_server(LATENCY_SECONDS) as base_url,
    ):
        for turn in range(amounts.count_times):
            status.update(f"turn {turn + 1} of {amounts.count_times}")
            loops.append(calibrate())
            turns.append(measure_turn(Path(folder) / str(turn), base_url, amounts.count_reference))
    paces = {name: _median([turn[name] for turn in turns]) for name in turns[0]}
    return _figures(paces, median(loops))


def measure_turn(folder: Path, base_url: str, count_reference: int) -> dict[str, Pace]:
    """Every way once, at both widths; the reference's at one."""
    paces: dict[str, Pace] = {}
    for concurrency in (WIDE, NARROW):
        place = folder / str(concurrency)
        place.mkdir(parents=True)
        settings = settings_with(place, base_url, concurrency)
        asked = range(COUNT_CALLS[concurrency])
        paces[f"ours_{concurrency}"] = asyncio.run(ask_ours(settings, asked))  # the loop that our commands use
        bare = list(paper_requests(settings, asked[: COUNT_BARE[concurrency]]))
        paces[f"bare_{concurrency}"] = uvloop.run(ask_bare(base_url, bare, concurrency))
        if concurrency == NARROW:
            by_threads = list(paper_requests(settings, asked[:count_reference]))
            paces["reference_64"] = ask_by_threads(base_url, by_threads)
    return paces


def _median(found: list[Pace]) -> Pace:
    return Pace(*(median(column) for column in zip(*found, strict=True)))


def _figures(paces: dict[str, Pace], loop_ms: float) -> dict[str, float]:
    ours, wide, reference = paces["ours_64"], paces["ours_256"], paces["reference_64"]
    figures = {
        "ratio_to_reference_64": ours.calls_per_second / reference.calls_per_second,
        "share_of_ideal_64": ours.calls_per_second / (NARROW / LATENCY_SECONDS),
        "calls_per_second_256": wide.calls_per_second,
        "cpu_ms_per_call": max(ours.cpu_ms_per_call, wide.cpu_ms_per_call),
        "cpu_ms_calibration_loop": loop_ms,
    }
    for name, pace in paces.items():
        figures[f"calls_per_second_{name}"] = pace.calls_per_second
        figures[f"cpu_ms_per_call_{name}"] = pace.cpu_ms_per_call
    return figures


async def ask_ours(settings: Settings, numbers: range) -> Pace:
    """`Ledger.fulfil` into a new warehouse, verdicts read; the imports and first connections are made before."""
    warehouse = Warehouse(settings.state_dir)
    read = reading_of(settings.judges[0])
    async with Ledger(warehouse, settings, "run") as ledger:
        warm = range(numbers.stop, numbers.stop + settings.endpoints["slow"].limits.concurrency)
        await ledger.fulfil("warm up", paper_requests(settings, warm), read)

        async def fulfil() -> None:
            (await ledger.fulfil("ask", paper_requests(settings, numbers), read)).check_complete()

        pace = await _timed(fulfil, len(numbers))
    stored = warehouse.read("select count(distinct request_key) from completions where state = 'ok'").item()
    if stored != len(numbers) + len(warm):
        raise RuntimeError(f"{stored:,} calls are in the warehouse")
    return pace


async def ask_bare(base_url: str, requests: list[Request], concurrency: int) -> Pace:
    """What aiohttp does there with bodies that were rendered before."""
    bodies: Iterator[bytes] = iter([json.dumps(request.chat_body()).encode() for request in requests])
    headers = {"Content-Type": "application/json", "Authorization": "Bearer none"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def work() -> None:
            for body in bodies:
                async with session.post(f"{base_url}/chat/completions", data=body) as response:
                    await response.read()

        async def work_all() -> None:
            await asyncio.gather(*(work() for _ in range(concurrency)))

        return await _timed(work_all, len(requests))


def ask_by_threads(base_url: str, requests: list[Request]) -> Pace:
    """The reference's way: in every call a client of its own."""

    def ask(request: Request) -> str | None:
        client = openai.OpenAI(base_url=base_url, api_key="none")
        return client.chat.completions.create(**request.chat_body()).choices[0].message.content

    started, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(max_workers=NARROW) as pool:
        replies = list(pool.map(ask, requests))
    if not all(replies):
        raise RuntimeError("a reply is empty")
    return _pace(len(requests), started, cpu)


async def _timed(work: Callable[[], Awaitable[None]], count_calls: int) -> Pace:
    started, cpu = time.perf_counter(), time.process_time()
    await work()
    return _pace(count_calls, started, cpu)


def _pace(count_calls: int, started: float, cpu: float) -> Pace:
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    return Pace(count_calls / seconds, 1000 * cpu_seconds / count_calls)


def calibrate() -> float:
    """CPU milliseconds of a fixed loop of plain Python, by which two machines can be compared."""
    cpu = time.process_time()
    sum(number * number % 7 for number in range(COUNT_LOOP))
    return 1000 * (time.process_time() - cpu)


if __name__ == "__main__":
    main()
