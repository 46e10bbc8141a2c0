"""The DDL is applied once, in order, all or nothing; views are made anew."""

import hashlib

import pytest

from benchbuilder.errors import WarehouseError
from benchbuilder.warehouse import SqlFile, Warehouse, read_sql
from tests.unit.warehouse.conftest import Prompts

APPLIED = "select version, name, sha256 from schema_migrations order by version"
TABLES = "select table_name from duckdb_tables() order by table_name"


def _execute(warehouse: Warehouse, statements: str) -> None:
    with warehouse.write() as writer:
        writer._connection.execute(statements)


def test_every_file_is_recorded_with_its_digest(warehouse: Warehouse) -> None:
    """Numbered from 1 in the order of their names; the views share the number -1."""
    views, *migrations = warehouse.read(APPLIED).rows()
    files = list(read_sql("migrations"))
    assert migrations == [(number, file.name, file.sha256) for number, file in enumerate(files, start=1)]
    assert views[:2] == (-1, "views")
    assert [file.name[:5] for file in files] == [f"{number:04}_" for number in range(1, len(files) + 1)]


def test_a_digest_is_that_of_the_text() -> None:
    """So a changed word is a changed file."""
    assert SqlFile("name", "text").sha256 == hashlib.sha256(b"text").hexdigest()


def test_opening_again_applies_nothing(warehouse: Warehouse, prompts: Prompts) -> None:
    """Neither time nor rows change."""
    warehouse.append("prompts", prompts("p1"))
    before = warehouse.read("from schema_migrations order by version")
    again = Warehouse(warehouse.state_dir)
    assert again.read("from schema_migrations order by version").equals(before)
    assert again.read("select count(*) from prompts").item() == 1


def test_a_file_that_changed_after_it_was_applied_is_an_error(warehouse: Warehouse) -> None:
    """It is named; the warehouse stays as it is and opens again once the file is what it was."""
    before = warehouse.read(APPLIED)
    _execute(warehouse, "update schema_migrations set sha256 = 'not ' || sha256 where version = 2")
    with pytest.raises(WarehouseError, match="0002_models was changed"):
        Warehouse(warehouse.state_dir)
    _execute(warehouse, "update schema_migrations set sha256 = substr(sha256, 5) where version = 2")
    assert Warehouse(warehouse.state_dir).read(APPLIED).equals(before)


def test_a_migration_that_fails_leaves_nothing_behind(warehouse: Warehouse, prompts: Prompts) -> None:
    """Its first statement succeeds, a later one meets a table that is there: neither the one nor a record stays."""
    warehouse.append("prompts", prompts("p1"))
    _execute(warehouse, "delete from schema_migrations where version = 2; drop table completions")
    before = warehouse.read(TABLES)
    with pytest.raises(WarehouseError, match=r"0002_.* failed and left nothing behind"):
        Warehouse(warehouse.state_dir)
    assert warehouse.read(TABLES).equals(before)
    assert warehouse.read("select count(*) from schema_migrations where version = 2").item() == 0
    assert warehouse.read("select count(*) from prompts").item() == 1


def test_a_migration_that_is_missing_is_applied_later(warehouse: Warehouse, prompts: Prompts) -> None:
    """A warehouse of an older version gets what is new, and keeps its rows."""
    warehouse.append("prompts", prompts("p1"))
    tables = warehouse.read(TABLES)
    added = (
        "benchmarks questions turned_away leaderboards leaderboard_rows clusterings topics topic_names topic_members"
        " topic_changes imported_questions given_answers imported_judgments import_rejections human_votes human_ratings"
        " choices answer_styles benchmark_quality public_items exclusions cascades cascade_members forgotten_prompts"
    )
    _execute(warehouse, "".join(f"drop table {name};" for name in added.split()))
    _execute(warehouse, "alter table annotations drop column is_cut; alter table completions drop column prompt_ids")
    _execute(warehouse, "alter table ingest_batches drop column cursor; alter table ingest_batches drop column reading")
    _execute(warehouse, "alter table warehouse drop column is_to_rewrite")
    _execute(warehouse, "delete from schema_migrations where version >= 3")
    again = Warehouse(warehouse.state_dir)
    assert again.read(TABLES).equals(tables)
    assert again.read("select count(*) from prompt_outcomes").item() == 1


def test_views_are_made_anew_when_one_of_them_changed(warehouse: Warehouse) -> None:
    """What an older version left is replaced, and a view whose file is gone goes with it."""
    _execute(
        warehouse,
        "create or replace view board as select 'old' as model; create view older as select 1 as one;"
        "update schema_migrations set sha256 = 'of older views' where version = -1",
    )
    again = Warehouse(warehouse.state_dir)
    assert again.read("from board").is_empty()
    assert again.read("select count(*) from duckdb_views() where view_name = 'older'").item() == 0


def test_a_warehouse_of_a_newer_version_is_left_alone(warehouse: Warehouse) -> None:
    """An older program cannot know what the new columns mean."""
    _execute(warehouse, "insert into schema_migrations values (99, '0099_later', 'digest', current_timestamp)")
    with pytest.raises(WarehouseError, match="newer BenchBuilder"):
        Warehouse(warehouse.state_dir)
