"""The records of one file of any format, read from its beginning: for boards and votes, which people hand over.

A crowd's files, which grow and are taken up where the last reading stopped, are read by `sources.reading`; tables and
JSON arrays among them, which have no place to go on from, row by row as here.
"""

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal, NamedTuple

from benchbuilder.errors import SourceError
from benchbuilder.sources.columns import check_columns
from benchbuilder.sources.files import format_of_name
from benchbuilder.sources.json_objects import bytes_of_value, parse_object
from benchbuilder.sources.lines import MAX_RECORD_BYTES, read_lines
from benchbuilder.sources.records import Reason
from benchbuilder.sources.streams import BROKEN, open_bytes

PARQUET_ROWS = 500  # at a time in memory
MAX_ARRAY_BYTES = 256_000_000  # of a JSON array, which is read at once and takes several times that in memory
_LENGTH_HEAD = 1 << 12
_LINES = {".jsonl", ".ndjson"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PARQUET_MARK = b"PAR1"
_NEVER_CLOSED = "unexpected end of data"  # what the library says where a file ends inside of quotation marks


class Row(NamedTuple):
    """One record of a file.

    Attributes:
        unit: what `number` counts: lines of the file, or rows of a JSON array or of Parquet.
        number: from 1 on; of a CSV record the line where it begins.
        raw: as it lies in the file; of CSV its cells, of a JSON array or Parquet its canonical JSON, of a record over
            `MAX_RECORD_BYTES` its beginning.
        record: its fields by name, or why there are none.
        last: the line where it ends, where that may be another one.
    """

    unit: Literal["line", "row"]
    number: int
    raw: bytes
    record: dict[str, Any] | Reason
    last: int | None = None


def read_rows(path: Path) -> Iterator[Row]:
    """Every record of a JSONL, JSON array, CSV or Parquet file, told apart by what is in it; blank lines are none.

    Raises:
        SourceError: there is no such file, or it cannot be read as a whole.
    """
    try:
        file_format = _format_of(path)
        yield from _json_lines(path) if file_format == "jsonl" else read_table_rows(path, file_format)
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
    if first == b"[" and not _LINES & set(path.suffixes):
        return "array"
    return "jsonl" if first == b"{" or by_ending == "jsonl" else "csv"


def is_array(path: Path) -> bool:
    """Whether it holds a JSON array; a file that is called JSON lines never does, and is not opened."""
    return not _LINES & set(path.suffixes) and _format_of(path) == "array"


def read_table_rows(path: Path, file_format: str, max_record_bytes: int = MAX_RECORD_BYTES) -> Iterator[Row]:
    """Every record of a CSV or Parquet file, or of a JSON array.

    Args:
        path: of the file.
        file_format: csv, parquet or array.
        max_record_bytes: of a cell of CSV.

    Raises:
        OSError, EOFError, zlib.error: it cannot be read to its end; what comes before has been yielded.
    """
    if file_format == "parquet":
        return _parquet_rows(path)
    return _csv_rows(path, max_record_bytes) if file_format == "csv" else _array_rows(path)


def _json_lines(path: Path) -> Iterator[Row]:
    for line in read_lines(path):
        record = Reason.TOO_LARGE if line.sha256_of_long else parse_object(line.raw)
        yield Row("line", line.number, line.raw, record)


def _array_rows(path: Path) -> Iterator[Row]:
    with open_bytes(path) as stream:
        content = stream.read(MAX_ARRAY_BYTES + 1).removeprefix(_BYTE_ORDER_MARK)
    if len(content) > MAX_ARRAY_BYTES:
        raise OSError(f"a JSON array of more than {MAX_ARRAY_BYTES // 10**6} MB; write it as one object per line")
    # As an object, so that what is lenient there (NaN, half of an emoji) is read here too.
    wrapped = parse_object(b'{"rows":' + content + b"}")
    if isinstance(wrapped, Reason) or len(wrapped) > 1:
        raise OSError("it is no whole JSON array")
    for number, value in enumerate(wrapped["rows"], start=1):
        yield _row_of(number, value)


def _row_of(number: int, value: Any) -> Row:
    """A row of a JSON array or of Parquet; one nested too deep to be written again cannot be hashed."""
    try:
        raw = bytes_of_value(value)
    except RecursionError:
        return Row("row", number, b"", Reason.BROKEN_JSON)
    return Row("row", number, raw, value if isinstance(value, dict) else Reason.NOT_AN_OBJECT)


def _csv_rows(path: Path, max_record_bytes: int) -> Iterator[Row]:
    """Bytes that are no UTF-8 come as lone surrogates, so that they cost their row and not the file."""
    csv.field_size_limit(max_record_bytes)
    with TextIOWrapper(open_bytes(path), encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        rows = csv.reader(stream, strict=True)
        try:
            header = next(rows, [])
            check_columns(header)
        except (csv.Error, ValueError) as error:
            raise OSError(f"the first line is no header of a table: {error}") from error
        while True:
            number = rows.line_num + 1
            try:
                cells = next(rows, None)
            except csv.Error as error:
                yield Row("line", number, b"", _reason_of(error), rows.line_num)
                if _NEVER_CLOSED in str(error):
                    raise OSError(f"a quotation mark in line {number} is never closed") from error
                continue
            if cells is None:
                return
            if cells:
                yield _row_of_cells(number, header, cells)._replace(last=rows.line_num)


def _reason_of(error: csv.Error) -> Reason:
    """A cell over the limit is most often a quotation mark that is closed much later, or never."""
    return Reason.TOO_LARGE if "field larger" in str(error) else Reason.NOT_AN_OBJECT


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
    from polars.exceptions import PanicException, PolarsError
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(path) as file:
            check_columns(file.schema_arrow.names)
            for batch in file.iter_batches(batch_size=PARQUET_ROWS):
                for value in pl.DataFrame(batch).iter_rows(named=True):
                    number += 1
                    yield _row_of(number, value)
    except (ArrowException, ValueError) as error:
        raise OSError(f"broken Parquet: {error}") from error
    except (PolarsError, PanicException) as error:  # a type of column that polars has not
        raise OSError(f"Parquet of a kind that is not read: {error}") from error
