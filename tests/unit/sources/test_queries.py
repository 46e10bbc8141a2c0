"""benchbuilder.sources.queries on SQLite and on a real Postgres: nothing is lost, nothing is written."""

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from benchbuilder.errors import SourceError
from benchbuilder.sources import Batch, FieldMap, Progress, Source, SqlQuery, read_source
from tests.unit.sources.conftest import records_in, rejections_in

PASSWORD = "planted-password-5f2c"
MAPPING = FieldMap(prompt="text", id="id", seen_at="at", sender="who")
QUERY = "select id, text, at, who from messages where at > :cursor order by at"
_PLACES = (Path("/usr/lib/postgresql"), Path("/usr/pgsql"), Path("/opt/homebrew/opt/postgresql"))


def _programs() -> Path | None:
    """The newest Postgres on this machine."""
    found = sorted(path.parent for place in _PLACES if place.is_dir() for path in place.glob("**/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1] if found else Path(on_path).resolve().parent if on_path else None


def _user() -> list[str]:
    """Postgres does not run as root: root becomes an ordinary user for it."""
    return [] if os.geteuid() else ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a database that wants a password, on a free port; skipped where there is no Postgres."""
    programs = _programs()
    if programs is None or (_user() and not shutil.which("setpriv")):
        pytest.skip("there is no Postgres here (Debian's package postgresql)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="benchbuilder-postgres-") as folder:
        place, password = Path(folder, "place"), Path(folder, "password")
        place.mkdir()
        password.write_text(PASSWORD)
        if _user():
            for path in (Path(folder), place, password):
                shutil.chown(path, "nobody", "nogroup")
        made = [programs / "initdb", "-D", place / "data", "-U", "owner", "-A", "scram-sha-256", f"--pwfile={password}"]
        subprocess.run([*_user(), *made, "--no-sync", "-E", "UTF8", "--locale=C"], check=True, capture_output=True)
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={place} -c fsync=off"
        control = [*_user(), programs / "pg_ctl", "-D", place / "data", "-w", "-s"]
        subprocess.run(
            [*control, "-o", options, "-l", place / "log", "start"], check=True, stdout=subprocess.DEVNULL, timeout=60
        )
        try:
            yield f"postgresql://owner@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, timeout=60)


@dataclass
class Table:
    """A product's message table.

    Attributes:
        database: as in `SqlQuery`.
        folder: that its path starts from.
        execute: one statement with values for its `?`.
        secret: the password.
        marks: as the last pull left them.
    """

    database: str
    folder: Path
    execute: Callable[..., None]
    secret: SecretStr | None = None
    marks: dict[str, Progress] = field(default_factory=dict)

    def add(self, *rows: tuple[int, str | None, str, str]) -> None:
        """Messages: id, text, time, who."""
        for row in rows:
            self.execute("insert into messages values (?, ?, ?, ?)", row)

    def pull(self, query: str = QUERY, cursor: str = "at", start: Any = "2024-01-01") -> list[Batch]:
        """What is new."""
        sql = SqlQuery(self.database, query, cursor, start, password_variable="VARIABLE" if self.secret else None)
        source = Source("chat", kind="sql", sql=sql, mapping=MAPPING)
        batches = list(read_source(source, self.marks, base=self.folder, mask=str, secret=self.secret))
        self.marks |= {batch.progress.location: batch.progress for batch in batches}
        return batches

    def texts(self, *query: Any) -> list[str]:
        """Of what is new."""
        return [record.text for record in records_in(self.pull(*query))]


@pytest.fixture(params=["sqlite", "postgres"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    """An empty one in each database."""
    if request.param == "sqlite":
        connection = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
        connection.execute("create table messages (id integer, text text, at text, who text)")
        yield Table("sqlite:chat.db", tmp_path, connection.execute)
        connection.close()
        return
    address = request.getfixturevalue("postgres")
    with psycopg.connect(address, password=PASSWORD, autocommit=True) as connection:
        connection.execute("drop table if exists messages")
        connection.execute("create table messages (id bigint, text text, at timestamptz, who text)")

        def execute(statement: str, values: tuple[Any, ...] = ()) -> None:
            connection.execute(statement.replace("?", "%s").encode(), values)

        yield Table(address, tmp_path, execute, SecretStr(PASSWORD))


def test_rows_are_records(table: Table) -> None:
    """Columns are mapped as fields are; who sent it is hashed; there are no lines."""
    table.add((7, "What is a monad?", "2024-03-01 12:00:00+00:00", "anna"))
    [record] = records_in(table.pull())
    assert (record.text, record.source_ref, record.line) == ("What is a monad?", "7", None)
    assert str(record.seen_at) == "2024-03-01 12:00:00+00:00"
    assert record.sender != "anna"


def test_a_pull_goes_on_behind_the_last_one(table: Table) -> None:
    """What was read is not read again but for the rows of the last moment; a pull that finds nothing gives nothing."""
    table.add((1, "one", "2024-03-01 00:00:00+00:00", "a"), (2, "two", "2024-03-02 00:00:00+00:00", "a"))
    assert table.texts() == ["one", "two"]
    assert table.texts() == ["two"]
    assert table.pull() == []
    table.add((3, "three", "2024-03-03 00:00:00+00:00", "a"))
    assert table.texts() == ["two", "three"]


@pytest.mark.parametrize("compare", [">", ">="])
def test_rows_that_share_the_last_moment_are_not_lost(table: Table, compare: str) -> None:
    """One that comes later with the same cursor is read at the next pull, and has the same reference as ever."""
    query = QUERY.replace("> :cursor", f"{compare} :cursor")
    table.add((1, "one", "2024-03-01 00:00:00+00:00", "a"), (2, "two", "2024-03-02 00:00:00+00:00", "a"))
    seen = [row.source_ref for row in records_in(table.pull(query))]
    table.add((3, "late", "2024-03-02 00:00:00+00:00", "b"))
    seen += [row.source_ref for row in records_in(table.pull(query))]
    assert set(seen) == {"1", "2", "3"}


def test_numbers_are_cursors_too(table: Table) -> None:
    """They are compared as numbers, not as text, also after they were stored."""
    query = "select id, text from messages where id > :cursor order by id"
    for number in (2, 9, 10, 11):
        table.add((number, f"prompt {number}", "2024-03-01 00:00:00+00:00", "a"))
    assert table.texts(query, "id", 2) == ["prompt 9", "prompt 10", "prompt 11"]
    table.add((100, "prompt 100", "2024-03-01 00:00:00+00:00", "a"))
    assert table.texts(query, "id", 2) == ["prompt 11", "prompt 100"]


def test_bad_rows_are_rejected_and_the_rest_goes_on(table: Table) -> None:
    """A null and an empty text are counted, each with its reason."""
    table.add(
        (1, None, "2024-03-01 00:00:00+00:00", "a"),
        (2, " ", "2024-03-01 00:00:00+00:00", "a"),
        (3, "good", "2024-03-01 00:00:00+00:00", "a"),
    )
    batches = table.pull()
    assert [record.text for record in records_in(batches)] == ["good"]
    assert sorted(str(row.reason) for row in rejections_in(batches)) == ["empty", "null_field"]


@pytest.mark.parametrize(
    ("query", "cursor", "told"),
    [
        ("select id from messages where at > :cursor order by at", "at", "the query gives no column at"),
        ("select * from messages where at > :cursor order by id", "at", "the query must end with: order by at"),
        ("select *, id from messages where at > :cursor order by at", "at", "2 columns have the name id"),
        ("select * from mesages where at > :cursor", "at", "mesages"),
        ("delete from messages where at > :cursor returning *", "at", "(syntax error|readonly|read-only)"),
        ("update messages set text = 'x' where at > :cursor returning *", "at", "(syntax error|readonly|read-only)"),
    ],
)
def test_a_query_that_cannot_be_read_is_told_and_changes_nothing(
    table: Table, query: str, cursor: str, told: str
) -> None:
    """Source, database and what is wrong; no password, no user, no row; and the database is read, never written."""
    table.add((1, "b", "2024-03-02 00:00:00+00:00", "a"), (2, "a", "2024-03-01 00:00:00+00:00", "a"))
    with pytest.raises(SourceError, match=rf"source 'chat': (sqlite|postgresql):.*: .*{told}") as caught:
        table.pull(query, cursor)
    assert PASSWORD not in str(caught.value)
    assert "owner" not in str(caught.value)
    assert len(records_in(table.pull("select * from messages where at > :cursor order by at"))) == 2


def test_many_rows_come_in_batches_and_a_stop_loses_none(table: Table) -> None:
    """Reading goes on from the mark of any batch; a kill costs what was read behind it."""
    table.execute(
        "insert into messages with recursive n(id) as (select 1 union all select id + 1 from n where id < 14000)"
        " select id, 'prompt ' || id, '2024-03-01 00:00:00+00:00', 'a' from n"
    )
    query = "select id, text from messages where id > :cursor order by id"
    first, second = table.pull(query, "id", 0)
    count_again = int(table.database.startswith("sqlite"))  # the query is asked again, from the last value but one
    assert [len(batch.records) for batch in (first, second)] == [10_000, 4000 + count_again]
    table.marks = {first.progress.location: first.progress}
    refs = {record.source_ref for record in [*first.records, *records_in(table.pull(query, "id", 0))]}
    assert len(refs) == 14_000


def test_another_query_is_another_place(table: Table) -> None:
    """A query that was changed is read from its start; what was seen keeps its references."""
    table.add((1, "one", "2024-03-01 00:00:00+00:00", "a"), (2, "two", "2024-03-02 00:00:00+00:00", "a"))
    table.pull()
    assert table.texts(QUERY.replace("where", "where 1 = 1 and")) == ["one", "two"]


def test_a_wrong_password_is_told_without_it(postgres: str, tmp_path: Path) -> None:
    """The message says what the database says of it."""
    table = Table(postgres, tmp_path, lambda: None, SecretStr("wrong-password-77"))
    with pytest.raises(SourceError, match="authentication failed") as caught:
        table.pull()
    assert "wrong-password-77" not in str(caught.value)


def test_casts_of_postgres_are_no_cursors(postgres: str, tmp_path: Path) -> None:
    """`::cursor` stays, percent signs too; an overlap for late transactions can be written into the query."""
    table = Table(postgres, tmp_path, lambda: None, SecretStr(PASSWORD))
    query = (
        "select 1 as id, 'half of 10 % is 5 %' as text, now() as at, null as who, 'x'::text as \"a::cursor\""
        " where now() > :cursor::timestamptz - interval '1 hour' order by at"
    )
    assert table.texts(query) == ["half of 10 % is 5 %"]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A mistyped path is an error."""
    with pytest.raises(SourceError, match="unable to open database file"):
        Table("sqlite:missing.db", tmp_path, lambda: None).pull()
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    """SQLite keeps whatever was written."""
    with sqlite3.connect(tmp_path / "chat.db") as connection:
        connection.execute("create table messages (id integer, text text, at text, who text)")
        connection.execute("insert into messages values (1, cast(x'ff' as text), '2024-03-01', 'a')")
        connection.execute("insert into messages values (2, 'good', '2024-03-01', 'a')")
    connection.close()
    batches = Table("sqlite:chat.db", tmp_path, lambda: None).pull()
    assert [record.text for record in records_in(batches)] == ["good"]
    assert [str(row.reason) for row in rejections_in(batches)] == ["wrong_type"]


def test_the_product_can_write_to_its_file_while_a_batch_is_stored(tmp_path: Path) -> None:
    """SQLite lets nobody write while a query is open; what was written meanwhile is read too, and so are many ties."""
    with closing(sqlite3.connect(tmp_path / "chat.db", isolation_level=None, timeout=0)) as connection:
        connection.execute("create table messages (id integer, text text, at integer)")
        numbers = "with recursive n(id) as (select 1 union all select id + 1 from n where id < {count}) "
        insert = "insert into messages {numbers} select {shift} + id, 'prompt ' || id, {at} from n"
        connection.execute(insert.format(numbers=numbers.format(count=12_000), shift=0, at="id"))
        connection.execute(insert.format(numbers=numbers.format(count=21_000), shift=12_000, at="20000"))
        query = "select id, text from messages where at > :cursor order by at"
        sql = SqlQuery("sqlite:chat.db", query.replace("text", "text, at"), "at", 0)
        batches = read_source(Source("chat", kind="sql", sql=sql, mapping=MAPPING), {}, base=tmp_path, mask=str)
        refs = {record.source_ref for record in next(batches).records}
        connection.execute("insert into messages values (50000, 'meanwhile', 20001)")
        refs |= {record.source_ref for record in records_in(list(batches))}
    assert len(refs) == 33_001


def test_the_hour_that_comes_twice_is_in_order(postgres: str, tmp_path: Path) -> None:
    """In a zone where clocks are put back, times are compared as moments."""
    zone = "postgresql" + postgres.removeprefix("postgresql") + "?options=-c%20timezone%3DEurope/Berlin"
    table = Table(zone, tmp_path, lambda: None, SecretStr(PASSWORD))
    query = (
        "select n as id, 'prompt ' || n as text, timestamptz '2024-10-27 00:30:00+00' + n * interval '20 min' as at"
        " from generate_series(0, 5) n where now() > :cursor::timestamptz order by at"
    )
    assert len(table.texts(query)) == 6


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_texts_are_ordered_as_the_database_orders_them(postgres: str, tmp_path: Path, order: str) -> None:
    """Python's order of words is none that a database must have."""
    table = Table(postgres, tmp_path, lambda: None, SecretStr(PASSWORD))
    rows = "select at as id, 'prompt' as text, at from (values ('a'), ('B'), ('c')) rows(at)"
    query = f'{rows} where at > :cursor order by at collate "C" {order}'
    assert len(table.pull(query, start="")[0].records) == 3


def test_what_python_has_no_form_for_costs_itself(postgres: str, tmp_path: Path) -> None:
    """Times out of range, numbers of 25 digits, half of an emoji and deep nesting cost no row but their own."""
    table = Table(postgres, tmp_path, lambda: None, SecretStr(PASSWORD))
    values = [
        "'infinity'::timestamptz, '1'::json",
        "'-infinity'::timestamptz, '2'::json",
        "'0044-03-15 BC'::timestamptz, '3'::json",
        f"'2024-03-01'::timestamptz, '{{\"n\": {'9' * 25}}}'::json",
        "'2024-03-01'::timestamptz, '\"\\ud83d\"'::json",
        f"'2024-03-01'::timestamptz, '{'[' * 300}{']' * 300}'::json",
        f"'2024-03-01'::timestamptz, '{'[' * 3000}{']' * 3000}'::json",
    ]
    rows = " union all ".join(f"select {n} as id, 'prompt {n}' as text, {row}" for n, row in enumerate(values))
    query = f"select * from ({rows}) rows(id, text, at, other) where id > :cursor::int order by id"  # noqa: S608 - ours
    records = records_in(table.pull(query, "id", -1))
    assert [record.source_ref for record in records] == [str(number) for number in range(len(values))]
    assert [record.seen_at for record in records][:3] == [None] * 3
    assert str(records[3].seen_at) == "2024-03-01 00:00:00+00:00"


def test_a_prompt_nested_beyond_reason_is_rejected(postgres: str, tmp_path: Path) -> None:
    """And its neighbours are read."""
    table = Table(postgres, tmp_path, lambda: None, SecretStr(PASSWORD))
    deep = f"'{'[' * 3000}{']' * 3000}'::json"
    rows = f"select 1 as id, {deep} as text union all select 2, '\"good\"'::json"
    query = f"select * from ({rows}) rows where id > :cursor::int order by id"  # noqa: S608 - ours
    batches = table.pull(query, "id", 0)
    assert [record.text for record in records_in(batches)] == ["good"]
    assert [str(row.reason) for row in rejections_in(batches)] == ["wrong_type"]
