"""benchbuilder.sources.tables: CSV and Parquet."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchbuilder.errors import SourceError
from benchbuilder.sources import FieldMap
from tests.unit.sources.conftest import records_in, rejections_in


def test_csv_rows_with_line_breaks_and_commas(crowd: Any) -> None:
    """Quoted cells may hold anything; a row's line is the one where it begins."""
    crowd.write("a.csv", "prompt,timestamp", '"Hi, you\nthere",2024-03-01', "Bye now,", ending="\r\n")
    [batch] = crowd.read("a.csv")
    assert [(record.text, record.line, record.seen_at) for record in batch.records] == [
        ("Hi, you\nthere", 2, datetime(2024, 3, 1, tzinfo=UTC)),
        ("Bye now", 4, None),
    ]


def test_bad_csv_rows_cost_themselves(crowd: Any, reasons_of: Callable[..., list[tuple[int, str]]]) -> None:
    """A row of another length, of another encoding, empty, or without end is rejected, and the others are read."""
    crowd.write(
        "a.csv",
        "\ufeffprompt,n",
        "good one,1",
        "too,many,cells",
        "few",
        b"caf\xe9,2",
        ",3",
        "",
        "good two,4",
        f"{'x' * 2000},5",
        "good three,6",
    )
    assert reasons_of("a.csv", max_prompt_bytes=100) == [
        (3, "not_an_object"),
        (4, "not_an_object"),
        (5, "wrong_encoding"),
        (6, "empty"),
        (9, "too_large"),
    ]
    assert [record.text for record in crowd.read("a.csv")[0].records][:2] == ["good one", "good two"]


def test_a_quotation_mark_that_is_never_closed_does_not_fill_the_memory(crowd: Any) -> None:
    """The cell is given up at the limit, and reading goes on behind it."""
    crowd.write("a.csv", "prompt", '"never closed', *["x" * 100] * 30, "good")
    [batch] = crowd.read("a.csv", max_prompt_bytes=100)
    assert batch.rejections[0].reason == "too_large"
    assert batch.records[-1].text == "good"


def test_a_quotation_mark_that_is_never_closed_is_told(crowd: Any) -> None:
    """It hides what follows: no prompt is made of the rest of the file, and the error says where it begins."""
    crowd.write("a.csv", "prompt", "good", '"never closed', "hidden", "hidden too")
    crowd.write("b.csv", "prompt", "in another file")
    batches = []
    with pytest.raises(SourceError, match=r"a\.csv: cannot be read: a quotation mark in line 3 is never closed"):
        batches.extend(crowd.lazily("a.csv", "b.csv"))
    assert [record.text for record in records_in(batches)] == ["good", "in another file"]
    assert [(row.line, row.reason) for row in rejections_in(batches)] == [(3, "not_an_object")]


def test_words_behind_a_quotation_mark_cost_their_row(crowd: Any) -> None:
    """Nobody knows what was meant."""
    crowd.write("a.csv", "prompt,n", '"one" or two,1', "good,2", '"also ""good""",3')
    [batch] = crowd.read("a.csv")
    assert [record.text for record in batch.records] == ["good", 'also "good"']
    assert [(row.line, row.reason) for row in batch.rejections] == [(2, "not_an_object")]


def test_a_json_array_is_read_as_rows(crowd: Any) -> None:
    """ShareGPT's original form: read whole, and again only when it has changed."""
    rows = [{"id": f"c{n}", "conversations": [{"from": "human", "value": f"prompt {n}"}]} for n in range(2)]
    (crowd.folder / "a.json").write_bytes(orjson.dumps([*rows, 5], option=orjson.OPT_INDENT_2))
    records, rejections = crowd.read_on("a.json", preset="sharegpt")
    assert [(record.text, record.source_ref, record.line) for record in records] == [
        ("prompt 0", "c0", 1),
        ("prompt 1", "c1", 2),
    ]
    assert [(row.line, row.reason) for row in rejections] == [(3, "not_an_object")]
    assert crowd.read("a.json", preset="sharegpt", progress=crowd.marks) == []
    (crowd.folder / "a.json").write_bytes(b'[{"id": "c0", ')
    with pytest.raises(SourceError, match="it is no whole JSON array"):
        crowd.read("a.json", preset="sharegpt")


def test_parquet_that_cannot_be_read_costs_no_other_file(crowd: Any) -> None:
    """Two columns of one name, and a type that the library panics at."""
    column = pa.array(["one"])
    pq.write_table(pa.table([column, column], names=["prompt", "prompt"]), crowd.folder / "a.parquet")
    wide = pa.array([Decimal(10) ** 60], type=pa.decimal256(70, 0))
    pq.write_table(pa.table({"prompt": column, "n": wide}), crowd.folder / "b.parquet")
    crowd.write("c.jsonl", {"prompt": "whole"})
    batches = []
    told = r"a\.parquet: .*2 columns have the name prompt; .*b\.parquet: cannot be read: "
    with pytest.raises(SourceError, match=told):
        batches.extend(crowd.lazily("."))
    assert [record.text for record in records_in(batches)] == ["whole"]


def test_parquet_rows_keep_their_types(crowd: Any) -> None:
    """Times, nulls, nested messages, binary and decimal columns are read; line is the row."""
    frame = pl.DataFrame(
        {
            "messages": [[{"role": "user", "content": "Hi there"}, {"role": "assistant", "content": "Hello"}], None],
            "id": [1, 2],
            "created": [datetime(2024, 3, 1, 12, 0, 0, 1, tzinfo=UTC), None],
            "other": [b"\xff\x00", b""],
            "price": pl.Series(["1.10", "2.20"]).cast(pl.Decimal(10, 2)),
        },
        schema_overrides={"created": pl.Datetime("ns", "UTC")},
    )
    frame.write_parquet(crowd.folder / "a.parquet")
    [batch] = crowd.read("a.parquet", preset="openai_messages")
    [record], [rejection] = batch.records, batch.rejections
    assert (record.text, record.source_ref, record.line) == ("Hi there", "1", 1)
    assert record.seen_at == datetime(2024, 3, 1, 12, 0, 0, 1, tzinfo=UTC)
    assert (rejection.line, rejection.reason, rejection.byte_start) == (2, "null_field", None)


def test_a_row_that_json_cannot_hold_has_a_reference_all_the_same(crowd: Any) -> None:
    """Bytes and decimals enter the hash of the record as their text, and count."""
    frame = pl.DataFrame({"prompt": ["a b", "a b"], "blob": [b"\xff", b"\xfe"]})
    frame.write_parquet(crowd.folder / "a.parquet")
    first, second = crowd.read("a.parquet")[0].records
    assert first.source_ref != second.source_ref


def test_messages_in_a_csv_cell_are_read_as_json(crowd: Any, reasons_of: Callable[..., list[tuple[int, str]]]) -> None:
    """A list of messages written into one cell is a conversation."""
    frame = pl.DataFrame({"messages": ['[{"role": "user", "content": "Hi there"}]', "no json", '{"a": 1}']})
    frame.write_csv(crowd.folder / "a.csv")
    [batch] = crowd.read("a.csv", preset="openai_messages")
    assert [record.text for record in batch.records] == ["Hi there"]
    assert reasons_of("a.csv", preset="openai_messages") == [(3, "wrong_type"), (4, "wrong_type")]


def test_an_unchanged_table_is_not_read_again_and_a_changed_one_whole(crowd: Any) -> None:
    """The hash of the whole file decides; renaming the source or touching the file does not."""
    mapping = FieldMap(prompt="q")
    for name, write in (("a.csv", pl.DataFrame.write_csv), ("a.parquet", pl.DataFrame.write_parquet)):
        write(pl.DataFrame({"q": ["one", "two"]}), crowd.folder / name)
        assert len(crowd.read_on(name, mapping=mapping)[0]) == 2
        assert crowd.read(name, mapping=mapping, progress=crowd.marks) == []
        write(pl.DataFrame({"q": ["one", "two", "three"]}), crowd.folder / name)
        assert len(crowd.read_on(name, mapping=mapping)[0]) == 3


def test_only_the_last_batch_of_a_table_says_that_it_was_read(crowd: Any) -> None:
    """A stop in between costs a second reading, never a row."""
    pl.DataFrame({"prompt": [f"prompt {n}" for n in range(22_000)]}).write_parquet(crowd.folder / "a.parquet")
    batches = crowd.read("a.parquet")
    assert [len(batch.records) for batch in batches] == [10_000, 10_000, 2000]
    assert [batch.progress.bytes_read > 0 for batch in batches] == [False, False, True]
    assert len({batch.progress for batch in batches}) == 3
    assert len(crowd.read("a.parquet", progress={"a.parquet": batches[1].progress})) == 3
