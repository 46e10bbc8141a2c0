"""The two books of a run: what the endpoint says that it did, and what the warehouse says that was done.

For benchmarks of model traffic; the endpoint is the scripted server.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from benchbuilder.errors import Unparsable
from benchbuilder.judging.verdict import Verdict, parse_verdict
from benchbuilder.ledger import Reading, Report, Settled
from benchbuilder.llm.requests import Request
from tests.fakes.chaos import PASSING, OnRecord, attempts_told, count_attempts_told
from tests.fakes.completions import chat_completion
from tests.fakes.hashing import body_hash
from tests.fakes.running import Counts
from tests.fakes.scene import Scene
from tests.fakes.script import Script


class Asked(NamedTuple):
    """One run over all requests, and what a step would have been told of each."""

    report: Report
    settled: Settled
    seconds: float


class Attempt(NamedTuple):
    """One attempt on record."""

    number: int
    told: OnRecord


def read_record(scene: Scene) -> dict[str, list[Attempt]]:
    """What the warehouse holds: the attempts of each request_key in their order."""
    record: dict[str, list[Attempt]] = defaultdict(list)
    query = "select request_key, attempt, state, reason from completions order by request_key, attempt"
    for key, number, state, reason in scene.warehouse.read(query).iter_rows():
        record[key].append(Attempt(number, OnRecord(state, reason)))
    return record


def compare(
    asked: Asked, requests: list[Request], read: Reading, counts: Counts, record: Mapping[str, list[Attempt]]
) -> dict[str, Any]:
    """Both books against each other, request by request.

    Args:
        asked: the one run that was made.
        requests: all that it was to ask, no two alike, of a judge.
        read: how replies are read.
        counts: of the endpoint, which saw nothing else.
        record: see `read_record`.

    Returns:
        Figures. `states_match`: each request has the attempts on record, in order, state and reason, that the endpoint
        gave it. `count_dropped`: neither settled nor open for the next run. `count_failures_scored`: verdicts of
        requests that never had a good reply, or other verdicts than the judge gave.
    """
    found: Counter[str] = Counter()
    for request in requests:
        body = request.chat_body()
        states = counts.states_by_body.get(body_hash(body), [])
        attempts = record.get(request.request_key, [])
        found["alike"] += attempts == [Attempt(*each) for each in enumerate(attempts_told(states))]
        if (counted := asked.settled.get(request.request_key)) is None:
            found["open" if attempts and attempts[-1].told.state == "api_error" else "dropped"] += 1
        elif counted.state == "api_error":
            found["dropped"] += 1  # called done, and nobody would ask again
        elif isinstance(verdict := read(counted), Unparsable):
            found["unparsable"] += 1
        else:
            found["read"] += 1
            found["ties"] += verdict is Verdict.TIE
            found["failures_scored"] += "ok" not in states or verdict is not verdict_given(body)
    states_on_record = Counter(attempt.told.state for attempt in chain(*record.values()))
    is_alike = found["alike"] == len(requests) == len(counts.bodies) == len(record)
    return {
        "count_requests": len(requests),
        "count_calls": asked.report.count_calls,
        "count_http": counts.count_requests,
        "count_dropped": found["dropped"] + abs(found["open"] - asked.report.count_open),
        "count_failures_scored": found["failures_scored"],
        "states_match": is_alike and asked.report.states == states_on_record,
        "count_read": found["read"],
        "count_ties": found["ties"],
        "count_unparsable": found["unparsable"],
        "count_open": asked.report.count_open,
    }


def verdict_given(body: dict[str, Any]) -> Verdict | Unparsable:
    """What the judge says of this game when nothing goes wrong."""
    served = chat_completion(body, body_hash(body), Script(), None)
    return parse_verdict(served.body["choices"][0]["message"]["content"])


def tokens_on_record(scene: Scene) -> dict[str, int]:
    """All that was paid for, by the names that the endpoint gives them."""
    query = "select sum(count_tokens_in)::bigint, sum(count_tokens_out)::bigint from completions"
    return dict(zip(("prompt_tokens", "completion_tokens"), scene.warehouse.read(query).row(0), strict=True))


def print_books(counts: Counts, record: Mapping[str, list[Attempt]]) -> None:
    """What the endpoint did beside what is on record, by attempt, state and reason."""
    ours = Counter((each.number, each.told.state, each.told.reason) for each in chain(*record.values()))
    theirs = count_attempts_told(counts.states_by_body)
    table = Table("attempt", "state", "reason", "endpoint", "warehouse")
    for line in sorted(ours | theirs, key=str):
        number, state, reason = line
        table.add_row(str(number), state, reason or "", f"{theirs[line]:,}", f"{ours[line]:,}")
    passing = sorted((state, count) for state, count in counts.by_model["judge"].items() if state in PASSING)
    console = Console(stderr=True)
    console.print(table)
    console.print("tried again within a call:", ", ".join(f"{count:,} x {state}" for state, count in passing))
