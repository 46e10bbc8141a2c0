"""CSV and Parquet: a file whose hash has not changed is not read again, a changed one is read whole."""

import csv
import hashlib
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import orjson

from benchbuilder.sources.collector import Collector
from benchbuilder.sources.columns import check_columns
from benchbuilder.sources.records import Batch, Progress, Reason
from benchbuilder.sources.streams import BROKEN, open_bytes

PARQUET_ROWS = 500  # at a time in memory


def bytes_of_row(row: dict[str, Any]) -> bytes:
    """What stands for a row in hashes and excerpts."""
    return orjson.dumps(row, default=str, option=orjson.OPT_SORT_KEYS)


def _csv_rows(path: Path, collector: Collector) -> Iterator[int]:
    """Collect every row; yields the number of lines read after each.

    Bytes that are no UTF-8 come as lone surrogates, so that they cost their row and not the file.
    """
    csv.field_size_limit(collector.source.max_record_bytes)
    with TextIOWrapper(open_bytes(path), encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        rows = csv.reader(stream)
        try:
            header = next(rows, [])
            check_columns(header)
        except (csv.Error, ValueError) as error:
            raise OSError(f"the first line is no header of a table: {error}") from error
        while True:
            line = rows.line_num + 1
            try:
                cells = next(rows, None)
            except csv.Error:  # a cell over the limit: most often a quotation mark that is never closed
                collector.reject(Reason.TOO_LARGE, line, b"")
                cells = []
            if cells is None:
                return
            if cells:
                _collect_cells(header, cells, line, collector)
            yield rows.line_num


def _collect_cells(header: list[str], cells: list[str], line: int, collector: Collector) -> None:
    raw = ",".join(cells).encode(errors="surrogateescape")
    try:
        raw.decode()
    except UnicodeDecodeError:
        collector.reject(Reason.WRONG_ENCODING, line, raw)
        return
    if len(cells) == len(header):
        collector.add(dict(zip(header, cells, strict=True)), line, raw)
    else:
        collector.reject(Reason.NOT_AN_OBJECT, line, raw)


def _parquet_rows(path: Path, collector: Collector) -> Iterator[int]:
    """Collect every row; yields the number of rows read after each."""
    import polars as pl
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    count = 0
    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=PARQUET_ROWS):
                for row in pl.DataFrame(batch).iter_rows(named=True):
                    count += 1
                    collector.add(row, count, bytes_of_row(row))
                    yield count
    except ArrowException as error:
        raise OSError(f"broken Parquet: {error}") from error


def read_table(path: Path, table_format: str, progress: Progress | None, collector: Collector) -> Iterator[Batch]:
    """All rows of a file, in batches; none if its hash is that of the last reading.

    Only the last batch's mark says that the file has been read; after a stop before it the file is read again. Where
    the file breaks, what came before is yielded first.

    Args:
        path: of the file.
        table_format: csv or parquet.
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
        for count in _csv_rows(path, collector) if table_format == "csv" else _parquet_rows(path, collector):
            if collector.is_full:
                yield collector.batch(Progress(collector.file, 0, sha256, count))
    except BROKEN:
        if not collector.is_empty:
            yield collector.batch(Progress(collector.file, 0, sha256, count))
        raise
    yield collector.batch(Progress(collector.file, size, sha256, count))
