"""Which attempt at a request counts, and whether to ask (again)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson
import polars as pl

from benchbuilder.errors import Unparsable
from benchbuilder.llm.requests import Completion, Reply, Request
from benchbuilder.settings import AttemptSettings
from benchbuilder.warehouse import Warehouse

_NEW_ROWS = "select rowid as row_number, hash(request_key) as short_key from completions where rowid > $last_row"
_SHORT_KEYS = "select hash(request_key) as short_key from wanted"
_ATTEMPTS = """
    select request_key, attempt, state, reason, text, logprobs
    from completions
    inner join found on completions.rowid = found.row_number
    where completions.rowid between $first and $last
"""
_FAR = 50_000  # rows apart: reading what lies between two rows takes as long as one more query


class Counted(NamedTuple):
    """The attempt that counts for one request: the last ok one, else the last; and how many there were."""

    state: str
    reason: str | None
    text: str | None
    logprobs: Mapping[str, float] | None
    count_attempts: int
    count_ok: int
    count_truncated: int
    count_refused: int

    def then(self, reply: Reply | Completion) -> "Counted":
        """What counts once one more reply has come; the view `completions_counted` says the same of stored ones."""
        counts = (
            self.count_attempts + 1,
            self.count_ok + (reply.state == "ok"),
            self.count_truncated + (reply.state == "truncated"),
            self.count_refused + (reply.state == "refused"),
        )
        if reply.state == "ok" or self.state != "ok":
            return Counted(reply.state, reply.reason, reply.text, reply.logprobs, *counts)
        return Counted(*self[:4], *counts)


NEVER_ASKED = Counted("", None, None, None, 0, 0, 0, 0)


class Settled(dict[str, Counted]):
    """What a later run would not ask again, by request_key; `add` is the `Settle` of a step that wants all at once."""

    def add(self, request: Request, counted: Counted) -> None:
        """Keep one."""
        self[request.request_key] = counted


Reading = Callable[[Counted], Any]
"""Reads an ok, truncated or refused reply; gives an Unparsable where it cannot. A pure function of a step."""


def is_due(counted: Counted, attempts: AttemptSettings, read: Reading | None, count_failures: int = 0) -> bool:
    """Whether to ask (again).

    Args:
        counted: `NEVER_ASKED` for a request that is new.
        attempts: how often a call is made until its state is final, counted over all runs.
        read: what the step reads; only where it gives Unparsable an answered call is made again.
        count_failures: api_errors of this run.
    """
    if count_failures >= attempts.api_error:
        return False
    if counted.state in {"", "api_error"}:
        return True
    if counted.state == "refused":
        return counted.count_refused < attempts.refused
    if counted.state == "truncated":
        return counted.count_truncated < attempts.truncated
    # An unread reply that was followed by a refusal is still the one that counts, so those are attempts too.
    count_answered = counted.count_ok + counted.count_truncated + counted.count_refused
    return count_answered < attempts.unparsable and read is not None and isinstance(read(counted), Unparsable)


class KeyIndex:
    """Where in `completions` the attempts at a request stand, so that texts are read only there.

    It takes 16 bytes a row, and each look adds the rows that have come since the last one. A row keeps its number until
    the file is rewritten (`benchbuilder forget`), which the warehouse's id tells. Short keys may clash, hence whole
    ones are compared once the rows are read.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._warehouse_id = ""
        self._rows = pl.DataFrame(schema={"row_number": pl.Int64, "short_key": pl.UInt64})

    def find(self, requests: Iterable[Request]) -> dict[str, Counted]:
        """The attempt that counts, by request_key; a request that was never tried is not in it."""
        wanted = {request.request_key for request in requests}
        counted: dict[str, Counted] = {}
        for key, _, state, reason, text, logprobs in self._attempts(wanted).iter_rows():
            if key in wanted:
                reply = Reply(state, reason, text, logprobs=orjson.loads(logprobs) if logprobs else None)
                counted[key] = counted.get(key, NEVER_ASKED).then(reply)
        return counted

    def _attempts(self, keys: Iterable[str]) -> pl.DataFrame:
        """What is on record of these keys and of those that share their short ones, in the order of the attempts."""
        wanted = pl.DataFrame({"request_key": list(keys)}, {"request_key": pl.String})
        with self._warehouse.write() as opened:  # nothing is written: these reads are to share one opening of the file
            if (present_id := opened.read("select warehouse_id from warehouse").item()) != self._warehouse_id:
                self._rows, self._warehouse_id = self._rows.clear(), present_id
            last_row = self._rows.select(pl.col("row_number").max().fill_null(-1)).item()
            self._rows.vstack(opened.read(_NEW_ROWS, last_row=last_row), in_place=True)
            short_keys = opened.read(_SHORT_KEYS, {"wanted": wanted})
            found = self._rows.join(short_keys, on="short_key", how="semi").select(pl.col("row_number").sort())
            parts = [
                opened.read(_ATTEMPTS, {"found": found}, first=first, last=last)
                for first, last in _spans(found["row_number"])
            ]
        return pl.concat(parts).sort("attempt") if parts else pl.DataFrame()


def _spans(rows: pl.Series) -> Iterator[tuple[int, int]]:
    """The first and the last of each of the groups in which the rows, which are sorted, lie near each other."""
    is_first = rows.diff().fill_null(_FAR) >= _FAR
    is_last = is_first.shift(-1, fill_value=True)
    return zip(rows.filter(is_first), rows.filter(is_last), strict=True)
