"""The live database: short transactions under one lock, reads that bind their values, appends that are anti-joins."""

import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from benchbuilder.errors import StateDirError, WarehouseError
from benchbuilder.schemas import RELATIONS
from benchbuilder.warehouse.lock import FileLock
from benchbuilder.warehouse.migrations import migrate

# DuckDB's own 122,880 would be rewritten, with all their texts in memory, by every append to the last group.
_ROWS_PER_GROUP = 4_096


class Writer:
    """One open transaction; what it reads it sees with its own appends."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def read(self, query: str, frames: Mapping[str, pl.DataFrame] | None = None, **bound: Any) -> pl.DataFrame:
        """See `Warehouse.read`."""
        return _read(self._connection, query, frames or {}, bound)

    def execute(self, statement: str, **bound: Any) -> int:
        """One statement of forgetting.py; how many rows it changed. Everything else appends."""
        count = self._connection.execute(statement, dict(bound) or None).fetchone()
        return int(count[0]) if count else 0

    def append(self, relation: str, frame: pl.DataFrame) -> int:
        """Add the rows whose key is not there yet.

        Args:
            relation: a name in `benchbuilder.schemas.RELATIONS`.
            frame: rows of its schema; of two rows with one key the first counts.

        Returns:
            How many rows were added.

        Raises:
            dataframely.exc.SchemaError: a column is missing.
            dataframely.exc.ValidationError: a value does not fit.
            polars.exceptions.InvalidOperationError: a column is of a type that cannot be cast.
        """
        schema = RELATIONS[relation]
        schema.cast(frame.head(0))  # names what is missing, where `unique` would trip over it
        keys = schema.primary_key()
        rows = schema.validate(frame.unique(keys, keep="first", maintain_order=True), cast=True)
        if rows.is_empty():
            return 0
        self._connection.register("incoming", rows)
        same = " and ".join(f"present.{key} = incoming.{key}" for key in keys)
        # Names come from our own schemas, never from outside.
        query = f"insert into {relation} by name select * from incoming where not exists (from {relation} present where {same})"  # noqa: S608, E501
        count = self._connection.execute(query).fetchone()
        self._connection.unregister("incoming")
        return int(count[0]) if count else 0


class Warehouse:
    """The warehouse of one state folder; creates and migrates it where needed.

    Raises:
        StateDirError: the folder cannot be made or written.
    """

    def __init__(self, state_dir: Path, lock_timeout_seconds: float = 120) -> None:
        self.state_dir = state_dir
        self.path = state_dir / "warehouse.duckdb"
        quoted = str(self.path).replace("'", "''")
        self._attach = f"attach '{quoted}' as warehouse (row_group_size {_ROWS_PER_GROUP}); use warehouse"
        try:
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in ("locks", "spool", "snapshots", "reports"):
                (state_dir / name).mkdir(mode=0o700, exist_ok=True)
            self.lock = FileLock(state_dir / "locks" / "warehouse.lock", lock_timeout_seconds)
            with self._open() as connection:
                migrate(connection)
                if not connection.execute("from warehouse").fetchall():
                    connection.execute(
                        "insert into warehouse values ($1, current_timestamp, false)", [str(uuid.uuid4())]
                    )
        except OSError as error:
            raise StateDirError(f"state_dir {state_dir}: cannot be written: {error.strerror}") from error

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The file under its lock; checkpointed before it is closed, so that a copy of the file alone is whole."""
        with self.lock.hold(), duckdb.connect(config={"temp_directory": f"{self.path}.tmp"}) as connection:
            try:
                connection.execute(self._attach)
            except duckdb.Error as error:
                raise WarehouseError(f"{self.path}: cannot be opened: {error}") from error
            connection.execute("set timezone = 'UTC'")
            yield connection
            connection.execute("checkpoint")

    def read(self, query: str, frames: Mapping[str, pl.DataFrame] | None = None, **bound: Any) -> pl.DataFrame:
        """The rows of one query.

        Args:
            query: SQL with named parameters ($name); it may name the `frames`.
            frames: Polars frames that the query joins with, by name.
            **bound: values of the parameters.
        """
        with self._open() as connection:
            return _read(connection, query, frames or {}, bound)

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """One transaction: all of it or nothing."""
        with self._open() as connection:
            connection.begin()
            try:
                yield Writer(connection)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def append(self, relation: str, frame: pl.DataFrame) -> int:
        """`Writer.append` in a transaction of its own."""
        with self.write() as writer:
            return writer.append(relation, frame)

    def rewrite(self) -> None:
        """Write what is there into a new file, in place of the old one, so that no deleted value is left in its bytes.

        Rows get other numbers, and the warehouse another id, so that nothing that Prefect keeps of the old one counts.
        """
        partial = self.path.with_suffix(".partial")  # one name for all, so that what a kill leaves is taken away here
        with self.lock.hold():
            partial.unlink(missing_ok=True)
            with duckdb.connect(config={"temp_directory": f"{self.path}.tmp"}) as connection:
                connection.execute(f"{self._attach}; checkpoint")  # or a log of the old file would go on top of the new
                quoted = str(partial).replace("'", "''")
                connection.execute(f"attach '{quoted}' as rewritten (row_group_size {_ROWS_PER_GROUP})")
                connection.execute("copy from database warehouse to rewritten")
                connection.execute(
                    "update rewritten.warehouse set warehouse_id = $1, is_to_rewrite = false", [str(uuid.uuid4())]
                )
                connection.execute("checkpoint rewritten")
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.chmod(self.path.stat().st_mode)
            partial.rename(self.path)
        self.__dict__.pop("warehouse_id", None)

    @cached_property
    def warehouse_id(self) -> str:
        """Which warehouse this is: minted at creation, renewed by a restore."""
        return str(self.read("select warehouse_id from warehouse").item())

    def named_lock(self, name: str, timeout_seconds: float = 24 * 3600) -> FileLock:
        """The lock of one piece of model traffic, e.g. `answer-gpt-4`; it may be held for as long as that takes."""
        harmless = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
        return FileLock(self.state_dir / "locks" / f"{harmless}.lock", timeout_seconds)


def _read(
    connection: duckdb.DuckDBPyConnection, query: str, frames: Mapping[str, pl.DataFrame], bound: Mapping[str, Any]
) -> pl.DataFrame:
    for name, frame in frames.items():
        connection.register(name, frame)
    try:
        return connection.execute(query, dict(bound) or None).pl()
    finally:
        for name in frames:
            connection.unregister(name)
