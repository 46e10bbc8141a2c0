"""200,000 prompts from raw lines to a version: `python -m benchmarks.scale [--quick] [--data DIR] [--kept FOLDER]`.

Each step runs in a process of its own on one warehouse; its seconds are those of the step, its peak RSS that of the
process, as Linux tells it. Vectors and marks are given: they are what models would be paid for. How the prompts are
made: `benchmarks.scale_crowd`, from the real ones with `--kept`, the folder of their vectors, else from planted ones.
Beside the steps: near duplicates alone, and one prompt's history out of ten clusterings. The last line is JSON.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console

from benchbuilder.criteria import CRITERIA
from benchbuilder.criteria import PARSER_VERSION as CRITERIA_VERSION
from benchmarks.options import options
from benchmarks.scale_crowd import make_crowd
from benchmarks.topic_crowds import frame_with, planted_crowd, real_crowd, run_of
from tasks import Run
from tests.fakes.scene import Scene

COUNT = 200_000
COUNT_QUICK = 2_000
COUNT_CLUSTERINGS = 10
COUNT_AT_ONCE = 20_000
COUNT_ASKED = 20


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, f"{COUNT_QUICK:,} prompts instead of {COUNT:,}", data=Path("../shared/data"))
    parser.add_argument("--kept", type=Path, help="folder of the real crowd's vectors; without it topics are planted")
    parser.add_argument("--step", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.step:
        print(json.dumps(run_step(told.step[0], Path(told.step[1]))))
        return
    count = COUNT_QUICK if told.quick else COUNT
    real = real_crowd(told.data / "prompts", told.kept) if told.kept else planted_crowd(min(count // 2, 6_000))
    with tempfile.TemporaryDirectory() as name, Console(stderr=True).status("making the crowd") as status:
        folder = Path(name)
        np.save(folder / "vectors.npy", make_crowd(real, count, folder).vectors)
        steps = {}
        for step in STEPS:
            status.update(f"{count:,} prompts: {step}")
            steps[step] = _in_fresh_process(step, folder)
            print(f"{step:<16} {steps[step]}", flush=True)
    shown = [step for step in STEPS if not step.startswith("give_")]
    figures = {
        "seconds": {step: steps[step]["seconds"] for step in shown},
        "cpu_seconds": {step: steps[step]["cpu_seconds"] for step in shown},
        "peak_rss_mb": {step: steps[step]["peak_rss_mb"] for step in shown},
        "counts": {step: steps[step]["found"] for step in shown},
    }
    print(json.dumps(figures | {"count_prompts": count, "is_real": bool(told.kept), "is_quick": told.quick}))


def _in_fresh_process(step: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scale", "--step", step, folder]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def run_step(step: str, folder: Path) -> dict[str, Any]:
    """One step, in this process."""
    scene = Scene(folder, "http://127.0.0.1:1/v1", [folder / "crowd.jsonl"])
    scene.change("selection", count_topics=250)
    run = run_of(scene)
    started = time.monotonic()
    found = STEPS[step](run, folder)
    # A step that times a part of itself says so.
    seconds = found.pop("seconds", None) if isinstance(found, dict) else None
    return {
        "seconds": round(seconds or time.monotonic() - started, 2),
        "cpu_seconds": round(time.process_time(), 1),
        "peak_rss_mb": peak_rss_mb(),
        "found": found,
    }


def peak_rss_mb() -> int:
    """Of this program; what getrusage says begins at the size of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024)


def _ingest(run: Run, _folder: Path) -> Any:
    from tasks.ingest import ingest

    return asyncio.run(ingest.fn(run, "crowd"))


def _curate(run: Run, _folder: Path) -> Any:
    from tasks.curate import curate

    return asyncio.run(curate.fn(run))


def _near_duplicates(run: Run, _folder: Path) -> Any:
    from benchbuilder.curation.near_duplicates import find_near_duplicates

    rows = run.warehouse.read("select prompt_id, text from prompts order by prompt_id")
    started = time.monotonic()
    count = len(find_near_duplicates(rows["prompt_id"].to_list(), rows["text"].to_list()))
    return {"count_prompts": rows.height, "count_duplicates": count, "seconds": time.monotonic() - started}


def _give_vectors(run: Run, folder: Path) -> None:
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    embedder = run.settings.embedder.model
    shared = {"embedder": embedder, "revision": run.settings.models[embedder].revision, "request_key": "given"}
    accepted = run.warehouse.read(
        "select prompt_id, min(line) as line from accepted_prompts join sightings using (prompt_id)"
        " group by prompt_id order by prompt_id"
    )
    for rows in accepted.iter_slices(COUNT_AT_ONCE):
        values = {**shared, "vector": list(vectors[rows["line"].to_numpy() - 1]), "embedded_at": datetime.now(UTC)}
        run.warehouse.append("embeddings", frame_with("embeddings", rows["prompt_id"].to_list(), values))


def _cluster(run: Run, _folder: Path) -> Any:
    from tasks.cluster import cluster

    counts = asyncio.run(cluster.fn(run))
    return counts | {"count_broad": run.warehouse.read("select count(*) from broad_topic_overview").item()}


def _give_marks(run: Run, _folder: Path) -> None:
    """Five of the seven criteria are met by most prompts, so that many can be chosen."""
    random = np.random.default_rng(0)
    prompt_ids = run.warehouse.read("select prompt_id from accepted_prompts order by prompt_id")["prompt_id"].to_list()
    marks = {one.name: list(random.beta(6, 2, len(prompt_ids))) for one in CRITERIA}
    values = {
        "annotator": run.settings.annotator.model,
        "annotator_digest": run.settings.digest_of_annotator(),
        "parser_version": CRITERIA_VERSION,
        "is_readable": True,
        "request_keys": [[] for _ in prompt_ids],
        "annotated_at": datetime.now(UTC),
    }
    run.warehouse.append("annotations", frame_with("annotations", prompt_ids, values | marks))


def _select(run: Run, _folder: Path) -> Any:
    from tasks.select import select

    asyncio.run(select.fn(run))
    return {"count_questions": run.warehouse.read("select count_questions from latest_benchmark").item()}


def _history(run: Run, _folder: Path) -> Any:
    """As many clusterings as ten weeks leave, all like the first; then the history of some prompts, the slowest one."""
    for week in range(1, COUNT_CLUSTERINGS):
        copied = [pl.concat_str("clustering_id", pl.lit(f" {week}")).alias("clustering_id")]
        for relation in ("clusterings", "topics", "topic_members", "topic_changes"):
            rows = run.warehouse.read(f"from {relation} where clustering_id not like '% %' order by all")
            later = [pl.col("as_of", "clustered_at") + timedelta(days=7 * week)] if relation == "clusterings" else []
            run.warehouse.append(relation, rows.with_columns(*copied, *later))
    prompt_ids = run.warehouse.read("select prompt_id from topic_members order by hash(prompt_id)")["prompt_id"]
    seconds = []
    for prompt_id in prompt_ids.unique(maintain_order=True).head(COUNT_ASKED):
        started = time.monotonic()
        rows = run.warehouse.read("from topic_history where prompt_id = $id order by clustered_at", id=prompt_id)
        seconds.append(time.monotonic() - started)
        if rows.height != COUNT_CLUSTERINGS:
            raise RuntimeError(f"{rows.height} rows")
    return {"count_members": len(prompt_ids), "seconds": max(seconds)}


STEPS: dict[str, Callable[[Run, Path], Any]] = {
    "ingest": _ingest,
    "near_duplicates": _near_duplicates,
    "curate": _curate,
    "give_vectors": _give_vectors,
    "cluster": _cluster,
    "give_marks": _give_marks,
    "select": _select,
    "history": _history,
}

if __name__ == "__main__":
    main()
