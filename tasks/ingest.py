"""Ingest one source: records in, masked before the first write; what cannot be read goes to `rejections`.

Resumes at the progress mark of the last batch. A batch is one transaction, so a kill loses at most one, which is read
again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import polars as pl

from benchbuilder.curation.privacy import mask, mask_reference
from benchbuilder.schemas import frame_of
from benchbuilder.sources import Batch, Progress, Reason, Record, Rejection, Source, read_source
from benchbuilder.sources.votes import VOTE_SCHEMA
from benchbuilder.text import digest_of, prompt_id_of
from benchbuilder.warehouse import Writer
from tasks import Run, logger, plain_step

_COUNTS: tuple[str, ...] = (
    "count_read",
    "count_sightings",
    "count_repeated",
    "count_rejected",
    "count_new",
    "count_votes",
)


@plain_step("ingest {source_name}")
async def ingest(run: Run, source_name: str) -> dict[str, int]:
    """Pull what is new in one source of the settings.

    Returns:
        count_read = count_sightings + count_repeated + count_rejected, and count_new (prompts not seen before),
        and count_votes (not known before).
    """
    source = next(source for source in run.settings.sources if source.name == source_name)
    counts = dict.fromkeys(_COUNTS, 0)
    base = run.settings.config_path.parent
    secret = run.settings.secret_of(source)
    async with run.warehouse.named_lock(f"ingest-{source_name}").hold_async():
        progress = _progress(run, source)
        try:
            for batch in read_source(source, progress, base=base, mask=lambda text: mask(text).text, secret=secret):
                with run.warehouse.write() as writer:
                    for name, count in _append(run, writer, source, batch).items():
                        counts[name] += count
                _tell_what_is_left(source_name, batch)
        finally:  # of a source that breaks off too
            told = ", ".join(f"{name[6:]} {count:,}" for name, count in counts.items())
            logger.info("ingest %s: %s", source_name, told)
    return counts


def _tell_what_is_left(source_name: str, batch: Batch) -> None:
    """What a batch holds that became neither a record nor a rejection."""
    if batch.count_bytes_pending:
        told = "ingest %s: %s: %d bytes of an unfinished line wait"
        logger.info(told, source_name, batch.progress.location, batch.count_bytes_pending)
    if batch.count_no_votes:
        told = "ingest %s: %d records hold no vote that can be read; they are prompts all the same"
        logger.warning(told, source_name, batch.count_no_votes)


def _progress(run: Run, source: Source) -> dict[str, Progress]:
    """The latest mark of each place: one that was made by reading it as it is read now, where there is one."""
    rows = run.warehouse.read(
        "select location, bytes_read, prefix_sha256, count_lines, cursor, reading from ingest_batches"
        " where source = $source qualify row_number() over ("
        "partition by location order by reading = $reading desc nulls last, ingested_at desc) = 1",
        source=source.name,
        reading=source.reading,
    )
    return {row[0]: Progress(*row) for row in rows.iter_rows()}


def _append(run: Run, writer: Writer, source: Source, batch: Batch) -> dict[str, int]:
    """One batch into its relations."""
    now = datetime.now(UTC)
    mark = batch.progress
    batch_id = digest_of([source.name, *mark])
    if source.public_benchmark:
        told = Told(_append_items(writer, source.name, batch, batch_id, now))
    else:
        told = _append_sightings(writer, source.name, batch, batch_id, now)
    count_votes = writer.append("human_votes", _votes(batch, now))
    rejections = _rejections(source.name, _without(told.forgotten, batch.rejections), batch_id, now)
    count_rejected = writer.append("rejections", frame_of("rejections", rejections))
    count_read = len(batch.records) + len(batch.rejections)
    counts = {
        "count_read": count_read,
        "count_sightings": told.count_first,
        "count_repeated": count_read - told.count_first - count_rejected,
        "count_rejected": count_rejected,
    }
    row = {"batch_id": batch_id, "source": source.name, "location": mark.location, "bytes_read": mark.bytes_read}
    row |= {"prefix_sha256": mark.sha256, "count_lines": mark.count_lines, "run_id": run.run_id, "ingested_at": now}
    row |= {"cursor": mark.cursor, "reading": mark.reading}
    writer.append("ingest_batches", frame_of("ingest_batches", [row | counts]))
    return counts | {"count_new": told.count_new, "count_votes": count_votes}


class Told(NamedTuple):
    """What a batch told for the first time.

    Attributes:
        count_first: records that were not known before.
        count_new: prompts that were not known before.
        forgotten: records of prompts that must not come back.
    """

    count_first: int
    count_new: int = 0
    forgotten: Sequence[Rejection] = ()


def _append_sightings(writer: Writer, source: str, batch: Batch, batch_id: str, now: datetime) -> Told:
    """The crowd's records; one whose sighting exists is skipped before anything is written."""
    ids = [digest_of([source, record.source_ref]) for record in batch.records]
    known = _known(writer, ids)
    forgotten = set(writer.read("select prompt_id from forgotten_prompts")["prompt_id"])
    prompts, sightings, turned_away = [], [], []
    for sighting_id, record in zip(ids, batch.records, strict=True):
        if sighting_id in known:
            continue
        known.add(sighting_id)
        masked = mask(record.text)
        shared = {"prompt_id": prompt_id_of(masked.text), "batch_id": batch_id, "ingested_at": now}
        if shared["prompt_id"] in forgotten:
            turned_away.append(_forgotten(record, sighting_id))
            continue
        prompts.append({**shared, "text": masked.text, "count_masked": sum(masked.counts.values())})
        sightings.append(
            {
                **shared,
                "sighting_id": sighting_id,
                "source": source,
                "source_ref": mask_reference(record.source_ref),
                "seen_at": record.seen_at,
                "sender": record.sender,
                "turn": record.turn,
                "conversation_ref": record.conversation_ref and mask_reference(record.conversation_ref),
                "location": record.file,
                "line": record.line,
            }
        )
    count_new = writer.append("prompts", frame_of("prompts", prompts))
    return Told(writer.append("sightings", frame_of("sightings", sightings)), count_new, turned_away)


def _append_items(writer: Writer, benchmark: str, batch: Batch, batch_id: str, now: datetime) -> int:
    """The records of a public benchmark: texts to know the crowd's copies by, nobody's prompts; how many are new."""
    rows = []
    for record in batch.records:
        text = mask(record.text).text
        item = {"benchmark": benchmark, "item_id": prompt_id_of(text), "text": text, "batch_id": batch_id}
        item |= {"source_ref": mask_reference(record.source_ref), "location": record.file, "line": record.line}
        item |= {"ingested_at": now}
        rows.append(item)
    return writer.append("public_items", frame_of("public_items", rows))


def _votes(batch: Batch, now: datetime) -> pl.DataFrame:
    votes = pl.DataFrame(batch.votes, schema=VOTE_SCHEMA, orient="row")
    return votes.with_columns(location=pl.lit(batch.progress.location), imported_at=pl.lit(now))


def _known(writer: Writer, sighting_ids: list[str]) -> set[str]:
    frame = pl.DataFrame({"sighting_id": sighting_ids}, schema={"sighting_id": pl.String})
    rows = writer.read(
        "select sighting_id from sightings semi join pulled using (sighting_id)", frames={"pulled": frame}
    )
    return set(rows["sighting_id"])


def _forgotten(record: Record, sighting_id: str) -> Rejection:
    """Told apart by the sighting that it would have been: nothing of its text is kept."""
    return Rejection(record.file, record.line, None, None, sighting_id, Reason.FORGOTTEN, "")


def _without(forgotten: Sequence[Rejection], rejections: Sequence[Rejection]) -> list[Rejection]:
    """All rejections; one of a record that holds a forgotten prompt as well shows nothing of it."""
    places = {(one.file, one.line) for one in forgotten}
    quiet = (one._replace(excerpt="") if (one.file, one.line) in places else one for one in rejections)
    return [*quiet, *forgotten]


def _rejections(source: str, rejections: Sequence[Rejection], batch_id: str, now: datetime) -> list[dict[str, Any]]:
    rows = []
    for rejection in rejections:
        place = [
            source,
            rejection.file,
            rejection.byte_start,
            rejection.line,
            rejection.record_sha256,
            rejection.reason,
        ]
        rows.append(
            {
                "rejection_id": digest_of(place),
                "source": source,
                "location": rejection.file,
                "line": rejection.line,
                "byte_start": rejection.byte_start,
                "byte_end": rejection.byte_end,
                "record_sha256": rejection.record_sha256,
                "reason": rejection.reason.value,
                "excerpt": rejection.excerpt,
                "batch_id": batch_id,
                "rejected_at": now,
            }
        )
    return rows
