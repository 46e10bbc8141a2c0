"""How fast is JSONL read into a warehouse, and is memory flat? `python -m benchmarks.ingest [--quick] [--data DIR]`.

Each size is read in a fresh process, from a file of chats: per line one to three messages of a person, between answers,
with id, time and sender; words, numbers, code, now and then an address or a key. MB are counted against CPU seconds of
all threads, so they are per core. Where the time goes is measured in a run of its own, with a clock around what is
known to take some; `rest` is mostly opening and checkpointing the warehouse, once per batch. The calibration loop is a
million steps of plain Python. The last line is JSON.
"""

import argparse
import asyncio
import importlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.progress import track

from benchmarks.options import options
from tests.fakes.crowd import prompts
from tests.fakes.scene import Scene

SIZES_MB, QUICK_MB = (25, 100, 400), (4, 8, 16)
NO_SERVER = "http://127.0.0.1:9/v1"
_MB = 1_000_000
_CALIBRATION_STEPS = 1_000_000
_ANSWER_WORDS = 180
_PARTS = {
    "reading": ("benchbuilder.sources.jsonl", "JsonLines._read_line"),
    "masking": ("tasks.ingest", "mask"),
    "identity": ("tasks.ingest", "prompt_id_of"),
    "frames": ("tasks.ingest", "frame_of"),
    "appending": ("benchbuilder.warehouse.warehouse", "Writer.append"),
}


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, f"files of {QUICK_MB} MB instead of {SIZES_MB}", data=None)
    parser.add_argument("--read", nargs=2, metavar=("CONFIG", "PROFILE"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.read:
        print(json.dumps(read(Path(told.read[0]), is_profiled=told.read[1] == "yes")))
        return
    sizes = QUICK_MB if told.quick else SIZES_MB
    words = _words(told.data)
    with tempfile.TemporaryDirectory() as folder:
        runs = {size: _measured(Path(folder), size, words) for size in track(sizes, "MB", console=Console(stderr=True))}
        profile = _measured(Path(folder), sizes[0], words, is_profiled=True)["share_of_time"]
    for size, run in runs.items():
        print(f"{size:>5} MB  {run}")
    figures = {
        "mb_per_second": runs[sizes[-1]]["mb_per_cpu_second"],
        "peak_rss_mb": {str(size): run["peak_rss_mb"] for size, run in runs.items()},
        "share_of_time": profile,
        "calibration_seconds": calibration_seconds(),
        "is_quick": told.quick,
    }
    print(json.dumps(figures))


def _words(data: Path | None) -> list[str]:
    """What messages are put together from: prompts of a real crowd where there is one, else made ones."""
    if data is None:
        return list(prompts(60))
    lines = (data / "prompts" / "sharegpt92k.jsonl").read_bytes().splitlines()
    return [orjson.loads(line)["prompt"][:2_000] for line in lines]


def _chats(words: list[str], size_mb: int) -> Iterator[bytes]:
    """Lines of JSON until there are so many MB of them; the same for the same words."""
    chance, count_bytes, number = random.Random(0), 0, 0  # noqa: S311 - nothing is kept secret with it
    vocabulary = " ".join(words[:200]).split()
    while count_bytes < size_mb * _MB:
        number += 1
        messages = []
        for turn in range(chance.choice((1, 1, 1, 2, 3))):
            said = f"{chance.choice(words)} ({number}.{turn})"
            if number % 50 == 0:
                said += f" Write to person{number}@example.org, my key is sk-proj-{number:024d}"
            answer = " ".join(chance.choices(vocabulary, k=_ANSWER_WORDS))
            messages += [{"role": "user", "content": said}, {"role": "assistant", "content": answer}]
        row = {"id": f"chat-{number}", "created": 1_700_000_000 + number, "user": f"u{number % 999}"}
        line = orjson.dumps(row | {"messages": messages}) + b"\n"
        count_bytes += len(line)
        yield line


def _measured(folder: Path, size_mb: int, words: list[str], *, is_profiled: bool = False) -> dict[str, Any]:
    """One file read in a process of its own."""
    place = folder / f"{size_mb}-{is_profiled}"
    place.mkdir()
    chats = place / "chats.jsonl"
    with chats.open("wb") as stream:
        stream.writelines(_chats(words, size_mb))
    scene = Scene(place, NO_SERVER, [chats])
    scene.tables["sources"] = [{"name": "chats", "paths": [str(chats)], "preset": "openai_messages"}]
    command = [sys.executable, "-m", "benchmarks.ingest", "--read", str(scene.config), "yes" if is_profiled else "no"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2_000:])
    return json.loads(done.stdout.splitlines()[-1])


def read(config: Path, *, is_profiled: bool) -> dict[str, Any]:
    """The step itself, without a flow around it."""
    from benchbuilder.settings import load_settings
    from tasks import Run
    from tasks.ingest import ingest

    settings = load_settings(config)
    run = Run(settings, datetime.now(UTC))
    size_mb = Path(settings.sources[0].paths[0]).stat().st_size / _MB
    spent = _clocks() if is_profiled else {}
    before, cpu_before, rss_before = time.perf_counter(), time.process_time(), _peak_rss_mb()
    counts = asyncio.run(ingest.fn(run, "chats"))
    seconds, cpu_seconds = time.perf_counter() - before, time.process_time() - cpu_before
    return {
        "mb_per_cpu_second": round(size_mb / cpu_seconds, 2),
        "mb_per_wall_second": round(size_mb / seconds, 2),
        "peak_rss_mb": round(_peak_rss_mb()),
        "rss_before_mb": round(rss_before),
        "prompts_per_cpu_second": round(counts["count_sightings"] / cpu_seconds),
        "count_sightings": counts["count_sightings"],
        "share_of_time": {
            part: round(seconds / cpu_seconds, 3)
            for part, seconds in (spent | {"rest": cpu_seconds - sum(spent.values())}).items()
            if is_profiled
        },
    }


def _clocks() -> dict[str, float]:
    """CPU seconds by part, counted from now on."""
    spent = dict.fromkeys(_PARTS, 0.0)
    for part, (module, path) in _PARTS.items():
        *owners, name = path.split(".")
        owner = importlib.import_module(module)
        for step in owners:
            owner = getattr(owner, step)
        setattr(owner, name, _clocked(getattr(owner, name), part, spent))
    return spent


def _clocked(function: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    def clocked(*values: Any, **named: Any) -> Any:
        before = time.process_time()
        try:
            return function(*values, **named)
        finally:
            spent[part] += time.process_time() - before

    return clocked


def _peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def calibration_seconds() -> float:
    """How fast this machine is today."""
    start, total = time.perf_counter(), 0
    for number in range(_CALIBRATION_STEPS):
        total += number & 7
    return round(time.perf_counter() - start, 4)


if __name__ == "__main__":
    main()
