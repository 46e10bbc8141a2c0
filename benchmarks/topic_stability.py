"""Do topics stay when the crowd grows by a twentieth? `python -m benchmarks.topic_stability [--quick] [--data DIR]`.

The steps themselves run on a warehouse: the crowd without a twentieth of its prompts, chosen by hash, is clustered and
named; then these come, and eight days later a full clustering is due. Twice, with other prompts held back, and then a
second twentieth in the same warehouse, so that wear shows. With `--kept FOLDER` the crowd is the real one, whose
vectors are made by the embedded model and kept there; without it the topics are planted.

A topic survives when at least half of its members are in one new topic. The last line is JSON: the smallest share of
surviving topics that keep their id and name, and the smallest share of naming calls that this saves.
"""

import asyncio
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from benchbuilder.asking.topic_names import plan_topic_names
from benchbuilder.schemas import frame_of
from benchbuilder.text import digest_of
from benchbuilder.topics.naming import PARSER_VERSION
from benchmarks.options import options
from benchmarks.topic_crowds import CLEAR, Crowd, accept, planted_crowd, real_crowd, run_of
from tasks import Run
from tests.fakes.scene import Scene

COUNT_PLANTED = 8_000
COUNT_QUICK = 2_000
GROWTH = 0.05
COUNT_WEEKS = 2
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)

_SURVIVING = """
    with
    shared as (
        select old.topic_id, new.topic_id as new_topic_id, count(*) as count_shared
        from topic_members as old
        join topic_members as new using (prompt_id)
        where old.clustering_id = $old and new.clustering_id = $new and not old.is_outlier and not new.is_outlier
        group by all
    ),
    sizes as (
        select topic_id, count(*) as count_members from topic_members
        where clustering_id = $old and not is_outlier group by all
    )
    select sizes.topic_id, sizes.topic_id in (select topic_id from topics where clustering_id = $new) as is_kept
    from sizes join shared using (topic_id)
    group by sizes.topic_id, count_members
    having 2 * max(count_shared) >= count_members
"""


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, f"one crowd of {COUNT_QUICK} planted prompts", data=Path("../shared/data"))
    parser.add_argument("--kept", type=Path, help="folder of the real crowd's vectors; without it topics are planted")
    told = parser.parse_args()
    if told.kept and not told.quick:
        crowd = real_crowd(told.data / "prompts", told.kept)
    else:
        crowd = planted_crowd(COUNT_QUICK if told.quick else COUNT_PLANTED, nearness=CLEAR)
    weeks = []
    with Console(stderr=True).status("clustering") as status:
        for seed in range(1 if told.quick else 2):
            status.update(f"clustering, held back by seed {seed}")
            weeks += asyncio.run(grow(crowd, seed))
    for week in weeks:
        print("  ".join(f"{name} {figure}" for name, figure in week.items()))
    print(json.dumps(verdict(weeks) | {"count_prompts": len(crowd.prompt_ids), "is_real": bool(told.kept)}))


def verdict(weeks: list[dict[str, Any]]) -> dict[str, Any]:
    """The worst week of each kind."""
    return {name: min(week[name] for week in weeks) for name in ("share_topics_kept", "share_naming_calls_saved")}


async def grow(crowd: Crowd, seed: int) -> list[dict[str, Any]]:
    """The figures of each week in which a twentieth came."""
    parts = [int(digest_of([seed, one])[:8], 16) / 2**32 // GROWTH for one in crowd.prompt_ids]
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), "http://127.0.0.1:1/v1", [Path("never-read.jsonl")])
        rows = [np.flatnonzero(np.array(parts) >= COUNT_WEEKS)]
        rows += [np.flatnonzero(np.array(parts) == week) for week in range(COUNT_WEEKS)]
        await cluster_and_name(run_of(scene, BEGIN), crowd.of(rows[0]))
        return [
            await cluster_and_name(run_of(scene, BEGIN + timedelta(days=8 * week)), crowd.of(rows[week]))
            for week in range(1, COUNT_WEEKS + 1)
        ]


async def cluster_and_name(run: Run, new: Crowd) -> dict[str, Any]:
    """One week: prompts come, topics are found, and those that have no name get one."""
    from tasks.cluster import cluster

    accept(run, new)
    await cluster.fn(run)
    newest = run.warehouse.read("select clustering_id, previous_id from clusterings order by as_of desc limit 1").row(0)
    calls = plan_topic_names(run.warehouse, run.settings)
    now = datetime.now(UTC)
    shared = {"parser_version": PARSER_VERSION, "request_key": "benchmark", "named_at": now}
    names = [{"topic_id": topic_id, "name": f"name of {topic_id}", **shared} for topic_id in calls]
    run.warehouse.append("topic_names", frame_of("topic_names", names))
    return _figures(run, *newest, count_calls=len(calls))


def _figures(run: Run, new_id: str, old_id: str | None, *, count_calls: int) -> dict[str, Any]:
    surviving = run.warehouse.read(_SURVIVING, old=old_id, new=new_id)
    count_topics = run.warehouse.read("select count(*) from topics where clustering_id = $id", id=new_id).item()
    changes = run.warehouse.read(
        "select kind, count(*) from topic_changes where clustering_id = $id group by all order by all", id=new_id
    )
    return {
        "count_topics": count_topics,
        "count_surviving": surviving.height,
        "share_topics_kept": round(float(surviving["is_kept"].mean() or 0), 3),  # pyright: ignore[reportArgumentType]
        "share_naming_calls_saved": round(1 - count_calls / max(count_topics, 1), 3),
        **dict(changes.iter_rows()),
    }


if __name__ == "__main__":
    main()
