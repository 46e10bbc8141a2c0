"""Freeze a version: thresholds, hash sampling per topic, and as many of the old questions as `keep_share` asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import polars as pl

from benchbuilder.asking.cascades import cascade_row
from benchbuilder.boards import Reader
from benchbuilder.criteria import CRITERIA
from benchbuilder.criteria import PARSER_VERSION as CRITERIA_VERSION
from benchbuilder.errors import NothingToRunError
from benchbuilder.schemas import frame_of
from benchbuilder.selection import Selection, select_questions
from benchbuilder.text import digest_of
from tasks import Run, cached_step, check_mostly_there, logger

_CANDIDATES = f"""
    with marked as (
        select * from annotations
        where annotator = $annotator and annotator_digest = $digest and parser_version = $parser_version
    )
    select accepted_prompts.prompt_id, topic_members.topic_id, coalesce(topic_members.is_outlier, true) as is_outlier,
        marked.prompt_id is not null as is_marked, coalesce(seen.is_sampled, false) as is_sampled, seen.cheap_score,
        {", ".join(f"marked.{criterion.name}" for criterion in CRITERIA)}
    from accepted_prompts
    left join (from topic_members semi join latest_clustering using (clustering_id)) as topic_members using (prompt_id)
    left join marked using (prompt_id)
    left join (from cascade_members where cascade_id = $cascade_id) as seen using (prompt_id)
    where accepted_prompts.curation_digest = $curation_digest
    order by accepted_prompts.prompt_id
"""  # noqa: S608 - names of our own criteria


def is_build_due(run: Run) -> bool:
    """Whether the newest version was chosen `rebuild_every_days` ago or earlier, or there is none."""
    newest = _newest(run.warehouse)
    return newest is None or run.as_of - newest["as_of"] >= timedelta(days=run.settings.cadence.rebuild_every_days)


def _newest(reader: Reader) -> dict[str, Any] | None:
    """The choice of the newest version that was built here."""
    rows = reader.read("from latest_choices semi join latest_built_benchmark using (benchmark_id)")
    return rows.row(0, named=True) if rows.height else None


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
    newest = _newest(run.warehouse)
    # Its moment too: a version that comes again after another one has to be chosen, not remembered.
    chosen = newest and [newest["benchmark_id"], str(newest["chosen_at"])]
    return [list(map(str, candidates)), run.settings.selection, chosen, _gate(run)]


@cached_step(version=5, inputs=_inputs)
async def select(run: Run) -> str:
    """Choose the questions of the next version; the same questions are the same version, also after another one.

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
    newest = _newest(run.warehouse)
    selection = _choose(run, candidates, newest)
    if selection.questions.is_empty():
        reasons = dict(selection.turned_away.group_by("reason").len().sort("reason").iter_rows())
        raise NothingToRunError(f"no prompt meets the thresholds: {reasons}")
    _append(run, selection, newest["benchmark_id"] if newest else None)
    logger.info("select: %d questions, version %s", selection.questions.height, selection.benchmark_id[:12])
    return selection.benchmark_id


def _choose(run: Run, candidates: pl.DataFrame, newest: dict[str, Any] | None) -> Selection:
    """The next version; or the newest again, where the same candidates still give it from the version before it.

    Otherwise each run without any news would move the benchmark one step further towards sampling without the past.
    """
    if newest is None:
        return _choose_after(run, candidates, None)
    again = _choose_after(run, candidates, newest["previous_id"])
    is_same = again.benchmark_id == newest["benchmark_id"]
    return again if is_same else _choose_after(run, candidates, newest["benchmark_id"])


def _choose_after(run: Run, candidates: pl.DataFrame, previous_id: str | None) -> Selection:
    previous = run.warehouse.read("select prompt_id from questions where benchmark_id = $id", id=previous_id)
    return select_questions(
        candidates,
        run.settings.selection,
        criteria=[criterion.name for criterion in CRITERIA],
        previous=previous["prompt_id"].to_list(),
        gate=_gate(run),
    )


def _append(run: Run, selection: Selection, previous_id: str | None) -> None:
    """The version with its questions and with what was turned away, where it is new; and that it is chosen now."""
    now = datetime.now(UTC)
    row = {
        "benchmark_id": selection.benchmark_id,
        "previous_id": previous_id,
        "clustering_id": run.warehouse.read("select clustering_id from latest_clustering").item(),
        "annotator": run.settings.annotator.model,
        "annotator_digest": run.settings.digest_of_annotator(),
        "curation_digest": digest_of(run.settings.curation),
        "settings": orjson.dumps(run.settings.selection).decode(),
        "count_questions": selection.questions.height,
        "count_kept": int(selection.questions["is_kept"].sum()),
        "as_of": run.as_of,
        "frozen_at": now,
        "is_imported": False,
    }
    names = run.warehouse.read("select topic_id, topic_name from topic_labels")
    questions = selection.questions.drop("rank_in_topic").join(names, on="topic_id", how="left")
    questions = questions.with_columns(question_ref=pl.col("prompt_id"))
    with run.warehouse.write() as writer:
        newest = _newest(writer)
        if newest is not None and newest["benchmark_id"] == selection.benchmark_id:
            return
        if writer.append("benchmarks", frame_of("benchmarks", [row])):
            version = pl.lit(selection.benchmark_id).alias("benchmark_id")
            writer.append("questions", questions.with_columns(version))
            writer.append("turned_away", selection.turned_away.with_columns(version))
        writer.append("choices", frame_of("choices", [{**row, "chosen_at": now}]))
