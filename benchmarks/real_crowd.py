"""The whole pipeline on a real crowd: six files, embedded vectors, a scripted endpoint for everything else.

Runs the nightly command twice on one warehouse, and once on a second warehouse from the same input. Then the last file
grows by 100 records for a night with a new version, and by a twentieth for one that clusters everything anew. The last
line is JSON.
"""

import json
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.options import options
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

FILES = (
    *("arena-hard-v0.1.jsonl", "arena-hard-v2.0.jsonl", "arena_votes_1k.jsonl", "prompts.chat.jsonl"),
    *("self-instruct-252.jsonl", "sharegpt92k.jsonl"),
)
GROWING = FILES[-1]
COUNT_NEW = 100
SHARE_LATER = 0.05
COUNT_QUICK = 60  # records of each file; of the one that grows three times as many
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
    lines = {name: (data / name).read_bytes().splitlines(keepends=True) for name in FILES}
    if is_quick:
        lines = {name: some[: COUNT_QUICK * (3 if name == GROWING else 1)] for name, some in lines.items()}
    count_later = round(SHARE_LATER * sum(map(len, lines.values())))
    nights = (len(lines[GROWING]) - COUNT_NEW - count_later, len(lines[GROWING]) - count_later, None)
    files = [folder / name for name in FILES]
    for file in files:
        file.write_bytes(b"".join(lines[file.name][: nights[0]] if file.name == GROWING else lines[file.name]))
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
    first.tables["cadence"] = {"rebuild_every_days": 0, "recluster_every_days": 7}
    files[-1].write_bytes(b"".join(lines[GROWING][: nights[1]]))
    figures |= _one_more_night(first, f"with {COUNT_NEW} more", "for_100_new")
    first.tables["cadence"] = {"rebuild_every_days": 0, "recluster_every_days": 0}
    files[-1].write_bytes(b"".join(lines[GROWING]))
    figures |= _one_more_night(first, "with a twentieth more, clustered anew", "reclustered")
    print_crowd(first)
    figures["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    return figures


def _one_more_night(scene: Scene, label: str, suffix: str) -> dict[str, Any]:
    """What a night with news asks again, and what stays."""
    count_calls, old = _calls(scene), _result(scene)[0]
    clustering_id, began_at = _clustering(scene)["clustering_id"], datetime.now(UTC).isoformat()
    with _told(label):
        _refresh(scene)
    newest = _result(scene)[0]
    kept = scene.sql(
        f"select count(*) as count_all, count(new.prompt_id) as count_kept from questions"  # noqa: S608 - our own ids
        f" left join (from questions where benchmark_id = '{newest}') as new using (prompt_id)"
        f" where questions.benchmark_id = '{old}'"
    )[0]
    return {
        f"calls_{suffix}": _calls(scene) - count_calls,
        f"share_questions_kept_{suffix}": round(kept["count_kept"] / kept["count_all"], 3),
        f"share_answers_reused_{suffix}": _reused(scene, "answers", newest, began_at),
        f"share_judgments_reused_{suffix}": _reused(scene, "judgments", newest, began_at),
        f"share_topics_kept_{suffix}": _share_topics_kept(scene, clustering_id),
    }


def _reused(scene: Scene, relation: str, benchmark_id: str, began_at: str) -> float:
    """Of the answers or judgments of a version, the share that was there before the night began."""
    moment = "answered_at" if relation == "answers" else "judged_at"
    return scene.sql(
        f"select round(avg(({moment} < '{began_at}'::timestamptz)::int), 3) as share from {relation}"  # noqa: S608
        f" join questions using (prompt_id) where benchmark_id = '{benchmark_id}'"
    )[0]["share"]


def _share_topics_kept(scene: Scene, old_id: str) -> float:
    """Of the topics that survive (half of their members share one new topic), the share that keeps its id."""
    new_id = _clustering(scene)["clustering_id"]
    return scene.sql(
        f"""
        with old as (from topic_members where clustering_id = '{old_id}' and not is_outlier),
        new as (from topic_members where clustering_id = '{new_id}' and not is_outlier),
        shared as (
            select old.topic_id, new.topic_id as new_id, count(*) as count_shared
            from old join new using (prompt_id) group by all
        ),
        sizes as (select topic_id, count(*) as count_members from old group by all),
        surviving as (
            from shared join sizes using (topic_id) where 2 * count_shared >= count_members
            qualify row_number() over (partition by topic_id order by count_shared desc, new_id) = 1
        )
        select round(avg((topic_id = new_id)::int), 3) as share from surviving
        """  # noqa: S608 - our own ids
    )[0]["share"]


def _clustering(scene: Scene) -> dict[str, Any]:
    return scene.sql("from latest_clustering")[0]


def _scene(folder: Path, server: RunningServer, files: list[Path]) -> Scene:
    folder.mkdir()
    scene = Scene(folder, server.base_url, files)
    scene.tables = {"embedder": {"model": "minilm", "texts_per_call": 8}, "cadence": {"recluster_every_days": 7}}
    scene.tables["models"] = EMBEDDED
    scene.tables["endpoints"] = {"embedded": {"kind": "embedded", "limits": {"concurrency": 1}}}
    return scene


def _refresh(scene: Scene) -> None:
    finished = scene.run("refresh")
    if finished.code:
        raise SystemExit(f"refresh ended with {finished.code}:\n{finished.err}")


def _calls(scene: Scene) -> int:
    return scene.sql("select count(*) as count_calls from completions")[0]["count_calls"]


def _counts(scene: Scene) -> dict[str, Any]:
    """Each record in exactly one of new, duplicate, rejected; and what was made of the new ones."""
    fates = {row["fate"]: row["count_records"] for row in scene.sql(_FATES)}
    clustering = _clustering(scene)
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


def print_crowd(scene: Scene) -> None:
    """The funnel by reason and the largest topics, for a reader."""
    for row in scene.sql("from funnel"):
        print(f"{row['stage']:>10} {row['reason']:<24} {row['count_records']:>6}")
    for row in scene.sql(
        "select topic_name, count_prompts, keywords from topic_overview order by count_prompts desc limit 5"
    ):
        print(f"topic of {row['count_prompts']}: {', '.join(row['keywords'][:8])}  ({row['topic_name']})")


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
