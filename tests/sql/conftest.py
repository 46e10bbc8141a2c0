"""Given rows, expect rows: an empty warehouse per test; a test writes only the columns that it is about."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from benchbuilder.schemas import RELATIONS, frame_of
from benchbuilder.warehouse import Warehouse, Writer

Row = Mapping[str, Any]
Given = Callable[..., None]
Rows = Callable[..., list[tuple[Any, ...]]]
At = Callable[[int], datetime]

_MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
_FILLERS: dict[type[pl.DataType], Any] = {
    pl.String: "-",
    pl.Int32: 0,
    pl.Int64: 0,
    pl.Float64: 0.0,
    pl.Boolean: False,
    pl.Datetime: _MIDNIGHT,
    pl.List: [],
}
_numbers = itertools.count()


def filled(relation: str, row: Row) -> dict[str, Any]:
    """A row with what it lacks: null where that is allowed, else something empty; a lone key is told apart."""
    schema = RELATIONS[relation]
    if relation == "questions" and "prompt_id" in row:
        row = {"question_ref": row["prompt_id"], **row}  # as of every question that was not imported
    if unknown := row.keys() - schema.columns().keys():
        raise ValueError(f"{relation} has no column {unknown}")
    lone_key = schema.primary_key() if len(schema.primary_key()) == 1 else []
    fillers = {name: _filler(column) for name, column in schema.columns().items()}
    return fillers | {name: f"{name} {next(_numbers)}" for name in lone_key} | dict(row)


def _filler(column: dy.Column) -> Any:
    return None if column.nullable else _FILLERS[column.dtype.base_type()]


@pytest.fixture(scope="session")
def _warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("sql"))


class _Undo(Exception):  # noqa: N818 - no error: the end of a test
    pass


@pytest.fixture
def writer(_warehouse: Warehouse) -> Iterator[Writer]:
    """A transaction on an empty warehouse, rolled back after the test: nothing waits for a disk."""
    with suppress(_Undo), _warehouse.write() as writer:
        yield writer
        raise _Undo


@pytest.fixture
def given(writer: Writer) -> Given:
    """`given(prompts=[{"prompt_id": "p1"}], …)` appends rows; what a row leaves out is filled in."""

    def append(**relations: Iterable[Row]) -> None:
        for relation, rows in relations.items():
            frame = frame_of(relation, [filled(relation, row) for row in rows])
            assert writer.append(relation, frame) == frame.height, f"{relation}: two rows with one key"

    return append


@pytest.fixture
def rows(writer: Writer) -> Rows:
    """The rows of a query as tuples, in the order that the query gives."""
    return lambda query, **bound: writer.read(query, **bound).rows()


@pytest.fixture(scope="session")
def at() -> At:
    """So many hours after the midnight on which everything here begins."""
    return lambda hours: _MIDNIGHT + timedelta(hours=hours)
