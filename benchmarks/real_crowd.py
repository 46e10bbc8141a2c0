"""The whole pipeline on a real crowd: three sources, embedded vectors, a scripted endpoint for everything else.

Runs the nightly command twice on one warehouse, once on a second warehouse from the same input, and once more with 100
new prompts while a version is due. The last line is JSON.
"""

import json
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.options import options
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

FILES = ("arena-hard-v0.1.jsonl", "arena_votes_1k.jsonl", "prompts.chat.jsonl")
NEW = "sharegpt92k.jsonl"
COUNT_NEW = 100
COUNT_QUICK = 150  # records of each file
EMBEDDED = {"minilm": {"endpoint": "embedded"}}

# A record is what one line holds; the turns behind the first of a conversation are counted beside the records.
_FATES = """
    with told as (
        select 'rejected' as fate, count(*)::bigint as count_records from rejections
        union all
        select 'duplicate', coalesce(sum(count_repeated), 0)::bigint from ingest_batches
        union all
        select
            case
                when turn > 1 then 'later_turn'
                when row_number() over (partition by prompt_id, turn order by ingested_at, location, line) > 1
                    then 'duplicate'
                when stage = 'curation' then 'rejected'
                else 'new'
            end,
            1
        from sightings
        inner join prompt_outcomes using (prompt_id)
    )
    select fate, sum(count_records)::bigint as count_records from told group by all
"""


def main() -> None:
    """Run and print."""
    told = options(__doc__, f"only {COUNT_QUICK} records of each file", data=Path("../shared/data")).parse_args()
    with tempfile.TemporaryDirectory() as folder, RunningServer() as server:
        print(json.dumps(measure(told.data / "prompts", Path(folder), server, is_quick=told.quick)))


def measure(data: Path, folder: Path, server: RunningServer, *, is_quick: bool) -> dict[str, Any]:
    """All figures of the benchmark."""
    files = [_copied(data / name, folder, COUNT_QUICK if is_quick else None) for name in FILES]
    first = _scene(folder / "first", server, files)
    with _told("first run") as clock:
        _refresh(first)
    figures = _counts(first)
    figures |= {"wall_seconds": round(clock[0], 1), "calls_first": _calls(first)}
    before = _result(first)
    with _told("second run"):
        _refresh(first)
    figures["calls_second"] = _calls(first) - figures["calls_first"]
    is_same = _result(first) == before
    second = _scene(folder / "second", server, files)
    with _told("the same input in another warehouse"):
        _refresh(second)
    figures["same_benchmark"] = is_same and _result(second)[0] == before[0]
    figures["same_board"] = is_same and _result(second)[1] == before[1]
    return figures | _one_more_night(first, data, folder)


def _one_more_night(scene: Scene, data: Path, folder: Path) -> dict[str, Any]:
    """100 new prompts, and a version is due."""
    count_calls = _calls(scene)
    scene.files = [*scene.files, _copied(data / NEW, folder, COUNT_NEW)]
    scene.tables["cadence"] = {"rebuild_every_days": 0}
    with _told("with 100 new prompts"):
        _refresh(scene)
    newest = scene.sql(
        "select benchmarks.count_kept, previous.count_questions from latest_benchmark as benchmarks"
        " join benchmarks as previous on benchmarks.previous_id = previous.benchmark_id"
    )
    kept = newest[0]["count_kept"] / newest[0]["count_questions"] if newest else 1.0
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "calls_for_100_new": _calls(scene) - count_calls,
        "share_questions_kept": round(kept, 3),
        "peak_rss_mb": round(peak),
    }


def _scene(folder: Path, server: RunningServer, files: list[Path]) -> Scene:
    folder.mkdir()
    scene = Scene(folder, server.base_url, files)
    scene.tables = {"embedder": {"model": "minilm", "texts_per_call": 8}, "cadence": {"recluster_every_days": 7}}
    scene.tables["models"] = EMBEDDED
    scene.tables["endpoints"] = {"embedded": {"kind": "embedded", "limits": {"concurrency": 1}}}
    return scene


def _copied(path: Path, folder: Path, count: int | None) -> Path:
    """The first records of a file under the same name, so that presets are found by it."""
    lines = path.read_bytes().splitlines(keepends=True)
    copy = folder / path.name
    copy.write_bytes(b"".join(lines[:count]))
    return copy


def _refresh(scene: Scene) -> None:
    finished = scene.run("refresh")
    if finished.code:
        raise SystemExit(f"refresh ended with {finished.code}:\n{finished.err}")


def _calls(scene: Scene) -> int:
    return scene.sql("select count(*) as count_calls from completions")[0]["count_calls"]


def _counts(scene: Scene) -> dict[str, Any]:
    """Each record in exactly one of new, duplicate, rejected; and what was made of the new ones."""
    fates = {row["fate"]: row["count_records"] for row in scene.sql(_FATES)}
    for row in scene.sql("from funnel"):
        print(f"{row['stage']:>10} {row['reason']:<24} {row['count_records']:>6}")
    for row in scene.sql(
        "select topic_name, count_prompts, keywords from topic_overview order by count_prompts desc limit 5"
    ):
        print(f"topic of {row['count_prompts']}: {', '.join(row['keywords'][:8])}  ({row['topic_name']})")
    clustering = scene.sql("from clusterings order by clustered_at desc limit 1")[0]
    return {
        "count_read": sum(count for fate, count in fates.items() if fate != "later_turn"),
        "count_new": fates.get("new", 0),
        "count_duplicates": fates.get("duplicate", 0),
        "count_rejected": fates.get("rejected", 0),
        "count_later_turns": fates.get("later_turn", 0),
        "count_topics": clustering["count_topics"],
        "share_unassigned": round(clustering["share_unassigned"], 3),
        "count_questions": scene.sql("select count_questions from latest_benchmark")[0]["count_questions"],
    }


def _result(scene: Scene) -> tuple[str, list[dict[str, Any]]]:
    """What must be the same again: version and board."""
    board = scene.sql("select model, win_rate, lower, upper, rank_low, rank_high, count_judgments from board")
    return scene.sql("select benchmark_id from latest_benchmark")[0]["benchmark_id"], board


@contextmanager
def _told(label: str) -> Iterator[list[float]]:
    """Print how long a part took; the seconds are in the list afterwards."""
    seconds: list[float] = []
    started = time.monotonic()
    yield seconds
    seconds.append(time.monotonic() - started)
    print(f"{label}: {seconds[0]:.1f} s")


if __name__ == "__main__":
    main()
