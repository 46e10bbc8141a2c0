"""Compressed files: what is in them is read as it is in plain ones, from growing, cut and broken ones too."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from benchbuilder.errors import SourceError
from benchbuilder.sources import Batch, Progress, Source, read_source
from benchbuilder.sources.streams import open_bytes
from tests.unit.sources.conftest import records_in

Compress = Callable[[bytes], bytes]
LINES = b"".join(b'{"prompt": "prompt %d"}\n' % number for number in range(3000))


def zstd(content: bytes) -> bytes:
    """One frame."""
    return pa.compress(content, codec="zstd", asbytes=True)


@pytest.fixture(params=[("gz", gzip.compress), ("zst", zstd)], ids=["gzip", "zstd"])
def compressed(request: pytest.FixtureRequest) -> tuple[str, Compress]:
    """Ending and compression."""
    return request.param


def test_jsonl_and_csv_are_read_as_if_they_were_plain(crowd: Any, compressed: tuple[str, Compress]) -> None:
    """Texts, lines and byte ranges are those of what is in the file; a folder finds it by its double ending."""
    ending, compress = compressed
    (crowd.folder / f"a.jsonl.{ending}").write_bytes(compress(b'{"prompt": "one"}\nbroken\n{"prompt": "two"}\n'))
    (crowd.folder / f"b.csv.{ending}").write_bytes(compress(b'prompt\n"three, and\nmore"\n'))
    first, second = crowd.read(".")
    assert [(record.text, record.line) for record in first.records] == [("one", 1), ("two", 3)]
    assert [(row.byte_start, row.byte_end) for row in first.rejections] == [(18, 24)]
    assert [record.text for record in second.records] == ["three, and\nmore"]


def test_what_is_compressed_is_told_by_its_content(crowd: Any, texts_of: Callable[..., list[str]]) -> None:
    """A file that lost its ending is decompressed, one that has it without reason is read as it is."""
    (crowd.folder / "a.jsonl").write_bytes(gzip.compress(b'{"prompt": "one"}\n'))
    (crowd.folder / "b.jsonl.gz").write_bytes(b'{"prompt": "two"}\n')
    assert texts_of("a.jsonl", "b.jsonl.gz") == ["one", "two"]


def test_a_growing_compressed_file_goes_on_behind_what_was_read(crowd: Any, compressed: tuple[str, Compress]) -> None:
    """Logs are rotated and appended to as further members or frames, or compressed anew: only new lines are read."""
    ending, compress = compressed
    path = crowd.folder / f"a.jsonl.{ending}"
    one, two, three = (b'{"prompt": "%s"}\n' % word for word in (b"one", b"two", b"three"))
    seen = []
    for content in (compress(one), compress(one) + compress(two), compress(one + two + three)):
        path.write_bytes(content)
        records, _ = crowd.read_on(path.name)
        seen.append([(record.text, record.line) for record in records])
    assert seen == [[("one", 1)], [("two", 2)], [("three", 3)]]
    assert crowd.marks[path.name].bytes_read == len(one + two + three)
    path.write_bytes(compress(b'{"prompt": "another"}\n'))
    assert [record.text for record in crowd.read_on(path.name)[0]] == ["another"]


def test_of_a_file_that_ends_too_early_everything_before_is_read(crowd: Any, compressed: tuple[str, Compress]) -> None:
    """The night after, when it is whole, the rest is read; the other files of the source lose nothing."""
    ending, compress = compressed
    path: Path = crowd.folder / f"a.jsonl.{ending}"
    whole = compress(LINES)
    path.write_bytes(whole[: len(whole) * 2 // 3])
    crowd.write("b.jsonl", {"prompt": "in another file"})
    source = Source("crowd", (".",), preset="prompt")
    batches: list[Batch] = []
    with pytest.raises(SourceError, match=rf"source 'crowd': .*a\.jsonl\.{ending}: cannot be read"):
        batches.extend(read_source(source, {}, base=crowd.folder, mask=str))
    marks: dict[str, Progress] = {batch.progress.location: batch.progress for batch in batches}
    path.write_bytes(whole)
    count_before = len(records_in(batches))
    assert records_in(batches)[-1].text == "in another file"
    assert (1 if ending == "zst" else 1000) <= count_before < 3001
    rest = records_in(list(read_source(source, marks, base=crowd.folder, mask=str)))
    assert count_before + len(rest) == 3001


def test_a_broken_file_is_told_and_costs_no_other(crowd: Any) -> None:
    """Bytes that no compression makes: the message names the file."""
    broken = bytearray(gzip.compress(LINES))
    broken[len(broken) // 2 :] = b"\xff" * (len(broken) - len(broken) // 2)
    (crowd.folder / "a.jsonl.gz").write_bytes(broken)
    (crowd.folder / "b.csv.gz").write_bytes(gzip.compress(b"prompt\n" + LINES)[:-2000])
    crowd.write("c.jsonl", {"prompt": "whole"})
    seen: list[Batch] = []
    with pytest.raises(SourceError, match=r"a\.jsonl\.gz: cannot be read: .*; .*b\.csv\.gz: cannot be read: "):
        seen.extend(read_source(Source("crowd", (".",), preset="prompt"), {}, base=crowd.folder, mask=str))
    assert {batch.progress.location for batch in seen} >= {"a.jsonl.gz", "c.jsonl"}


def test_parquet_in_a_compressed_file_is_refused(crowd: Any) -> None:
    """Its columns are compressed already, and it must be read from its end."""
    (crowd.folder / "a.parquet.gz").write_bytes(gzip.compress(b"PAR1"))
    with pytest.raises(SourceError, match="set format"):
        crowd.read("a.parquet.gz")


def test_the_stream_is_closed(tmp_path: Path) -> None:
    """Of each kind, and an empty file is an empty stream."""
    for name, content in {"plain": b"a\n", "gz": gzip.compress(b"a\n"), "zst": zstd(b"a\n"), "empty": b""}.items():
        (tmp_path / name).write_bytes(content)
        with open_bytes(tmp_path / name) as stream:
            assert stream.readlines() == ([b"a\n"] if content else [])
        assert stream.closed
