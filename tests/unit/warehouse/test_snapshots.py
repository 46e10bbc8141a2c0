"""Published copies: files of their own that nobody can change, behind a link to the newest."""

import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from benchbuilder.errors import NothingToRunError, UsageError, WarehouseError
from benchbuilder.warehouse import Snapshot, Warehouse, current_snapshot, publish_snapshot, swap_link
from tests.unit.warehouse.conftest import Prompts

AS_OF = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
COUNT = "select count(*) from prompts"


class TestPublishing:
    """A closed, checkpointed file is copied, made read-only, and the link swapped."""

    def test_a_snapshot_is_read_only_and_named_by_its_moment(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """In UTC, wherever `as_of` was written down; its rows are those of the warehouse."""
        warehouse.append("prompts", prompts("p1"))
        snapshot = publish_snapshot(warehouse, AS_OF.astimezone(timezone(timedelta(hours=-7))))
        assert snapshot.path == warehouse.state_dir / "snapshots" / "20260102T030405Z.duckdb"
        assert stat.S_IMODE(snapshot.path.stat().st_mode) == 0o444
        assert snapshot.read("select prompt_id from prompts").item() == "p1"

    def test_a_snapshot_is_one_file_that_can_be_carried_away(
        self, warehouse: Warehouse, prompts: Prompts, tmp_path: Path
    ) -> None:
        """No log beside it is needed, so a copy of the one file is whole."""
        warehouse.append("prompts", prompts("p1", "p2"))
        snapshot = publish_snapshot(warehouse, AS_OF)
        assert {path.name for path in snapshot.path.parent.iterdir()} == {snapshot.path.name, "current.duckdb"}
        elsewhere = Path(shutil.copyfile(snapshot.path, tmp_path / "carried.duckdb"))
        assert Snapshot(elsewhere).read(COUNT).item() == 2
        assert not list(tmp_path.glob("*.wal"))

    def test_the_link_names_the_newest_and_the_older_ones_stay(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """It is relative, so that the state folder can be moved as a whole."""
        first = publish_snapshot(warehouse, AS_OF)
        warehouse.append("prompts", prompts("p1"))
        second = publish_snapshot(warehouse, AS_OF + timedelta(days=1))
        link = warehouse.state_dir / "snapshots" / "current.duckdb"
        assert link.readlink() == Path(second.path.name)
        assert current_snapshot(warehouse.state_dir).path == second.path
        assert (first.read(COUNT).item(), second.read(COUNT).item()) == (0, 1)

    def test_a_reader_that_has_one_open_keeps_it(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """What it reads does not change under it, and whoever opens next gets the new one."""
        path = publish_snapshot(warehouse, AS_OF).path
        with duckdb.connect(path, read_only=True) as reader:
            warehouse.append("prompts", prompts("p1"))
            publish_snapshot(warehouse, AS_OF)
            assert reader.execute(COUNT).fetchall() == [(0,)]
        assert current_snapshot(warehouse.state_dir).read(COUNT).item() == 1

    def test_an_unchanged_warehouse_is_not_published_again(self, warehouse: Warehouse) -> None:
        """The current snapshot is given back, whatever the moment."""
        first = publish_snapshot(warehouse, AS_OF)
        again = publish_snapshot(warehouse, AS_OF + timedelta(days=1))
        assert again.path == first.path
        assert len(list(first.path.parent.glob("2*.duckdb"))) == 1

    def test_two_snapshots_of_one_moment_have_two_names(self, warehouse: Warehouse, prompts: Prompts) -> None:
        """A published file is never written over."""
        names = []
        for prompt_id in ("p1", "p2", "p3"):
            warehouse.append("prompts", prompts(prompt_id))
            names.append(publish_snapshot(warehouse, AS_OF).path.stem)
        assert names == ["20260102T030405Z", "20260102T030405Z-2", "20260102T030405Z-3"]

    @pytest.mark.parametrize(
        "change",
        [
            "update schema_migrations set sha256 = 'of other views' where version = -1",
            "update warehouse set warehouse_id = 'restored'",
        ],
    )
    def test_other_views_and_a_restored_warehouse_are_published(self, change: str, warehouse: Warehouse) -> None:
        """Although not one row was added: an analyst shall have the views of today."""
        first = publish_snapshot(warehouse, AS_OF)
        with warehouse.write() as writer:
            writer._connection.execute(change)
        assert publish_snapshot(warehouse, AS_OF).path != first.path

    @pytest.mark.parametrize("spoil", ["drop a relation", "damage the file"])
    def test_a_current_snapshot_that_cannot_be_compared_is_followed_by_a_new_one(
        self, spoil: str, warehouse: Warehouse
    ) -> None:
        """One from before a relation came into being, or a damaged one, does not stop publication for ever."""
        first = publish_snapshot(warehouse, AS_OF)
        first.path.chmod(0o644)
        if spoil == "drop a relation":
            with duckdb.connect(first.path) as connection:
                connection.execute("drop table turned_away")
        else:
            first.path.write_bytes(b"no database" * 1000)
        second = publish_snapshot(warehouse, AS_OF)
        assert second.path != first.path
        assert current_snapshot(warehouse.state_dir).read(COUNT).item() == 0

    def test_what_a_killed_publication_left_is_taken_away(self, warehouse: Warehouse) -> None:
        """Half a copy, read-only or not, neither stops the next publication nor stays."""
        folder = warehouse.state_dir / "snapshots"
        (folder / ".partial").write_bytes(b"half a copy")
        (folder / ".partial").chmod(0o444)
        snapshot = publish_snapshot(warehouse, AS_OF)
        assert {path.name for path in folder.iterdir()} == {snapshot.path.name, "current.duckdb"}

    def test_before_the_first_publication_there_is_nothing_to_read(self, warehouse: Warehouse) -> None:
        """The error says what to do; a link into nowhere is the same."""
        with pytest.raises(NothingToRunError, match="benchbuilder refresh"):
            current_snapshot(warehouse.state_dir)
        swap_link(warehouse.state_dir / "snapshots" / "current.duckdb", "gone.duckdb")
        with pytest.raises(NothingToRunError, match="benchbuilder refresh"):
            current_snapshot(warehouse.state_dir)


def test_a_link_is_swapped_whether_or_not_there_was_one(tmp_path: Path) -> None:
    """Also onto a folder, and over what a killed swap left behind; nothing stays beside it."""
    link = tmp_path / "current"
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        swap_link(link, name)
        assert link.resolve() == tmp_path / name
    assert {path.name for path in tmp_path.iterdir()} == {"current", "first", "second"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """One of an empty warehouse, which nothing here can change; beside it lies a file that it must not read."""
    state_dir = tmp_path_factory.mktemp("state")
    (state_dir / "snapshots").mkdir()
    (state_dir / "snapshots" / "secret.csv").write_text("key\nsecret\n")
    return publish_snapshot(Warehouse(state_dir), AS_OF)


class TestSafeConnection:
    """A snapshot reads its own file and nothing else, and cannot change its own settings."""

    @pytest.mark.parametrize(
        "attack",
        [
            "from read_csv('{folder}/secret.csv')",
            "from '{folder}/secret.csv'",
            "from read_text('{folder}/secret.csv')",
            "from read_blob('{folder}/secret.csv')",
            "from read_json('{folder}/secret.csv')",
            "from read_parquet('{folder}/secret.csv')",
            "from sniff_csv('{folder}/secret.csv')",
            "from glob('{folder}/*')",
            "from query('from read_csv(''{folder}/secret.csv'')')",
            "select 1; from read_csv('{folder}/secret.csv')",
            "from read_csv('http://127.0.0.1:9/secret.csv')",
            "attach '{folder}/other.duckdb' as other",
            "attach ':memory:' as other",
            "install httpfs",
            "load httpfs",
            "set enable_external_access = true",
            "set lock_configuration = false",
            "reset lock_configuration",
            "set threads = 1",
            "set temp_directory = '{folder}'",
            "create table mine (a integer)",
            "create view mine as select 1 as a",
            "create persistent secret mine (type s3)",
            "insert into prompts (prompt_id) values ('mine')",
            "update prompts set text = 'mine'",
            "delete from prompts",
            "drop view board",
            "alter table prompts drop column text",
            "copy prompts to '{folder}/out.csv'",
            "copy (select 1) to '/dev/stdout'",
            "copy prompts from '{folder}/secret.csv'",
            "export database '{folder}/out'",
            "import database '{folder}'",
            "select getenv('HOME')",
            "from bound",
        ],
    )
    def test_an_attack_is_refused(self, attack: str, snapshot: Snapshot) -> None:
        """Reading or writing files, settings, extensions, the network, the environment, our own variables."""
        folder = snapshot.path.parent
        before = {path.name for path in folder.iterdir()}
        with pytest.raises(UsageError, match="the query failed"):
            snapshot.read(attack.format(folder=folder))
        assert {path.name for path in folder.iterdir()} == before

    def test_the_settings_hold_for_connections_at_one_time_too(self, snapshot: Snapshot) -> None:
        """DuckDB shares them within a process; a report and a page may read at once."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            counts = list(pool.map(lambda _: snapshot.read("select count(*) from range(100000)").item(), range(24)))
        assert counts == [100000] * 24

    def test_times_are_shown_in_utc(self, snapshot: Snapshot) -> None:
        """A day of costs is the same day on a machine in Tokyo, for the second reader of a process too."""
        with duckdb.connect(snapshot.path, read_only=True) as machine:
            machine.execute("set global timezone = 'Asia/Tokyo'")
            with snapshot._open():
                assert snapshot.read("select current_setting('timezone')").item() == "UTC"

    def test_values_are_bound(self, snapshot: Snapshot) -> None:
        """So a text of the crowd can be asked for."""
        text = "'; drop table prompts; --"
        assert snapshot.read("select $text as text, $number + 1 as next", text=text, number=1).row(0) == (text, 2)

    @pytest.mark.parametrize("query", ["", "  ", "-- only a remark", ";"])
    def test_an_empty_query_is_no_query(self, query: str, snapshot: Snapshot) -> None:
        """A usage error like a misspelt one, not a crash."""
        with pytest.raises(UsageError, match="empty"):
            snapshot.read(query)

    def test_a_type_that_no_frame_holds_is_told_how_to_be_cast(self, snapshot: Snapshot) -> None:
        """The difference of two times is one."""
        with pytest.raises(UsageError, match="::varchar"):
            snapshot.read("select now() - created_at as age from warehouse")
        assert snapshot.read("select (now() - created_at)::varchar as age from warehouse").height == 1

    def test_a_misspelt_query_is_told_what_is_wrong(self, snapshot: Snapshot) -> None:
        """In the words of the database."""
        with pytest.raises(UsageError, match="boardd"):
            snapshot.read("from boardd")

    def test_a_file_that_is_no_database_is_named(self, tmp_path: Path) -> None:
        """Damaged, or taken away."""
        (tmp_path / "damaged.duckdb").write_bytes(b"no database" * 1000)
        for name in ("damaged.duckdb", "gone.duckdb"):
            with pytest.raises(WarehouseError, match=name):
                Snapshot(tmp_path / name).read("select 1")
