"""Reads what is new in a source, place by place, with memory flat in the size of what lies there."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import SecretStr

from benchbuilder.errors import SourceError
from benchbuilder.sources.collector import Collector
from benchbuilder.sources.files import Located, find_files
from benchbuilder.sources.jsonl import read_lines_on
from benchbuilder.sources.pages import read_pages
from benchbuilder.sources.queries import read_query
from benchbuilder.sources.records import Batch, Progress
from benchbuilder.sources.rows import is_array
from benchbuilder.sources.source import Source
from benchbuilder.sources.streams import BROKEN
from benchbuilder.sources.tables import read_table

_MOST_FAULTS = 5  # of one source that are told


def read_source(
    source: Source,
    progress: Mapping[str, Progress],
    *,
    base: Path,
    mask: Callable[[str], str],
    secret: SecretStr | None = None,
) -> Iterator[Batch]:
    """What is new in `source` since `progress`; all of a place whose mark was made by reading it another way.

    Store each batch with its mark before asking for the next: a stop then costs nothing but the batch in flight.

    Args:
        source: where and what to read.
        progress: the latest mark of each place, by its location.
        base: the folder that relative paths start from: that of the settings file.
        mask: hides personal data; only excerpts of rejections go through it, texts of records are returned raw.
        secret: what `source.secret_variable` holds.

    Yields:
        Batches; of files file by file, sorted by path.

    Raises:
        SourceError: a path leads to no file, or a place cannot be read to its end; names source and place. What could
            be read of it, and all other files, have been yielded before.
    """
    reading = source.reading
    marks = {place: mark._replace(reading=None) for place, mark in progress.items() if mark.reading in {None, reading}}
    for batch in _read_place(source, marks, base, mask, secret):
        yield batch._replace(progress=batch.progress._replace(reading=reading))


def _read_place(
    source: Source, marks: Mapping[str, Progress], base: Path, mask: Callable[[str], str], secret: SecretStr | None
) -> Iterator[Batch]:
    if source.kind == "http":
        return read_pages(source, marks, mask, secret)
    if source.kind == "sql":
        return read_query(source, marks, mask, secret, base)
    return _read_files(source, marks, base, mask)


def _read_files(
    source: Source, progress: Mapping[str, Progress], base: Path, mask: Callable[[str], str]
) -> Iterator[Batch]:
    files, faults = find_files(source, base)
    for file in files:
        try:
            yield from _read_file(file, progress.get(file.name), Collector(source, file.name, mask))
        except BROKEN as error:
            faults.append(f"{file.path}: cannot be read: {error}")
    if faults:
        rest = f"; and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise SourceError(f"source {source.name!r}: {'; '.join(faults[:_MOST_FAULTS])}{rest}")


def _read_file(file: Located, progress: Progress | None, collector: Collector) -> Iterator[Batch]:
    if file.format != "jsonl":
        return read_table(file.path, file.format, progress, collector)
    if is_array(file.path):  # as ShareGPT was published
        return read_table(file.path, "array", progress, collector)
    return read_lines_on(file.path, progress, collector)
