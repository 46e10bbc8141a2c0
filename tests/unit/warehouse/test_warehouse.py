"""The live warehouse: created once, appended to by key, all of a transaction or nothing."""

import stat
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from dataframely.exc import SchemaError, ValidationError

from benchbuilder.errors import LockTimeoutError, WarehouseError
from benchbuilder.schemas import RELATIONS
from benchbuilder.warehouse import Warehouse, Writer
from tests.unit.warehouse.conftest import Prompts

COUNT = "select count(*) from prompts"


def _in_the_way_itself(state_dir: Path) -> None:
    state_dir.write_text("a file, not a folder")


def _in_the_way_of_a_parent(state_dir: Path) -> None:
    state_dir.parent.rmdir()
    state_dir.parent.write_text("a file, not a folder")


def _in_the_way_of_locks(state_dir: Path) -> None:
    state_dir.mkdir()
    (state_dir / "locks").write_text("a file, not a folder")


def _no_database(state_dir: Path) -> None:
    state_dir.mkdir()
    (state_dir / "warehouse.duckdb").write_text("no database " * 1000)


class TestOpening:
    """Creating a state folder, finding it again, and saying why it cannot be used."""

    def test_a_new_state_folder_is_private_and_has_its_rooms(self, tmp_path: Path) -> None:
        """Only the owner may look into it; missing parents are made."""
        state_dir = tmp_path / "deep" / "state"
        Warehouse(state_dir)
        assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
        names = {entry.name for entry in state_dir.iterdir()}
        assert names == {"warehouse.duckdb", "locks", "spool", "snapshots", "reports"}

    def test_a_new_warehouse_has_every_relation_empty(self, warehouse: Warehouse) -> None:
        """There is one row in all: which warehouse this is."""
        counts = " + ".join(f"(select count(*) from {relation})" for relation in RELATIONS)  # noqa: S608 - our own names
        assert warehouse.read(f"select {counts}").item() == 0
        assert warehouse.read("select count(*) from warehouse").item() == 1

    def test_a_warehouse_that_is_opened_again_is_the_same(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """Its id and its rows stay; another folder is another warehouse."""
        warehouse.append("prompts", prompts("p1"))
        again = Warehouse(warehouse.state_dir)
        assert again.warehouse_id == warehouse.warehouse_id
        assert again.read("select prompt_id from prompts")["prompt_id"].to_list() == ["p1"]
        assert Warehouse(warehouse.state_dir / "other").warehouse_id != warehouse.warehouse_id

    @pytest.mark.parametrize("spoil", [_in_the_way_itself, _in_the_way_of_a_parent, _in_the_way_of_locks, _no_database])
    def test_a_folder_that_cannot_be_used_is_named(self, spoil: Callable[[Path], None], tmp_path: Path) -> None:
        """A file where a folder should be, or a file that is no database: the error says which path."""
        state_dir = tmp_path / "parent" / "state"
        state_dir.parent.mkdir()
        spoil(state_dir)
        with pytest.raises(WarehouseError, match=f"{state_dir}.*cannot be"):
            Warehouse(state_dir)

    def test_a_state_folder_may_have_any_name(self, tmp_path: Path, prompts: Prompts) -> None:
        """Its name is part of a statement, and no letter of it ends a string."""
        warehouse = Warehouse(tmp_path / 'it\'s "ours"; --')
        warehouse.append("prompts", prompts("p1"))
        assert warehouse.path.stat().st_size > 0
        assert Warehouse(warehouse.state_dir).read(COUNT).item() == 1

    def test_what_does_not_fit_into_memory_stays_in_the_state_folder(self, warehouse: Warehouse) -> None:
        """It holds texts of the crowd, and the folder we were started in is not ours."""
        temporary = Path(warehouse.read("select current_setting('temp_directory')").item())
        assert temporary.parent == warehouse.state_dir

    def test_nothing_but_the_file_is_left_behind(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """Each writer checkpoints before it closes, so that a copy of the one file is whole."""
        warehouse.append("prompts", prompts("p1"))
        assert [path.name for path in warehouse.state_dir.glob("warehouse.duckdb*")] == ["warehouse.duckdb"]


class TestReading:
    """Queries with values and frames of the caller."""

    def test_a_value_is_bound_and_never_part_of_the_query(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """A crowd's text may look like SQL."""
        text = "'; drop table prompts; --"
        warehouse.append("prompts", prompts("p1", text=text))
        assert warehouse.read("select prompt_id from prompts where text = $text", text=text).item() == "p1"

    def test_a_query_may_join_with_a_frame(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """The frame is known by its name in this one query."""
        warehouse.append("prompts", prompts("p1", "p2"))
        wanted = pl.DataFrame({"prompt_id": ["p2", "p3"]})
        rows = warehouse.read("select prompt_id from prompts semi join wanted using (prompt_id)", {"wanted": wanted})
        assert rows["prompt_id"].to_list() == ["p2"]

    def test_times_come_back_in_utc(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """Whatever time zone the machine is in."""
        warehouse.append("prompts", prompts("p1"))
        assert warehouse.read("select ingested_at from prompts").schema["ingested_at"] == pl.Datetime("us", "UTC")
        assert warehouse.read("select ingested_at::varchar from prompts").item() == "2026-01-01 00:00:00+00"


class TestAppending:
    """An append adds the rows whose key is not there yet."""

    def test_appending_twice_adds_nothing_the_second_time(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """The row that was there stays as it was."""
        assert warehouse.append("prompts", prompts("p1", "p2", text="first")) == 2
        assert warehouse.append("prompts", prompts("p1", "p2", "p3", text="second")) == 1
        rows = warehouse.read("select prompt_id, text from prompts order by prompt_id").rows()
        assert rows == [("p1", "first"), ("p2", "first"), ("p3", "second")]

    def test_of_two_rows_with_one_key_the_first_counts(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """Also within one frame."""
        frame = pl.concat([prompts("p1", text="first"), prompts("p1", text="second"), prompts("p0")])
        assert warehouse.append("prompts", frame) == 2
        assert warehouse.read("select text from prompts where prompt_id = 'p1'").item() == "first"

    def test_a_key_of_several_columns_is_compared_as_a_whole(self, warehouse: Warehouse) -> None:
        """A second name of one topic is another row where its parser version is another."""
        name = {"topic_id": "t", "name": "n", "reason": None, "namer": "m", "request_key": "k"}
        moment = warehouse.read("select current_timestamp").item()
        frame = pl.DataFrame([{**name, "parser_version": 1, "named_at": moment}], infer_schema_length=None)
        assert warehouse.append("topic_names", frame) == 1
        assert warehouse.append("topic_names", frame.with_columns(parser_version=2)) == 1
        assert warehouse.append("topic_names", frame) == 0

    def test_rows_lie_in_small_groups(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """An append takes the last group into memory, with all its texts, to write it anew."""
        warehouse.append("prompts", prompts(*map(str, range(10_000))))
        query = "select max(count) from pragma_storage_info('prompts') where column_name = 'count_masked'"
        assert warehouse.read(query).item() <= 4096

    def test_an_empty_frame_adds_nothing(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """It still has to have the columns."""
        assert warehouse.append("prompts", prompts()) == 0

    @pytest.mark.parametrize(
        ("spoil", "error"),
        [
            (pl.lit(None, dtype=pl.String).alias("prompt_id"), ValidationError),
            (pl.lit(None, dtype=pl.Int32).alias("count_masked"), ValidationError),
            (pl.lit("many").alias("count_masked"), ValidationError),
            (pl.lit("yesterday").alias("ingested_at"), pl.exceptions.InvalidOperationError),
        ],
    )
    def test_a_value_that_does_not_fit_is_refused(
        self, spoil: pl.Expr, error: type[Exception], warehouse: Warehouse, prompts: Prompts
    ) -> None:
        """A key or a duty that is null, a word for a number: nothing of the frame is written."""
        with pytest.raises(error):
            warehouse.append(
                "prompts", pl.concat([prompts("p1"), prompts("p2").with_columns(spoil)], how="vertical_relaxed")
            )
        assert warehouse.read(COUNT).item() == 0

    @pytest.mark.parametrize("column", ["prompt_id", "text", "ingested_at"])
    def test_a_frame_that_lacks_a_column_is_refused(self, column: str, warehouse: Warehouse, prompts: Prompts) -> None:
        """Be it a part of the key or not; the error names it."""
        with pytest.raises(SchemaError, match=column):
            warehouse.append("prompts", prompts("p1").drop(column))

    def test_a_refusal_tells_nothing_of_the_texts(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """What the crowd wrote does not get into logs by way of an error."""
        frame = prompts("p1", text="call me at home").with_columns(batch_id=pl.lit(None, dtype=pl.String))
        with pytest.raises(ValidationError) as refusal:
            warehouse.append("prompts", frame)
        assert "call me" not in str(refusal.value)


class TestWriting:
    """A transaction: all of it or nothing, and nobody else meanwhile."""

    def test_a_write_that_raises_leaves_nothing(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """What was appended before the error is not there, what was committed earlier is."""
        warehouse.append("prompts", prompts("p0"))

        def failing(writer: Writer) -> None:
            assert writer.append("prompts", prompts("p1")) == 1
            _ = 1 / 0

        with pytest.raises(ZeroDivisionError), warehouse.write() as writer:
            failing(writer)
        assert warehouse.read("select prompt_id from prompts")["prompt_id"].to_list() == ["p0"]

    def test_a_write_that_is_interrupted_leaves_nothing(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """Ctrl-C is no Exception, and is rolled back all the same."""

        def interrupted(writer: Writer) -> None:
            writer.append("prompts", prompts("p1"))
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), warehouse.write() as writer:
            interrupted(writer)
        assert warehouse.read(COUNT).item() == 0

    def test_a_writer_sees_its_own_appends(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """So a later append of the same transaction is an anti-join with them too."""
        with warehouse.write() as writer:
            assert writer.append("prompts", prompts("p1")) == 1
            assert writer.read(COUNT).item() == 1
            assert writer.append("prompts", prompts("p1", "p2")) == 1
        assert warehouse.read(COUNT).item() == 2

    def test_nobody_reads_during_a_write(self, warehouse: Warehouse) -> None:
        """Whoever cannot wait any longer hears so, and may try again."""
        impatient = Warehouse(warehouse.state_dir, lock_timeout_seconds=0.05)
        with warehouse.write(), pytest.raises(LockTimeoutError, match=r"warehouse\.lock"):
            impatient.read(COUNT)
        assert impatient.read(COUNT).item() == 0


def test_a_named_lock_is_a_file_among_the_locks_whatever_its_name(warehouse: Warehouse) -> None:
    """Names of models come from people: no letter of theirs leads out of the folder."""
    lock = warehouse.named_lock("answer-../org/model:7b €")
    with lock.hold():
        assert lock.path.parent == warehouse.state_dir / "locks"
        assert lock.path.name == "answer-.._org_model_7b__.lock"
