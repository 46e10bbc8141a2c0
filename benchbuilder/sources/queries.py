"""The rows of a query on Postgres or SQLite, from the cursor where the last pull stopped.

The mark is the last value of the cursor but one: rows that share the last value are read again at the next pull, so
that one which came among them in the meantime is not lost, whether the query says `>` or `>=`. Both databases are
opened for reading alone.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from benchbuilder.errors import SourceError
from benchbuilder.sources.collector import Collector
from benchbuilder.sources.columns import check_columns
from benchbuilder.sources.records import Batch, Progress
from benchbuilder.sources.source import Source, SqlQuery
from benchbuilder.sources.tables import bytes_of_row
from benchbuilder.text import digest_of, escape_for_message

_ROWS_PER_FETCH = 100
_LENGTH_DIGEST = 12
_CURSOR = re.compile(r"(?<!:):cursor\b")
_WIDTH_MESSAGE = 200

Rows = Generator[dict[str, Any], None, None]


def read_query(
    source: Source,
    progress: Mapping[str, Progress],
    mask: Callable[[str], str],
    secret: SecretStr | None,
    base: Path,
) -> Iterator[Batch]:
    """What is new behind the mark of the last pull.

    Args:
        source: with its table `sql`.
        progress: the latest marks, by location.
        mask: hides personal data in excerpts and in what the database says.
        secret: the password.
        base: the folder that the path of an SQLite file starts from.

    Raises:
        SourceError: the database cannot be reached, or refuses the query; or the rows have no such cursor, or are not
            ordered by it. What was read before has been yielded.
    """
    import psycopg

    query = source.sql
    if query is None:
        raise SourceError(f"source {source.name!r} has no table sql")
    location = _location_of(query)
    mark = progress.get(location)
    pull = _Pull(Collector(source, location, mask), query, mark)
    rows = _postgres_rows(query, pull.start, secret) if query.is_postgres else _sqlite_rows(query, pull.start, base)
    try:
        with closing(rows):  # and the connection with them, whatever the caller does with an error
            yield from pull.batches(rows)
    except (psycopg.Error, sqlite3.Error, ValueError) as error:
        yield from pull.rest()
        told = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        shown = escape_for_message(mask(told or str(error)), _WIDTH_MESSAGE)
        raise SourceError(f"source {source.name!r}: {location}: {shown}") from None  # the cause may hold rows


def _location_of(query: SqlQuery) -> str:
    """Without user and parameters; another query is another place, which is read from its start."""
    parts = urlsplit(query.database)
    host = f"//{parts.hostname or ''}:{parts.port or 5432}" if query.is_postgres else ""
    return f"{parts.scheme}:{host}{parts.path}#{digest_of(query.query)[:_LENGTH_DIGEST]}"


class _Pull:
    """One pull; `start` is what `:cursor` stands for in it."""

    def __init__(self, collector: Collector, query: SqlQuery, mark: Progress | None) -> None:
        self._collector, self._query, self._mark = collector, query, mark
        self.start: Any = json.loads(mark.cursor) if mark and mark.cursor else query.start
        self._before, self._last = self.start, None  # of the cursor: the last value but one, the last
        self._sha256, self._count_bytes, self._count_rows = hashlib.sha256(), 0, 0

    def batches(self, rows: Iterator[dict[str, Any]]) -> Iterator[Batch]:
        for row in rows:
            self._step(row)
            raw = bytes_of_row(row)
            self._sha256.update(raw)
            self._count_bytes += len(raw)
            self._count_rows += 1
            self._collector.add(row, None, raw)
            if self._collector.is_full:
                yield self._collector.batch(self._progress())
        yield from self.rest()

    def rest(self) -> Iterator[Batch]:
        """What was read since the last batch; none where it is what the last pull ended with."""
        if not self._collector.is_empty and (batch := self._collector.batch(self._progress())).progress != self._mark:
            yield batch

    def _progress(self) -> Progress:
        cursor = json.dumps(self._before, default=str)
        location, sha256 = self._collector.file, self._sha256.hexdigest()
        return Progress(location, self._count_bytes, sha256, self._count_rows, cursor)

    def _step(self, row: dict[str, Any]) -> None:
        """Move the cursor; a row without a value moves nothing."""
        if self._query.cursor not in row:
            raise ValueError(f"the query gives no column {self._query.cursor}")
        value = row[self._query.cursor]
        if value is None or value == self._last:
            return
        if self._last is not None:
            if not _is_after(value, self._last):
                raise ValueError(f"the query must end with: order by {self._query.cursor}")
            self._before = self._last
        self._last = value


def _is_after(value: Any, last: Any) -> bool:
    try:
        return bool(value > last)
    except TypeError:
        return False


def _named(names: list[str], rows: Iterator[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    check_columns(names)
    return (dict(zip(names, row, strict=True)) for row in rows)


def _postgres_rows(query: SqlQuery, start: Any, secret: SecretStr | None) -> Rows:
    """The cursor goes as text, which Postgres reads as what it is compared with."""
    import psycopg

    connection = psycopg.connect(
        query.database,
        password=secret.get_secret_value() if secret else None,
        connect_timeout=query.timeout_seconds,
        application_name="benchbuilder",
    )
    with closing(connection):
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with psycopg.RawServerCursor(connection, "prompts") as rows:
            rows.itersize = _ROWS_PER_FETCH
            rows.execute(_CURSOR.sub("$1", query.query).encode(), [str(start)])
            yield from _named([column.name for column in rows.description or ()], iter(rows))


def _sqlite_rows(query: SqlQuery, start: Any, base: Path) -> Rows:
    path = base / query.database.removeprefix("sqlite:")
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
        connection.text_factory = _text_or_bytes
        rows = connection.execute(query.query, {"cursor": start})
        yield from _named([column[0] for column in rows.description or ()], rows)


def _text_or_bytes(raw: bytes) -> str | bytes:
    """What is no UTF-8 costs its row, not the query."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
