"""CSV, Parquet and JSON arrays: an unchanged file, told by its hash, is not read again, a changed one is read whole."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from benchbuilder.sources.collector import Collector
from benchbuilder.sources.records import Batch, Progress, Reason
from benchbuilder.sources.rows import read_table_rows
from benchbuilder.sources.streams import BROKEN


def read_table(path: Path, table_format: str, progress: Progress | None, collector: Collector) -> Iterator[Batch]:
    """All rows of a file, in batches; none if its hash is that of the last reading.

    Only the last batch's mark says that the file has been read; after a stop before it the file is read again. Where
    the file breaks, what came before is yielded first.

    Args:
        path: of the file.
        table_format: csv, parquet or array.
        progress: of the last reading.
        collector: of this file.

    Raises:
        OSError, EOFError, zlib.error: it cannot be read to its end.
    """
    with path.open("rb") as stream:
        sha256, size = hashlib.file_digest(stream, "sha256").hexdigest(), stream.tell()
    if size == 0 or (progress and (progress.bytes_read, progress.sha256) == (size, sha256)):
        return
    count = 0
    try:
        for row in read_table_rows(path, table_format, collector.source.max_record_bytes):
            count = row.last or row.number
            if isinstance(row.record, Reason):
                collector.reject(row.record, row.number, row.raw)
            else:
                collector.add(row.record, row.number, row.raw)
            if collector.is_full:
                yield collector.batch(Progress(collector.file, 0, sha256, count))
    except BROKEN:
        if not collector.is_empty:
            yield collector.batch(Progress(collector.file, 0, sha256, count))
        raise
    yield collector.batch(Progress(collector.file, size, sha256, count))
