"""A new file the next day, while an analyst reads: only what is new is asked, the benchmark keeps most of itself."""

import asyncio
import json
from collections import Counter
from math import ceil
from typing import NamedTuple

import polars as pl
import pytest

from flows.conclusion import end_of
from flows.evaluate_models import evaluate_models
from flows.parameters import EvaluateParameters
from tests.fakes.crowd import prompts, write_crowd
from tests.fakes.nights import COUNT_CROWD, COUNT_NEW, Night, Told, run_night
from tests.fakes.reader import QUERIES, Read, reading
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow

KEEP_SHARE = 0.8
MAY_BE_EMPTY = {"board": ("reason",), "why a prompt was turned away": ("threshold", "measured")}


class NextDay(NamedTuple):
    """What happened, and what the reader saw meanwhile."""

    scene: Scene
    night: Night
    read: Read


@pytest.fixture(scope="module")
def next_day(first_night: Told, server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> NextDay:
    """The night after the first, with a second source of 20 new prompts."""
    scene = first_night.scene.branch(tmp_path_factory.mktemp("next") / "day")
    scene.files = [*scene.files, write_crowd(scene.folder / "second.jsonl", prompts(COUNT_NEW, start=COUNT_CROWD))]
    with reading(scene.state_dir) as read:
        night = run_night(scene, server, day=1)
    return NextDay(scene, night, read)


def count(scene: Scene, query: str) -> int:
    """The number that a query gives."""
    return int(scene.snapshot.read(query).item())


def test_only_the_new_is_embedded_and_annotated(next_day: NextDay) -> None:
    """The embedder and the annotator see the 20 new prompts and no other."""
    assert next_day.night.state.name == "Completed"
    assert (next_day.night.calls["embedder"], next_day.night.calls["annotator"]) == (1, COUNT_NEW)
    assert count(next_day.scene, "select count(*) from embeddings") == COUNT_CROWD + COUNT_NEW


def test_only_new_questions_are_played(next_day: NextDay) -> None:
    """Each model answers the new questions once, each is judged in both orders; nothing is asked about the others."""
    new = "select count(*) from questions semi join latest_benchmark using (benchmark_id) where not is_kept"
    count_new = count(next_day.scene, new)
    assert count_new > 0
    calls = next_day.night.calls
    assert [calls[model] for model in ("model-30", "model-50", "model-70")] == [count_new] * 3
    assert calls["judge"] == 2 * 2 * count_new


def test_topics_stand(next_day: NextDay) -> None:
    """No clustering is due, so the new prompts are placed into topics that keep id and name; the namer is not asked."""
    assert next_day.night.calls["namer"] == 0
    assert count(next_day.scene, "select count(*) from clusterings") == 1
    assert count(next_day.scene, "select count(*) from topic_members where is_placed") == COUNT_NEW


def test_most_questions_stay(next_day: NextDay) -> None:
    """Of the old questions that are still eligible at least keep_share stay, and each says whether it stayed."""
    scene = next_day.scene
    old = scene.snapshot.read(
        "select prompt_id, reason from questions"
        " join (from benchmarks where previous_id is null) as first using (benchmark_id)"
        " left join (from turned_away semi join latest_benchmark using (benchmark_id)) as gone using (prompt_id)"
    )
    count_eligible = old.filter(pl.col("reason").is_null() | pl.col("reason").str.starts_with("not_sampled")).height
    newest = "select count_kept from latest_benchmark"
    count_kept = count(scene, newest)
    assert ceil(KEEP_SHARE * count_eligible) <= count_kept < 30
    kept = "select count(*) from questions semi join latest_benchmark using (benchmark_id) where is_kept"
    assert count(scene, kept) == count_kept


def test_the_same_day_again(next_day: NextDay, server: RunningServer) -> None:
    """Without news the next run stays with the version, although one is due every run, and asks nothing."""
    night = run_night(next_day.scene, server, day=1)
    assert (night.state.name, night.calls.total()) == ("Completed", 0)
    assert count(next_day.scene, "select count(*) from benchmarks") == 2
    assert next_day.scene.snapshot.path.name == "20260505T030000Z.duckdb"


def test_boards_of_both_versions_stand_side_by_side(next_day: NextDay) -> None:
    """The first board stays as it was, the second is of the next version."""
    boards = next_day.scene.snapshot.read(
        "select as_of::date::varchar as day, count(*)::int as n, count(distinct benchmark_id)::int as versions"
        " from boards group by day order by day"
    )
    assert boards.rows() == [("2026-05-04", 3, 1), ("2026-05-05", 3, 1)]
    assert count(next_day.scene, "select count(distinct benchmark_id) from boards") == 2


def test_the_difference_of_both_versions(next_day: NextDay) -> None:
    """`diff` names each question that came or went with its reason, and counts those that were kept."""
    first, second = next_day.scene.snapshot.read("select benchmark_id from benchmarks order by frozen_at").to_series()
    rows = json.loads(next_day.scene.run("diff", first[:12], second, "--format", "json").out)
    changes = Counter(row["change"] for row in rows)
    kept = count(next_day.scene, "select count_kept from latest_benchmark")
    assert changes["kept"] == kept
    assert kept + changes["out"] == count(
        next_day.scene, "select count_questions from benchmarks where previous_id is null"
    )
    assert {row["reason"] for row in rows if row["change"] == "in"} == {"new_prompt"}
    assert {row["reason"] for row in rows if row["change"] == "out"} <= {"not_sampled_in_topic", "topic_mean_below"}
    assert all(row["text"] and row["topic"] for row in rows)
    table = next_day.scene.run("diff", first, second)
    assert f"{changes['in']} in, {changes['out']} out, {kept} kept" in table.out


def test_readers_never_fail(next_day: NextDay) -> None:
    """All night long each query works on the current snapshot, before, during and after the new one is published."""
    assert next_day.read.failures == []
    assert next_day.read.count_reads >= 5 * len(QUERIES)
    assert next_day.read.snapshots == ["20260504T030000Z.duckdb", "20260505T030000Z.duckdb"]


@pytest.mark.parametrize("name", QUERIES)
def test_what_people_ask(next_day: NextDay, name: str) -> None:
    """Each query answers in full: no cell of what it is asked for is empty."""
    rows = next_day.scene.snapshot.read(QUERIES[name]).drop(MAY_BE_EMPTY.get(name, ()))
    assert rows.height > 0
    assert rows.null_count().sum_horizontal().item() == 0


def test_an_older_version_can_be_evaluated(next_day: NextDay, server: RunningServer) -> None:
    """A team stays on a pinned version: `evaluate_models` with its id asks nothing, for its answers are there."""
    pinned = next_day.scene.snapshot.read("select benchmark_id from benchmarks where previous_id is null").item()
    before = server.counts().count_requests
    parameters = EvaluateParameters(config=next_day.scene.config, benchmark_id=pinned)
    state = asyncio.run(end_of(evaluate_models, parameters))
    assert (state.name, server.counts().count_requests - before) == ("Completed", 0)
