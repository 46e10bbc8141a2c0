"""Brings a database to the DDL and the views of sql/.

Migrations are applied once, in order, each in a transaction of its own; a file that changed after it was applied is an
error, and so is a warehouse that knows more of them than we do. Views hold no data, so all of them are dropped and made
anew whenever one of their files changes.
"""

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

import duckdb

from benchbuilder.errors import WarehouseError

_VIEWS = -1  # the version under which schema_migrations keeps the digest of all views


class SqlFile(NamedTuple):
    """One file of sql/."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_sql(folder: str) -> Iterator[SqlFile]:
    """The files of one folder of sql/ in the order of their names."""
    for entry in sorted(files("sql").joinpath(folder).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".sql"):
            yield SqlFile(entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8"))


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Apply what is missing; a failing migration leaves nothing behind.

    Raises:
        WarehouseError: a file fails or was changed after it had been applied; or a newer BenchBuilder was here.
    """
    connection.execute(
        "create table if not exists schema_migrations"
        " (version integer, name varchar, sha256 varchar, applied_at timestamptz)"
    )
    applied = dict(connection.execute("select version, sha256 from schema_migrations").fetchall())
    files = list(read_sql("migrations"))
    if (newest := max(applied, default=0)) > len(files):
        raise WarehouseError(f"a newer BenchBuilder made this warehouse: migration {newest}, ours end at {len(files)}")
    changed = False
    for version, file in enumerate(files, start=1):
        if version not in applied:
            _apply(connection, version, file)
            changed = True
        elif applied[version] != file.sha256:
            raise WarehouseError(f"migration {file.name} was changed after it had been applied to this warehouse")
    views = SqlFile("views", "\n".join(file.text for folder in ("staging", "marts") for file in read_sql(folder)))
    if changed or applied.get(_VIEWS) != views.sha256:
        _apply(connection, _VIEWS, views, first=_dropped_views(connection))


def _dropped_views(connection: duckdb.DuckDBPyConnection) -> str:
    """Statements that drop every view, so that none outlives its file."""
    names = connection.execute("select view_name from duckdb_views() where not internal").fetchall()
    return "".join(f'drop view "{name}";\n' for (name,) in names)


def _apply(connection: duckdb.DuckDBPyConnection, version: int, file: SqlFile, first: str = "") -> None:
    connection.begin()
    try:
        connection.execute(first + file.text)
        connection.execute("delete from schema_migrations where version = $1", [version])
        connection.execute(
            "insert into schema_migrations values ($1, $2, $3, current_timestamp)", [version, file.name, file.sha256]
        )
    except duckdb.Error as error:
        connection.rollback()
        raise WarehouseError(f"migration {file.name} failed and left nothing behind: {error}") from error
    connection.commit()
