"""Published copies of the warehouse: what analysts, pages and the command line read while a refresh writes.

A snapshot is a read-only file of its own; the link `current.duckdb` names the newest. It is swapped, not rewritten, so
a reader that has one open keeps it.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from benchbuilder.errors import NothingToRunError, UsageError, WarehouseError
from benchbuilder.schemas import RELATIONS
from benchbuilder.warehouse.warehouse import Warehouse, _read

_CURRENT = "current.duckdb"
_SETTINGS = "set global timezone = 'UTC'; set enable_external_access = false; set lock_configuration = true"
_OPENING = threading.Lock()  # DuckDB shares one instance among the connections of a process, so its settings too
# Data are append-only: files of the same warehouse, migrations, views and counts are the same.
_CONTENTS = " union all ".join(
    [
        "select 'warehouse' as part, warehouse_id as content from warehouse",
        "select name, sha256 from schema_migrations",
        *(f"select '{name}', count(*)::varchar from {name}" for name in RELATIONS),  # noqa: S608 - our own names
    ]
)


class Snapshot:
    """A safe connection to one snapshot: it reads this file and nothing else, and cannot change its own settings."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, query: str, **bound: Any) -> pl.DataFrame:
        """The rows of one query.

        Raises:
            UsageError: the query is empty or fails, or gives a type that a frame cannot hold.
            WarehouseError: the file is no database that we can read.
        """
        with self._open() as connection:
            try:
                if not duckdb.extract_statements(query):
                    raise UsageError("the query is empty")
                return _read(connection, query, {}, bound)
            except duckdb.Error as error:
                raise UsageError(f"the query failed: {error}") from error
            except pl.exceptions.PolarsError as error:
                raise UsageError(f"a column's type cannot be shown, cast it (::varchar): {error}") from error

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with _OPENING:
                connection = duckdb.connect(self.path, read_only=True)
                if not connection.execute("select current_setting('lock_configuration')::boolean").fetchall()[0][0]:
                    connection.execute(_SETTINGS)
        except duckdb.Error as error:
            raise WarehouseError(f"{self.path}: cannot be opened: {error}") from error
        try:
            yield connection
        finally:
            connection.close()


def current_snapshot(state_dir: Path) -> Snapshot:
    """The newest published snapshot.

    Raises:
        NothingToRunError: none was published yet.
    """
    link = state_dir / "snapshots" / _CURRENT
    if not link.exists():
        raise NothingToRunError(f"{state_dir}: nothing was published yet; run `benchbuilder refresh` first")
    return Snapshot(link.resolve())


def publish_snapshot(warehouse: Warehouse, as_of: datetime) -> Snapshot:
    """Copy the closed file, make it read-only, swap the link; or give the current one where nothing has changed."""
    folder = warehouse.state_dir / "snapshots"
    link = folder / _CURRENT
    contents = dict(warehouse.read(_CONTENTS).iter_rows())
    if link.exists() and _contents(current := Snapshot(link.resolve())) == contents:
        return current
    with warehouse.lock.hold():
        partial = folder / ".partial"  # one name for all, so that what a kill leaves is taken away here
        partial.unlink(missing_ok=True)
        shutil.copyfile(warehouse.path, partial)
        with partial.open("rb+") as copy:
            os.fsync(copy.fileno())
        partial.chmod(0o444)
        path = _free_name(folder, as_of)
        partial.rename(path)
        swap_link(link, path.name)
    return Snapshot(path)


def _contents(snapshot: Snapshot) -> dict[str, str]:
    """What makes two files the same; empty where a snapshot is damaged, or older than one of our relations."""
    try:
        return dict(snapshot.read(_CONTENTS).iter_rows())
    except (UsageError, WarehouseError):
        return {}


def swap_link(link: Path, target: str) -> None:
    """Point a link at a neighbour, in one step for whoever looks."""
    swap = link.with_name(f".{link.name}-{os.getpid()}")
    swap.unlink(missing_ok=True)
    swap.symlink_to(target)
    swap.rename(link)


def _free_name(folder: Path, as_of: datetime) -> Path:
    """`<as_of>.duckdb`, or with a number where that stands already."""
    stem = as_of.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    candidates = (folder / f"{stem}{'' if number == 1 else f'-{number}'}.duckdb" for number in range(1, 10**6))
    return next(path for path in candidates if not path.exists())
