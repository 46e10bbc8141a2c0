"""benchbuilder.sources.read_source on real files: good records, every kind of bad input, batches and errors."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchbuilder.errors import SourceError
from benchbuilder.sources import FieldMap, Source, read_source

GOOD = {"prompt": "What is a monad?"}
DEEP = b'{"prompt": "a", "x": ' + b"[" * 1000 + b"]" * 1000 + b"}"
BAD_LINES = {
    "cut in the middle": (b'{"prompt": "What is', "broken_json"),
    "two objects in a line": (b'{"prompt": "a"} {"prompt": "b"}', "broken_json"),
    "words": (b"What is a monad?", "broken_json"),
    "nested too deep": (DEEP, "broken_json"),
    "nested beyond all reason": (b"[" * 200_000, "broken_json"),
    "a list": (b'["What is a monad?"]', "not_an_object"),
    "a number": (b"42", "not_an_object"),
    "null": (b"null", "not_an_object"),
    "latin-1": ('{"prompt": "Was heißt das?"}'.encode("latin-1"), "wrong_encoding"),
    "utf-16": ('{"prompt": "a"}'.encode("utf-16-le"), "broken_json"),
    "no prompt": (b'{"text": "What is a monad?"}', "missing_field"),
    "a number as prompt": (b'{"prompt": 42}', "wrong_type"),
    "a list as prompt": (b'{"prompt": ["a"]}', "wrong_type"),
    "a null prompt": (b'{"prompt": null}', "null_field"),
    "an empty prompt": (b'{"prompt": ""}', "empty"),
    "white space": (b'{"prompt": " \\n\\t\\u00a0"}', "empty"),
    "nothing but NUL": (b'{"prompt": "\\u0000\\u0000"}', "empty"),
    "a huge prompt": (b'{"prompt": "' + b"x" * 10_000_000 + b'"}', "too_large"),
    "a huge line": (b'{"prompt": "' + b"x" * 17_000_000 + b'"}', "too_large"),
}


@pytest.mark.parametrize(("raw", "reason"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_rejected_and_the_rest_goes_on(crowd: Any, raw: bytes, reason: str) -> None:
    """A bad record costs itself: it is told with line, bytes and hash, and its neighbours are read."""
    path = crowd.write("a.jsonl", {"prompt": "before"}, raw, {"prompt": "after"})
    [batch] = crowd.read("a.jsonl")
    [rejection] = batch.rejections
    assert [record.text for record in batch.records] == ["before", "after"]
    assert (rejection.file, rejection.line, rejection.reason) == ("a.jsonl", 2, reason)
    assert path.read_bytes()[rejection.byte_start : rejection.byte_end] == raw
    assert rejection.record_sha256 == hashlib.sha256(raw).hexdigest()
    assert len(rejection.excerpt) <= 200
    assert rejection.excerpt.isprintable()
    assert batch.progress[:4] == ("a.jsonl", path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest(), 3)


def test_blank_lines_and_windows_line_ends_are_no_records(crowd: Any) -> None:
    """Empty lines count as lines and as nothing else; a carriage return is white space."""
    crowd.write("a.jsonl", "\ufeff" + '{"prompt": "one"}', "", "  ", GOOD, ending="\r\n")
    [batch] = crowd.read("a.jsonl")
    assert [(record.text, record.line) for record in batch.records] == [("one", 1), ("What is a monad?", 4)]
    assert batch.rejections == ()


def test_what_python_and_javascript_write_is_read(crowd: Any, texts_of: Callable[..., list[str]]) -> None:
    """NaN, numbers of thirty digits and half of an emoji are no reason to lose a prompt."""
    crowd.write(
        "a.jsonl",
        '{"prompt": "one", "score": NaN}',
        f'{{"prompt": "two", "n": {"9" * 30}, "score": -Infinity}}',
        '{"prompt": "half \\ud83d of it, \\u0000and a key", "\\udc00": "\\ud83d"}',
        f'{{"prompt": "four", "n": {"9" * 30}, "other": "\\ud83d"}}',
    )
    assert texts_of("a.jsonl") == ["one", "two", "half \ufffd of it, and a key", "four"]


def test_an_excerpt_is_masked_before_it_is_cut(crowd: Any) -> None:
    """A secret that straddles the end of the excerpt is hidden as a whole."""
    secret = "SECRET" * 10
    crowd.write("a.jsonl", "x" * 190 + secret + "\x1b[31m" + "y" * 300)
    [batch] = crowd.read("a.jsonl", mask=lambda text: text.replace(secret, "[key]"))
    assert "x[key]\\x1b[31" in batch.rejections[0].excerpt
    assert "SECRET" not in batch.rejections[0].excerpt


def test_a_record_says_where_it_comes_from(crowd: Any) -> None:
    """Reference, time, hashed sender, label, file and line stand beside the text."""
    crowd.write(
        "logs/a.jsonl",
        {"q": {"text": "Hi there"}, "key": 7, "at": "2024-03-01T12:00:00+02:00", "who": "anna", "lang": "en"},
    )
    mapping = FieldMap(prompt="q.text", id="key", seen_at="at", sender="who", language="lang")
    [batch] = crowd.read("logs", mapping=mapping)
    assert batch.records[0] == (
        "Hi there",
        "7",
        datetime(2024, 3, 1, 10, tzinfo=UTC),
        hashlib.sha256(b"anna").hexdigest(),
        1,
        None,
        "logs/a.jsonl",
        1,
        "en",
    )


def test_without_an_id_the_same_record_is_the_same_sighting(crowd: Any) -> None:
    """The canonical record is its own reference: order of keys and spaces do not count, anything else does."""
    crowd.write("a.jsonl", '{"prompt":"a","n":1}', '{ "n": 1, "prompt": "a" }', '{"prompt":"a","n":2}')
    first, second, third = (record.source_ref for record in crowd.read("a.jsonl")[0].records)
    assert first == second != third


@pytest.mark.parametrize(
    "change",
    [
        {"mapping": FieldMap(prompt="question")},
        {"preset": "openai_messages"},
        {"public_benchmark": True},
        {"votes": True},
        {"format": "jsonl"},
    ],
    ids=str,
)
def test_a_source_that_is_read_another_way_is_read_from_its_start(crowd: Any, change: dict[str, Any]) -> None:
    """A mapping that was mended finds what the wrong one passed over; unchanged settings and older marks go on."""
    crowd.write("a.jsonl", GOOD)
    [batch] = crowd.read("a.jsonl")
    mark = batch.progress
    assert crowd.read("a.jsonl", progress={"a.jsonl": mark}) == []
    assert crowd.read("a.jsonl", progress={"a.jsonl": mark._replace(reading=None)}, **change) == []
    [again] = crowd.read("a.jsonl", progress={"a.jsonl": mark}, **change)
    assert again.progress[:5] == mark[:5]
    assert again.progress.reading not in {None, mark.reading}


def test_batches_are_small_and_each_carries_its_mark(crowd: Any) -> None:
    """At most 10,000 records come at once, and reading goes on from the mark of any batch."""
    crowd.write("a.jsonl", *({"prompt": f"prompt {number}"} for number in range(24_000)))
    batches = crowd.read("a.jsonl")
    assert [len(batch.records) for batch in batches] == [10_000, 10_000, 4000]
    rest = crowd.read("a.jsonl", progress={"a.jsonl": batches[0].progress})
    assert rest == batches[1:]


def test_long_records_make_batches_of_few(crowd: Any) -> None:
    """A batch is bounded in bytes too, so that memory does not depend on how long the prompts are."""
    crowd.write("a.jsonl", *({"prompt": f"{number:02d}" * 450_000} for number in range(40)))
    batches = crowd.read("a.jsonl")
    assert len(batches) >= 3
    assert sum(len(batch.records) for batch in batches) == 40


def test_an_empty_file_is_nothing(crowd: Any) -> None:
    """Of any format: no batch, no error."""
    for name in ("a.jsonl", "b.csv", "c.parquet"):
        crowd.write(name)
    assert crowd.read("*") == []


@pytest.mark.parametrize("path", ["missing.jsonl", "*.jsonl", "folder", "a.txt", "folder/**/*.csv", "a\x00b.jsonl"])
def test_a_path_that_leads_to_nothing_is_an_error(crowd: Any, path: str) -> None:
    """A typing mistake in the settings is told with source and path, it does not look like a quiet night."""
    crowd.write("folder/.hidden.jsonl", GOOD)
    crowd.write("a.txt", GOOD)
    with pytest.raises(SourceError, match=r"source 'crowd': .*"):
        crowd.read(path)


def test_a_file_that_cannot_be_opened_is_an_error(crowd: Any) -> None:
    """The message names the source, the file and what the system says."""
    crowd.write("folder/a.jsonl", GOOD)
    (crowd.folder / "loop.jsonl").symlink_to("loop.jsonl")
    with pytest.raises(SourceError, match=r"loop\.jsonl"):
        crowd.read("loop.jsonl")
    (crowd.folder / "b.parquet").write_bytes(b"PAR1 this is no Parquet PAR1")
    with pytest.raises(SourceError, match=r"source 'crowd': .*b\.parquet: cannot be read: broken Parquet"):
        crowd.read("b.parquet")


def test_a_name_that_is_no_utf_8_is_refused_and_costs_no_other_file(crowd: Any) -> None:
    """No hash and no database takes it; the message can be printed."""
    crowd.write("b.jsonl", GOOD)
    with open(os.fsencode(crowd.folder) + b"/a\xff.jsonl", "wb") as stream:  # noqa: PTH123 - a Path holds no bytes
        stream.write(b'{"prompt": "lost"}\n')
    batches = []
    with pytest.raises(SourceError, match=r"a\\udcff\.jsonl: the file's name is not UTF-8") as caught:
        batches.extend(crowd.lazily("."))
    assert str(caught.value).encode()
    assert [batch.progress.location for batch in batches] == ["b.jsonl"]


def test_files_globs_and_folders_are_read_once_each_in_order(crowd: Any, texts_of: Callable[..., list[str]]) -> None:
    """However often a file is meant, it is read once; the order is that of the names."""
    for name in ("b/two.jsonl", "a/one.ndjson", "c.json", "b/.hidden.jsonl", "b/notes.txt", "b/deep/er/three.jsonl"):
        crowd.write(name, {"prompt": name})
    expected = ["a/one.ndjson", "b/deep/er/three.jsonl", "b/two.jsonl", "c.json"]
    assert texts_of("c.json", "b", "**/*.ndjson", str(crowd.folder / "b" / "two.jsonl"), "b/*.jsonl") == expected
    assert texts_of("b/notes.txt", format="jsonl") == ["b/notes.txt"]


def test_a_file_outside_of_the_base_folder_goes_by_its_whole_path(crowd: Any, tmp_path_factory: Any) -> None:
    """Two files of the same name in different folders have marks of their own."""
    elsewhere: Path = tmp_path_factory.mktemp("elsewhere") / "a.jsonl"
    elsewhere.write_text('{"prompt": "far"}\n')
    crowd.write("a.jsonl", {"prompt": "near"})
    batches = crowd.read("a.jsonl", str(elsewhere))
    assert sorted(batch.progress.location for batch in batches) == sorted(["a.jsonl", elsewhere.as_posix()])


def test_reading_is_lazy(crowd: Any) -> None:
    """The first batch is there before the rest of a source has been looked at."""
    crowd.write("a.jsonl", GOOD)
    (crowd.folder / "b.parquet").write_bytes(b"broken")
    source = Source(name="crowd", paths=("a.jsonl", "b.parquet"), preset="prompt")
    batches = read_source(source, {}, base=crowd.folder, mask=str)
    assert next(batches).records[0].text == "What is a monad?"
    with pytest.raises(SourceError):
        next(batches)
