"""benchbuilder.sources.rows: the records of one file, whatever its format."""

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from benchbuilder.errors import SourceError
from benchbuilder.sources.rows import MAX_RECORD_BYTES, read_rows


def records(path: Path, content: bytes | str) -> list[tuple[str, int, Any]]:
    """Unit, number and record of everything in a file with this content."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(row.unit, row.number, row.record) for row in read_rows(path)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.txt", "a"])
def test_the_content_says_what_it_is(tmp_path: Path, name: str) -> None:
    """Lines of JSON under any name; a byte order mark and blank lines are no part of it."""
    assert records(tmp_path / name, '\ufeff{"a": 1}\r\n\n{"a": 2}') == [("line", 1, {"a": 1}), ("line", 3, {"a": 2})]


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a"])
def test_json_arrays(tmp_path: Path, name: str) -> None:
    """Rows count from 1; what is no object costs itself; NaN and half of an emoji are read."""
    content = '\n[{"a": NaN, "b": "\\ud83d"},\n 5, {"a": 1}]\n'
    (unit, number, first), *others = records(tmp_path / name, content)
    assert (unit, number, first["b"], first["a"] != first["a"]) == ("row", 1, "\ufffd", True)
    assert others == [("row", 2, "not_an_object"), ("row", 3, {"a": 1})]
    assert records(tmp_path / name, "[]") == []


def test_csv(tmp_path: Path) -> None:
    """Cells are texts; a row of another length or encoding costs itself; its line is where it begins."""
    content = '\ufeffa,b\r\n"1\n2",x\r\n3\r\n'.encode() + b"caf\xe9,4\r\n\r\n5,6\r\n"
    assert records(tmp_path / "a", content) == [
        ("line", 2, {"a": "1\n2", "b": "x"}),
        ("line", 4, "not_an_object"),
        ("line", 5, "wrong_encoding"),
        ("line", 7, {"a": "5", "b": "6"}),
    ]
    assert records(tmp_path / "a.csv", "") == []


def test_parquet_under_any_name(tmp_path: Path) -> None:
    """Rows keep their types."""
    pl.DataFrame({"a": [1, None], "b": [["x"], []]}).write_parquet(tmp_path / "a.csv")
    assert [row.record for row in read_rows(tmp_path / "a.csv")] == [{"a": 1, "b": ["x"]}, {"a": None, "b": []}]


def test_broken_lines_cost_themselves(tmp_path: Path) -> None:
    """Also the first one where the ending says JSON lines, a torn last one, and one of another encoding."""
    content = b'oops\n[1]\n{"a": "\xff"}\n{"a": 1}\n{"a": '
    assert records(tmp_path / "a.jsonl", content) == [
        ("line", 1, "broken_json"),
        ("line", 2, "not_an_object"),
        ("line", 3, "wrong_encoding"),
        ("line", 4, {"a": 1}),
        ("line", 5, "broken_json"),
    ]


def test_a_line_that_is_too_long_is_skipped(tmp_path: Path) -> None:
    """And the next is read; a CSV cell that is never closed is given up at the limit."""
    long = b'{"a": "' + b"x" * MAX_RECORD_BYTES + b'"}\n'
    assert records(tmp_path / "a", long + b'{"a": 1}\n') == [("line", 1, "too_large"), ("line", 2, {"a": 1})]
    rows = records(tmp_path / "a", b'a\n"x' + b"x\n" * (MAX_RECORD_BYTES // 2 + 10) + b"5\n")
    assert rows[0] == ("line", 2, "too_large")
    assert rows[-1][2] == {"a": "5"}


def test_nested_too_deep_to_be_written_again(tmp_path: Path) -> None:
    """It is a fault of the record and not of the program."""
    deep = b"[" * 1000 + b"]" * 1000
    assert [row[2] for row in records(tmp_path / "a", b'[{"a": ' + deep + b'}, {"a": 1}]')][1] == {"a": 1}


def test_rows_of_equal_records_are_equal_bytes(tmp_path: Path) -> None:
    """In arrays and Parquet the order of fields says nothing."""
    (tmp_path / "a").write_bytes(orjson.dumps([{"a": 1, "b": 2}, {"b": 2, "a": 1}]))
    one, other = read_rows(tmp_path / "a")
    assert one.raw == other.raw == b'{"a":1,"b":2}'


def test_an_array_that_does_not_fit_into_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to write it instead."""
    monkeypatch.setattr("benchbuilder.sources.rows.MAX_ARRAY_BYTES", 10)
    with pytest.raises(SourceError, match="write it as one object per line"):
        records(tmp_path / "a.json", '[{"a": 1}, {"a": 2}]')


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "[{} ", "it is no whole JSON array"),
        ("a.json", '[], "b": [1]', "it is no whole JSON array"),
        ("a.parquet", "nothing of the kind", "broken Parquet"),
        ("a", "PAR1", "broken Parquet"),
        ("a.csv", 'model,score\nx,"1\ny,2\n', "a quotation mark in line 2 is never closed"),
        ("a.csv", "model,score,score\nx,1,2\n", "2 columns have the name score"),
        ("a.csv", '"' + "x" * (MAX_RECORD_BYTES + 1), "the first line is no header of a table"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole(tmp_path: Path, name: str, content: str, message: str) -> None:
    """The error names it."""
    with pytest.raises(SourceError, match=rf"{name}: .*{message}"):
        records(tmp_path / name, content)


def test_no_such_file(tmp_path: Path) -> None:
    """Nor a folder."""
    with pytest.raises(SourceError, match=r"a\.json: there is no such file"):
        list(read_rows(tmp_path / "a.json"))
    with pytest.raises(SourceError, match="cannot be read: Is a directory"):
        list(read_rows(tmp_path))
