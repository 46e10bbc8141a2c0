"""Ingest one source: records in, masked before the first write; what cannot be read goes to `rejections`.

Resumes at the progress mark of the last batch. A batch is one transaction, so a kill loses at most one, which is read
again.
"""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from benchbuilder.curation.privacy import mask
from benchbuilder.schemas import frame_of
from benchbuilder.sources import Batch, FileProgress, Reason, Record, Rejection, read_source
from benchbuilder.text import digest_of, prompt_id_of
from benchbuilder.warehouse import Writer
from tasks import Run, logger, plain_step


@plain_step("ingest {source_name}")
async def ingest(run: Run, source_name: str) -> dict[str, int]:
    """Pull what is new in one source of the settings.

    Returns:
        count_read = count_sightings + count_repeated + count_rejected, and count_new (prompts not seen before).
    """
    source = next(source for source in run.settings.sources if source.name == source_name)
    counts = {"count_read": 0, "count_sightings": 0, "count_repeated": 0, "count_rejected": 0, "count_new": 0}
    base = run.settings.config_path.parent
    async with run.warehouse.named_lock(f"ingest-{source_name}").hold_async():
        for batch in read_source(source, _progress(run, source_name), base=base, mask=lambda text: mask(text).text):
            with run.warehouse.write() as writer:
                for name, count in _append(run, writer, source_name, batch).items():
                    counts[name] += count
    logger.info("ingest %s: %s", source_name, ", ".join(f"{name[6:]} {count:,}" for name, count in counts.items()))
    return counts


def _progress(run: Run, source_name: str) -> dict[str, FileProgress]:
    rows = run.warehouse.read(
        "select location, bytes_read, prefix_sha256, count_lines from ingest_batches where source = $source"
        " qualify row_number() over (partition by location order by ingested_at desc) = 1",
        source=source_name,
    )
    return {row[0]: FileProgress(*row) for row in rows.iter_rows()}


def _append(run: Run, writer: Writer, source: str, batch: Batch) -> dict[str, int]:
    """One batch into its four relations; a record whose sighting exists is skipped before anything is written."""
    now = datetime.now(UTC)
    mark = batch.progress
    batch_id = digest_of([source, mark.path, mark.bytes_read, mark.sha256, mark.count_lines])
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
                "source_ref": record.source_ref,
                "seen_at": record.seen_at,
                "sender": record.sender,
                "turn": record.turn,
                "conversation_ref": record.conversation_ref,
                "location": record.file,
                "line": record.line,
            }
        )
    count_new = writer.append("prompts", frame_of("prompts", prompts))
    count_sightings = writer.append("sightings", frame_of("sightings", sightings))
    rejections = _rejections(source, [*batch.rejections, *turned_away], batch_id, now)
    count_rejected = writer.append("rejections", frame_of("rejections", rejections))
    count_read = len(batch.records) + len(batch.rejections)
    counts = {
        "count_read": count_read,
        "count_sightings": count_sightings,
        "count_repeated": count_read - count_sightings - count_rejected,
        "count_rejected": count_rejected,
    }
    row = {"batch_id": batch_id, "source": source, "location": mark.path, "bytes_read": mark.bytes_read}
    row |= {"prefix_sha256": mark.sha256, "count_lines": mark.count_lines, "run_id": run.run_id, "ingested_at": now}
    writer.append("ingest_batches", frame_of("ingest_batches", [row | counts]))
    return counts | {"count_new": count_new}


def _known(writer: Writer, sighting_ids: list[str]) -> set[str]:
    frame = pl.DataFrame({"sighting_id": sighting_ids}, schema={"sighting_id": pl.String})
    rows = writer.read(
        "select sighting_id from sightings semi join pulled using (sighting_id)", frames={"pulled": frame}
    )
    return set(rows["sighting_id"])


def _forgotten(record: Record, sighting_id: str) -> Rejection:
    """Told apart by the sighting that it would have been: nothing of its text is kept."""
    return Rejection(record.file, record.line, None, None, sighting_id, Reason.FORGOTTEN, "")


def _rejections(source: str, rejections: list[Rejection], batch_id: str, now: datetime) -> list[dict[str, Any]]:
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
