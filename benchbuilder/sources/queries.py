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
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from benchbuilder.errors import SourceError
from benchbuilder.sources.collector import Collector
from benchbuilder.sources.columns import check_columns
from benchbuilder.sources.json_objects import bytes_of_value, parse_value
from benchbuilder.sources.records import Batch, Progress, Reason
from benchbuilder.sources.source import Source, SqlQuery
from benchbuilder.text import digest_of, escape_for_message

if TYPE_CHECKING:
    import psycopg

_ROWS_PER_FETCH = 100
_LENGTH_DIGEST = 12
_CURSOR = re.compile(r"(?<!:):cursor\b")
_DIGIT = re.compile("[0-9]")
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
    pull = _Pull(Collector(source, location, mask), query, progress.get(location))

    def rows_behind(start: Any) -> Rows:
        return _postgres_rows(query, start, secret) if query.is_postgres else _sqlite_rows(query, start, base)

    try:
        yield from pull.batches(rows_behind)
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
    """One pull of one query."""

    def __init__(self, collector: Collector, query: SqlQuery, mark: Progress | None) -> None:
        self._collector, self._query, self._mark = collector, query, mark
        # Of the cursor: the last value but one, which stands for `:cursor` when reading goes on; and the last.
        self._before: Any = json.loads(mark.cursor) if mark and mark.cursor else query.start
        self._last: Any = None
        self._sha256, self._count_bytes, self._count_rows = hashlib.sha256(), 0, 0

    def batches(self, rows_behind: Callable[[Any], Rows]) -> Iterator[Batch]:
        """Of SQLite each is read for itself: while one is stored, whoever owns the file can write to it."""
        is_at_end = False
        while not is_at_end:
            self._last = None
            with closing(rows_behind(self._before)) as rows:  # and the connection, whatever the caller does
                is_at_end = yield from self._batches_of(rows, self._before)
            yield from self.rest()

    def _batches_of(self, rows: Rows, start: Any) -> Generator[Batch, None, bool]:
        """Whether the rows came to their end; else what was read fills a batch, and its mark lies behind `start`."""
        for row in rows:
            self._take(row)
            if self._collector.is_full:
                if not self._query.is_postgres and self._before != start:
                    return False
                yield self._collector.batch(self._progress())
        return True

    def _take(self, row: dict[str, Any]) -> None:
        self._step(row)
        self._count_rows += 1
        try:
            raw = bytes_of_value(row)
        except RecursionError:
            self._collector.reject(Reason.BROKEN_JSON, None, b"")
            return
        self._sha256.update(raw)
        self._count_bytes += len(raw)
        self._collector.add(row, None, raw)

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
        value = _in_utc(row[self._query.cursor])
        if value is None or value == self._last:
            return
        if self._last is not None:
            if _is_surely_before(value, self._last):
                raise ValueError(f"the query must end with: order by {self._query.cursor}")
            self._before = self._last
        self._last = value


def _in_utc(value: Any) -> Any:
    """A time with a zone compares with another one of this zone as clocks show it, and clocks are put back."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        with suppress(OverflowError):  # it is one of the last hours that there are
            return value.astimezone(UTC)
    return value


def _is_surely_before(value: Any, last: Any) -> bool:
    """Of numbers and times, written as text too; how else texts are ordered, the database alone knows."""
    if isinstance(value, str) and isinstance(last, str):
        return value < last and _DIGIT.sub("0", value) == _DIGIT.sub("0", last)
    if not all(isinstance(item, int | float | Decimal | date) for item in (value, last)):
        return False
    try:
        return bool(value < last)
    except (TypeError, ArithmeticError):  # a day and an hour, a number and what is none
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
        _load_all_there_is(connection)
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with psycopg.RawServerCursor(connection, "prompts") as rows:
            rows.itersize = _ROWS_PER_FETCH
            rows.execute(_CURSOR.sub("$1", query.query).encode(), [str(start)])
            yield from _named([column.name for column in rows.description or ()], iter(rows))


def _load_all_there_is(connection: "psycopg.Connection[Any]") -> None:
    """A value that Python has no form for costs itself, not the rows of its fetch: a time out of range becomes null."""
    from psycopg import DataError
    from psycopg.types import datetime as times
    from psycopg.types.json import set_json_loads

    def in_range(loader: Any) -> Any:
        class InRange(loader):
            def load(self, data: Any) -> Any:
                with suppress(DataError):
                    return super().load(data)
                return None

        return InRange

    for name in ("date", "time", "timetz", "timestamp", "timestamptz", "interval"):
        connection.adapters.register_loader(name, in_range(getattr(times, f"{name.capitalize()}Loader")))
    set_json_loads(_json_or_bytes, connection)


def _json_or_bytes(raw: str | bytes) -> Any:
    """As in files; what is nested beyond reason stays bytes, which are no prompt."""
    content = raw.encode() if isinstance(raw, str) else bytes(raw)
    value = parse_value(content)
    return content if isinstance(value, Reason) else value


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
