"""Freeze a version: thresholds, hash sampling per topic, and as many of the old questions as `keep_share` asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import polars as pl

from benchbuilder.asking.cascades import cascade_row
from benchbuilder.criteria import CRITERIA
from benchbuilder.criteria import PARSER_VERSION as CRITERIA_VERSION
from benchbuilder.errors import NothingToRunError
from benchbuilder.schemas import frame_of
from benchbuilder.selection import Selection, select_questions
from benchbuilder.text import digest_of
from tasks import Run, cached_step, check_mostly_there, logger

_CANDIDATES = f"""
    with latest as (
        select clustering_id from clusterings order by clustered_at desc, clustering_id limit 1
    ),
    marked as (
        select * from annotations
        where annotator = $annotator and annotator_digest = $digest and parser_version = $parser_version
    )
    select accepted_prompts.prompt_id, topic_members.topic_id, coalesce(topic_members.is_outlier, true) as is_outlier,
        marked.prompt_id is not null as is_marked, coalesce(seen.is_sampled, false) as is_sampled, seen.cheap_score,
        {", ".join(f"marked.{criterion.name}" for criterion in CRITERIA)}
    from accepted_prompts
    left join (from topic_members semi join latest using (clustering_id)) as topic_members using (prompt_id)
    left join marked using (prompt_id)
    left join (from cascade_members where cascade_id = $cascade_id) as seen using (prompt_id)
    where accepted_prompts.curation_digest = $curation_digest
    order by accepted_prompts.prompt_id
"""  # noqa: S608 - names of our own criteria


def is_build_due(run: Run) -> bool:
    """Whether the newest version is older than `rebuild_every_days`, or there is none."""
    newest = run.warehouse.read("select as_of from latest_built_benchmark")
    every = timedelta(days=run.settings.cadence.rebuild_every_days)
    return newest.is_empty() or run.as_of - newest.item() >= every


def _bound(run: Run) -> dict[str, Any]:
    return {
        "annotator": run.settings.annotator.model,
        "digest": run.settings.digest_of_annotator(),
        "parser_version": CRITERIA_VERSION,
        "curation_digest": digest_of(run.settings.curation),
        "cascade_id": _cascade_id(run),
    }


def _cascade_id(run: Run) -> str | None:
    cascade = run.settings.annotator.cascade
    return None if cascade is None else cascade_row(run.warehouse, run.settings, cascade)["cascade_id"]


def _gate(run: Run) -> float | None:
    """From which expectation of the cheap annotator on the strong one was asked; None where it was asked about all."""
    rows = run.warehouse.read("select threshold from cascades where cascade_id = $id", id=_cascade_id(run))
    return rows.item() if rows.height else None


def _inputs(run: Run) -> Any:
    candidates = run.warehouse.read(
        f"select count(*), bit_xor(hash(candidates)) from ({_CANDIDATES}) as candidates",  # noqa: S608 - our own query
        **_bound(run),
    ).row(0)
    newest = run.warehouse.read("select benchmark_id from latest_built_benchmark").to_series().to_list()
    return [list(map(str, candidates)), run.settings.selection, newest, _gate(run)]


@cached_step(version=4, inputs=_inputs)
async def select(run: Run) -> str:
    """Choose the questions of the next version; the same choice is the same version.

    Returns:
        Its benchmark_id.

    Raises:
        NothingToRunError: no prompt meets the thresholds.
        IncompleteError: too many prompts of topics have no marks yet, read or unread.
    """
    candidates = run.warehouse.read(_CANDIDATES, **_bound(run))
    in_topics = candidates.filter(~pl.col("is_outlier"))
    is_turned_away = (pl.col("cheap_score") < pl.lit(_gate(run), pl.Float64)).fill_null(value=False)
    check_mostly_there("marked", in_topics.filter(pl.col("is_marked") | is_turned_away).height, in_topics.height)
    selection = _choose(run, candidates)
    if selection.questions.is_empty():
        reasons = dict(selection.turned_away.group_by("reason").len().sort("reason").iter_rows())
        raise NothingToRunError(f"no prompt meets the thresholds: {reasons}")
    _append(run, selection)
    logger.info("select: %d questions, version %s", selection.questions.height, selection.benchmark_id[:12])
    return selection.benchmark_id


def _choose(run: Run, candidates: pl.DataFrame) -> Selection:
    """The next version; or the newest again, where the same candidates still give it from the version before it.

    Otherwise each run without any news would move the benchmark one step further towards sampling without the past.
    """
    newest = run.warehouse.read("select benchmark_id, previous_id from latest_built_benchmark")
    if newest.is_empty():
        return _choose_after(run, candidates, None)
    benchmark_id, previous_id = newest.row(0)
    again = _choose_after(run, candidates, previous_id)
    return again if again.benchmark_id == benchmark_id else _choose_after(run, candidates, benchmark_id)


def _choose_after(run: Run, candidates: pl.DataFrame, previous_id: str | None) -> Selection:
    previous = run.warehouse.read("select prompt_id from questions where benchmark_id = $id", id=previous_id)
    return select_questions(
        candidates,
        run.settings.selection,
        criteria=[criterion.name for criterion in CRITERIA],
        previous=previous["prompt_id"].to_list(),
        gate=_gate(run),
    )


def _append(run: Run, selection: Selection) -> None:
    """The version with its questions and with what was turned away; nothing where it stands already."""
    newest = run.warehouse.read("select benchmark_id from latest_built_benchmark").to_series().to_list()
    clustering_id = run.warehouse.read(
        "select clustering_id from clusterings order by clustered_at desc, clustering_id limit 1"
    ).item()
    row = {
        "benchmark_id": selection.benchmark_id,
        "previous_id": newest[0] if newest else None,
        "clustering_id": clustering_id,
        "annotator": run.settings.annotator.model,
        "annotator_digest": run.settings.digest_of_annotator(),
        "curation_digest": digest_of(run.settings.curation),
        "settings": orjson.dumps(run.settings.selection).decode(),
        "count_questions": selection.questions.height,
        "count_kept": int(selection.questions["is_kept"].sum()),
        "as_of": run.as_of,
        "frozen_at": datetime.now(UTC),
        "is_imported": False,
    }
    names = run.warehouse.read("select topic_id, topic_name from topic_labels")
    questions = selection.questions.drop("rank_in_topic").join(names, on="topic_id", how="left")
    questions = questions.with_columns(question_ref=pl.col("prompt_id"))
    with run.warehouse.write() as writer:
        if not writer.append("benchmarks", frame_of("benchmarks", [row])):
            return
        version = pl.lit(selection.benchmark_id).alias("benchmark_id")
        writer.append("questions", questions.with_columns(version))
        writer.append("turned_away", selection.turned_away.with_columns(version))
