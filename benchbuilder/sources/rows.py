"""The records of one file of any format, read once from its beginning: for boards and votes, which people hand over.

A crowd's files, which grow and are taken up where the last reading stopped, are read by `sources.reading`.
"""

import csv
import json
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from benchbuilder.errors import SourceError
from benchbuilder.sources.columns import check_columns
from benchbuilder.sources.files import format_of_name
from benchbuilder.sources.json_objects import parse_object
from benchbuilder.sources.lines import MAX_RECORD_BYTES, read_lines
from benchbuilder.sources.records import Reason
from benchbuilder.sources.streams import BROKEN, open_bytes

PARQUET_ROWS = 500  # at a time in memory
_LENGTH_HEAD = 1 << 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PARQUET_MARK = b"PAR1"


class Row(NamedTuple):
    """One record of a file.

    Attributes:
        unit: what `number` counts: lines of the file, or rows of a JSON array or of Parquet.
        number: from 1 on; of a CSV record the line where it begins.
        raw: as it lies in the file; of CSV its cells, of a JSON array or Parquet its canonical JSON, of a record over
            `MAX_RECORD_BYTES` its beginning.
        record: its fields by name, or why there are none.
    """

    unit: Literal["line", "row"]
    number: int
    raw: bytes
    record: dict[str, Any] | Reason


def read_rows(path: Path) -> Iterator[Row]:
    """Every record of a JSONL, JSON array, CSV or Parquet file, told apart by what is in it; blank lines are none.

    Raises:
        SourceError: there is no such file, or it cannot be read as a whole.
    """
    try:
        yield from _read_as(_format_of(path), path)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file") from error
    except BROKEN as error:
        raise SourceError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _format_of(path: Path) -> Literal["jsonl", "array", "csv", "parquet"]:
    """By the first character; where that says nothing, by the file's ending."""
    with open_bytes(path) as stream:
        head = stream.read(_LENGTH_HEAD)
    by_ending = format_of_name(path)
    if head.startswith(_PARQUET_MARK) or by_ending == "parquet":
        return "parquet"
    first = head.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
    if first == b"[" and not {".jsonl", ".ndjson"} & set(path.suffixes):
        return "array"
    return "jsonl" if first == b"{" or by_ending == "jsonl" else "csv"


def _read_as(file_format: str, path: Path) -> Iterator[Row]:
    if file_format == "parquet":
        yield from _parquet_rows(path)
    elif file_format == "csv":
        yield from _csv_rows(path)
    elif file_format == "array":
        yield from _array_rows(path)
    else:
        yield from _json_lines(path)


def _json_lines(path: Path) -> Iterator[Row]:
    for line in read_lines(path):
        record = Reason.TOO_LARGE if line.sha256_of_long else parse_object(line.raw)
        yield Row("line", line.number, line.raw, record)


def _array_rows(path: Path) -> Iterator[Row]:
    with open_bytes(path) as stream:
        content = stream.read().removeprefix(_BYTE_ORDER_MARK)
    # As an object, so that what is lenient there (NaN, half of an emoji) is read here too.
    wrapped = parse_object(b'{"rows":' + content + b"}")
    if isinstance(wrapped, Reason) or len(wrapped) > 1:
        raise SourceError(f"{path}: cannot be read as a JSON array")
    for number, value in enumerate(wrapped["rows"], start=1):
        yield _row_of(number, value)


def _row_of(number: int, value: Any) -> Row:
    """A row of a JSON array or of Parquet; one nested too deep to be written again cannot be hashed."""
    try:
        raw = _as_bytes(value)
    except RecursionError:
        return Row("row", number, b"", Reason.BROKEN_JSON)
    return Row("row", number, raw, value if isinstance(value, dict) else Reason.NOT_AN_OBJECT)


def _as_bytes(value: Any) -> bytes:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # nested deeper than orjson writes
        return json.dumps(value, default=str, sort_keys=True).encode()


def _csv_rows(path: Path) -> Iterator[Row]:
    """Bytes that are no UTF-8 come as lone surrogates, so that they cost their row and not the file."""
    csv.field_size_limit(MAX_RECORD_BYTES)
    with TextIOWrapper(open_bytes(path), encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        rows = csv.reader(stream)
        try:
            header = next(rows, [])
            check_columns(header)
        except (csv.Error, ValueError) as error:
            raise SourceError(f"{path}: the first line is no header of a table: {error}") from error
        while True:
            number = rows.line_num + 1
            try:
                cells = next(rows, None)
            except csv.Error:  # a cell over the limit: most often a quotation mark that is never closed
                yield Row("line", number, b"", Reason.TOO_LARGE)
                continue
            if cells is None:
                return
            if cells:
                yield _row_of_cells(number, header, cells)


def _row_of_cells(number: int, header: list[str], cells: list[str]) -> Row:
    raw = ",".join(cells).encode(errors="surrogateescape")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return Row("line", number, raw, Reason.WRONG_ENCODING)
    is_whole = len(cells) == len(header)
    return Row("line", number, raw, dict(zip(header, cells, strict=True)) if is_whole else Reason.NOT_AN_OBJECT)


def _parquet_rows(path: Path) -> Iterator[Row]:
    import polars as pl
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=PARQUET_ROWS):
                for value in pl.DataFrame(batch).iter_rows(named=True):
                    number += 1
                    yield _row_of(number, value)
    except ArrowException as error:
        raise SourceError(f"{path}: broken Parquet: {error}") from error
