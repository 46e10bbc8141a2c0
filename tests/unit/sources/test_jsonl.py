"""benchbuilder.sources.jsonl: reading goes on where it stopped, and nothing is lost or read twice."""

import hashlib
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.sources import Progress, Source, read_source


def texts(result: tuple[list[Any], list[Any]]) -> list[str]:
    """The texts of what was read on."""
    return [record.text for record in result[0]]


def test_a_growing_file_goes_on_at_its_offset(crowd: Any) -> None:
    """What was read is not read again; new lines have the line numbers of the file."""
    crowd.write("a.jsonl", {"prompt": "one"}, "broken")
    assert texts(crowd.read_on("a.jsonl")) == ["one"]
    assert crowd.read("a.jsonl", progress=crowd.marks) == []
    crowd.add("a.jsonl", {"prompt": "two"}, "broken too")
    records, rejections = crowd.read_on("a.jsonl")
    assert [(record.text, record.line) for record in records] == [("two", 3)]
    assert [rejection.line for rejection in rejections] == [4]


def test_a_changed_beginning_is_read_again_whole(crowd: Any) -> None:
    """A file that was rewritten, or cut, is another file, whatever its length or time stamp says."""
    crowd.write("a.jsonl", {"prompt": "one"}, {"prompt": "two"})
    crowd.read_on("a.jsonl")
    crowd.write("a.jsonl", {"prompt": "eno"}, {"prompt": "two"}, {"prompt": "three"})
    assert texts(crowd.read_on("a.jsonl")) == ["eno", "two", "three"]
    crowd.write("a.jsonl", {"prompt": "eno"})
    assert texts(crowd.read_on("a.jsonl")) == ["eno"]


def test_an_unfinished_last_line_waits(crowd: Any) -> None:
    """Half a line is neither read nor rejected: it is told as pending, and read once it is whole."""
    crowd.write("a.jsonl", {"prompt": "one"}, '{"prompt": "tw', ending="\n")
    crowd.folder.joinpath("a.jsonl").write_bytes(b'{"prompt": "one"}\n{"prompt": "tw')
    [batch] = crowd.read("a.jsonl")
    assert ([record.text for record in batch.records], batch.rejections, batch.count_bytes_pending) == (["one"], (), 14)
    assert texts(crowd.read_on("a.jsonl")) == ["one"]
    [batch] = crowd.read("a.jsonl", progress=crowd.marks)
    assert (batch.records, batch.rejections, batch.progress) == ((), (), crowd.marks["a.jsonl"])
    crowd.add("a.jsonl", 'o"}')
    records, rejections = crowd.read_on("a.jsonl")
    assert ([(record.text, record.line) for record in records], rejections) == ([("two", 2)], [])


def test_a_whole_last_line_is_read_without_its_line_feed(crowd: Any) -> None:
    """A file without a final line feed is complete, and lines added later keep their numbers."""
    crowd.write("a.jsonl", {"prompt": "one"}, ending="")
    assert texts(crowd.read_on("a.jsonl")) == ["one"]
    crowd.add("a.jsonl", "", {"prompt": "two"})
    records, rejections = crowd.read_on("a.jsonl")
    assert ([(record.text, record.line) for record in records], rejections) == ([("two", 2)], [])


def test_what_is_added_to_a_line_that_was_read_is_rejected_with_its_number(crowd: Any) -> None:
    """The line was a whole object; whatever follows it on the same line is none."""
    crowd.write("a.jsonl", {"prompt": "one"}, ending="")
    crowd.read_on("a.jsonl")
    crowd.add("a.jsonl", " and more", {"prompt": "two"})
    records, rejections = crowd.read_on("a.jsonl")
    assert [(record.text, record.line) for record in records] == [("two", 2)]
    assert [(rejection.line, rejection.reason) for rejection in rejections] == [(1, "broken_json")]


def test_an_unfinished_line_beyond_all_limits_waits_too(crowd: Any) -> None:
    """A line that is too long is rejected once it has an end, and the file goes on behind it."""
    crowd.write("a.jsonl", {"prompt": "one"}, b"x" * 500, ending="\n")
    whole = crowd.folder.joinpath("a.jsonl").read_bytes()
    crowd.folder.joinpath("a.jsonl").write_bytes(whole[:-1])
    [batch] = crowd.read("a.jsonl", max_prompt_bytes=10)
    assert (len(batch.records), batch.rejections, batch.count_bytes_pending) == (1, (), 500)
    crowd.add("a.jsonl", "", {"prompt": "two"})
    records, [rejection] = crowd.read_on("a.jsonl", max_prompt_bytes=10)
    assert [(record.text, record.line) for record in records] == [("one", 1), ("two", 3)]
    assert (rejection.reason, rejection.byte_end - rejection.byte_start) == ("too_large", 500)
    assert rejection.record_sha256 == hashlib.sha256(b"x" * 500).hexdigest()
    content = crowd.folder.joinpath("a.jsonl").read_bytes()
    assert crowd.marks["a.jsonl"][:4] == ("a.jsonl", len(content), hashlib.sha256(content).hexdigest(), 3)


LINES = st.lists(
    st.sampled_from([b'{"prompt": "a"}', b'{"prompt": "b"}', b"", b"broken", b"\xff", b'{"prompt": null}', b"x" * 300]),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(lines=LINES, cuts=st.lists(st.integers(0, 2000), max_size=4))
def test_however_a_file_grows_everything_is_read_once(
    tmp_path_factory: Any, lines: list[bytes], cuts: list[int]
) -> None:
    """Read after any byte, and again, and again: records, rejections and marks are those of a single reading."""
    whole = b"".join(line + b"\n" for line in lines)
    path: Path = tmp_path_factory.mktemp("grow") / "a.jsonl"
    source = Source(name="crowd", paths=(str(path),), preset="prompt", max_prompt_bytes=16)
    marks: dict[str, Progress] = {}
    seen: list[tuple[int, str]] = []
    for cut in [*sorted(cuts), len(whole)]:
        path.write_bytes(whole[:cut])
        for batch in read_source(source, marks, base=path.parent, mask=str):
            marks[batch.progress.location] = batch.progress
            seen += [(row.line, row.text) for row in batch.records]
            seen += [(row.line, row.reason) for row in batch.rejections]
    once = list(read_source(source, {}, base=path.parent, mask=str))
    rows = [(row.line, row.text) for batch in once for row in batch.records]
    rows += [(row.line, row.reason) for batch in once for row in batch.rejections]
    assert sorted(seen) == sorted(rows)
    assert [*marks.values()] == [batch.progress for batch in once]
