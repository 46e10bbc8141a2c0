"""Reads what is new in a source, file by file, with memory flat in the size of the files."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchbuilder.errors import SourceError
from benchbuilder.sources.collector import Collector
from benchbuilder.sources.files import Located, find_files
from benchbuilder.sources.jsonl import JsonLines
from benchbuilder.sources.records import Batch, FileProgress
from benchbuilder.sources.source import Source
from benchbuilder.sources.tables import read_table


def _read_file(file: Located, progress: FileProgress | None, collector: Collector) -> Iterator[Batch]:
    if file.format != "jsonl":
        yield from read_table(file.path, file.format, progress, collector)
        return
    with file.path.open("rb") as stream:
        lines = JsonLines(stream, collector)
        if progress:
            lines.resume(progress)
        yield from lines.batches()


def read_source(
    source: Source, progress: Mapping[str, FileProgress], *, base: Path, mask: Callable[[str], str]
) -> Iterator[Batch]:
    """What is new in `source` since `progress`.

    Store each batch with its mark before asking for the next: a stop then costs nothing but the batch in flight.

    Args:
        source: where and what to read.
        progress: the latest mark of each file, by its path.
        base: the folder that relative paths start from: that of the settings file.
        mask: hides personal data; only excerpts of rejections go through it, texts of records are returned raw.

    Yields:
        Batches, file by file, sorted by path.

    Raises:
        SourceError: a path leads to no file, or a file cannot be read at all; names source and path.
    """
    for file in find_files(source, base):
        try:
            yield from _read_file(file, progress.get(file.name), Collector(source, file.name, mask))
        except OSError as error:
            raise SourceError(f"source {source.name!r}: {file.path}: cannot be read: {error}") from error
