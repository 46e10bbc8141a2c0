"""Published copies of the warehouse: what analysts, pages and the command line read while a refresh writes.

A snapshot is a read-only file of its own; the link `current.duckdb` names the newest. It is swapped, not rewritten, so
a reader that has one open keeps it.
"""

import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from benchbuilder.errors import NothingToRunError, UsageError
from benchbuilder.schemas import RELATIONS
from benchbuilder.warehouse.warehouse import Warehouse, _read

_CURRENT = "current.duckdb"
_COUNTS = " union all ".join(f"select '{name}' as relation, count(*) as count_rows from {name}" for name in RELATIONS)  # noqa: S608 - our own names


class Snapshot:
    """A safe connection to one snapshot: it reads this file and nothing else, and cannot change its own settings."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, query: str, **bound: Any) -> pl.DataFrame:
        """The rows of one query.

        Raises:
            UsageError: the query fails; the message is DuckDB's.
        """
        with duckdb.connect(self.path, read_only=True) as connection:
            for setting in ("timezone = 'UTC'", "enable_external_access = false", "lock_configuration = true"):
                connection.execute(f"set {setting}")
            try:
                return _read(connection, query, {}, bound)
            except duckdb.Error as error:
                raise UsageError(f"the query failed: {error}") from error

    def count_rows(self) -> Mapping[str, int]:
        """Rows per relation: in append-only data two snapshots with the same counts are the same."""
        return dict(self.read(_COUNTS).iter_rows())


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
    counts = dict(warehouse.read(_COUNTS).iter_rows())
    if link.exists() and Snapshot(link.resolve()).count_rows() == counts:
        return Snapshot(link.resolve())
    with warehouse.lock.hold():
        partial = folder / f".partial-{os.getpid()}"
        shutil.copyfile(warehouse.path, partial)
        with partial.open("rb+") as copy:
            os.fsync(copy.fileno())
        partial.chmod(0o444)
        path = _free_name(folder, as_of)
        partial.rename(path)
        swap_link(link, path.name)
    return Snapshot(path)


def swap_link(link: Path, target: str) -> None:
    """Point a link at a neighbour, in one step for whoever looks."""
    swap = link.with_name(f".{link.name}-{os.getpid()}")
    swap.unlink(missing_ok=True)
    swap.symlink_to(target)
    swap.rename(link)


def _free_name(folder: Path, as_of: datetime) -> Path:
    """`<as_of>.duckdb`, or with a number where that stands already."""
    stem = as_of.strftime("%Y%m%dT%H%M%SZ")
    candidates = (folder / f"{stem}{'' if number == 1 else f'-{number}'}.duckdb" for number in range(1, 10**6))
    return next(path for path in candidates if not path.exists())
