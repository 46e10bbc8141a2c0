"""The frames that cross a step are those that the DDL of sql/migrations declares."""

from pathlib import Path

import polars as pl
import pytest

from benchbuilder.schemas import RELATIONS, frame_of
from benchbuilder.warehouse import Warehouse

OF_THE_WAREHOUSE_ITSELF = {"warehouse", "schema_migrations"}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A new one."""
    return Warehouse(Path(tmp_path_factory.mktemp("state")))


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_schema_equals_its_table(relation: str, warehouse: Warehouse) -> None:
    """Columns, types and order, as a frame read from the table has them."""
    declared = warehouse.read(f"from {relation} limit 0").schema
    assert list(RELATIONS[relation].create_empty().schema.items()) == list(declared.items())


def test_every_table_has_a_schema(warehouse: Warehouse) -> None:
    """And every schema a table; what the warehouse knows of itself crosses no step."""
    tables = set(warehouse.read("select table_name from duckdb_tables()")["table_name"])
    assert set(RELATIONS) == tables - OF_THE_WAREHOUSE_ITSELF


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_relation_has_a_key_that_is_never_null(relation: str) -> None:
    """Two nulls are not equal, so an anti-join would add such a row again and again."""
    schema = RELATIONS[relation]
    assert schema.primary_key()
    assert not any(schema.columns()[name].nullable for name in schema.primary_key())


def test_the_database_enforces_no_key(warehouse: Warehouse) -> None:
    """No index, constraint, enum or sequence: the portable subset, so that another catalog can take the place."""
    for what in ("indexes", "constraints", "sequences"):
        assert warehouse.read(f"select count(*) from duckdb_{what}()").item() == 0, what  # noqa: S608 - our own names
    assert warehouse.read("select count(*) from duckdb_columns() where data_type like 'ENUM%'").item() == 0


def test_a_frame_of_rows_has_all_columns_in_order() -> None:
    """What a row leaves out is null, also where no row has it."""
    frame = frame_of("topic_names", [{"topic_id": "t1", "parser_version": 2}, {"name": "Databases", "topic_id": "t2"}])
    assert frame.schema == RELATIONS["topic_names"].create_empty().schema
    assert frame["topic_id"].to_list() == ["t1", "t2"]
    assert frame["name"].to_list() == [None, "Databases"]
    assert frame["parser_version"].to_list() == [2, None]
    assert frame["namer"].to_list() == [None, None]


def test_a_frame_of_no_rows_has_the_types_too() -> None:
    """So that a step which found nothing can append it."""
    frame = frame_of("embeddings", [])
    assert frame.is_empty()
    assert frame.schema["vector"] == pl.List(pl.Float32)
