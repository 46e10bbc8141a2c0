"""Real files to read, and a reader that needs no settings."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from benchbuilder.sources import Batch, Progress, Record, Rejection, Source, read_source


class Crowd:
    """A folder that a source reads from, and what has been read so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.marks: dict[str, Progress] = {}

    def write(self, name: str, *lines: Any, ending: str = "\n") -> Path:
        """Replace a file by these lines: bytes and str as they are, anything else as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        self.add(name, *lines, ending=ending)
        return path

    def add(self, name: str, *lines: Any, ending: str = "\n") -> None:
        """Let a file grow by these lines."""
        with (self.folder / name).open("ab") as stream:
            for line in lines:
                raw = (
                    line.encode() if isinstance(line, str) else line if isinstance(line, bytes) else orjson.dumps(line)
                )
                stream.write(raw + ending.encode())

    def read(self, *paths: str, progress: Mapping[str, Progress] | None = None, **settings: Any) -> list[Batch]:
        """The batches of a source on these paths; by default from its beginning, with the preset `prompt`."""
        return list(self.lazily(*paths, progress=progress, **settings))

    def lazily(self, *paths: str, progress: Mapping[str, Progress] | None = None, **settings: Any) -> Iterator[Batch]:
        """The same, one by one: what was read before an error can be seen."""
        mask = settings.pop("mask", str)
        settings = {"name": "crowd", "preset": None if "mapping" in settings else "prompt"} | settings
        source = Source(paths=paths, **settings)
        return read_source(source, progress or {}, base=self.folder, mask=mask)

    def read_on(self, *paths: str, **settings: Any) -> tuple[list[Record], list[Rejection]]:
        """What is new since the last time, with the marks kept."""
        batches = self.read(*paths, progress=self.marks, **settings)
        self.marks |= {batch.progress.location: batch.progress for batch in batches}
        return records_in(batches), rejections_in(batches)


def records_in(batches: list[Batch]) -> list[Record]:
    """All records."""
    return [record for batch in batches for record in batch.records]


def rejections_in(batches: list[Batch]) -> list[Rejection]:
    """All rejections."""
    return [rejection for batch in batches for rejection in batch.rejections]


@pytest.fixture
def crowd(tmp_path: Path) -> Crowd:
    """An empty folder."""
    return Crowd(tmp_path)


@pytest.fixture
def texts_of(crowd: Crowd) -> Callable[..., list[str]]:
    """The texts in a source on these paths."""
    return lambda *paths, **settings: [record.text for record in records_in(crowd.read(*paths, **settings))]


@pytest.fixture
def reasons_of(crowd: Crowd) -> Callable[..., list[tuple[int, str]]]:
    """Line and reason of each rejection in a source on these paths."""
    return lambda *paths, **settings: [
        (row.line, str(row.reason)) for row in rejections_in(crowd.read(*paths, **settings))
    ]
