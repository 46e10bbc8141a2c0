"""Which attempt at a request counts, and whether to ask (again)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import polars as pl

from benchbuilder.errors import Unparsable
from benchbuilder.llm.requests import Reply, Request
from benchbuilder.settings import AttemptSettings
from benchbuilder.warehouse import Warehouse

# The window over the attempts of a few requests, not over those of all: the view would look at every one there is.
# First which rows, then their texts: in one go the texts of all completions would be read to keep those of a few.
_COUNTED = """
    with attempts as (
        select rowid as row_number, request_key, state, attempt
        from completions
        semi join wanted using (request_key)
    ),

    found as materialized (
        select
            row_number,
            count(*) over (partition by request_key) as count_attempts,
            count(*) filter (where state = 'ok') over (partition by request_key) as count_ok,
            count(*) filter (where state = 'truncated') over (partition by request_key) as count_truncated,
            count(*) filter (where state = 'refused') over (partition by request_key) as count_refused
        from attempts
        qualify row_number() over (partition by request_key order by (state = 'ok') desc, attempt desc) = 1
    )

    select
        completions.request_key, completions.state, completions.reason, completions.text, completions.logprobs,
        found.count_attempts, found.count_ok, found.count_truncated, found.count_refused
    from completions
    inner join found on completions.rowid = found.row_number
"""


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

    def then(self, reply: Reply) -> "Counted":
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


def find_counted(warehouse: Warehouse, requests: Sequence[Request]) -> dict[str, Counted]:
    """The attempt that counts, by request_key; a request that was never tried is not in it."""
    keys = pl.DataFrame([request.request_key for request in requests], {"request_key": pl.String})
    rows = warehouse.read(_COUNTED, frames={"wanted": keys})
    return {
        key: Counted(state, reason, text, orjson.loads(logprobs) if logprobs else None, *counts)
        for key, state, reason, text, logprobs, *counts in rows.iter_rows()
    }
