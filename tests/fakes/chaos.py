"""How much goes wrong at an endpoint, and what the other side's record must say of it.

`Chaos` is a list of probabilities that becomes the rules of a script; `attempts_told` turns what the endpoint did into
the attempts that a correct client has on record.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.fakes.script import Rule, Trouble

PASSING = frozenset(
    {
        Trouble.DEAD,
        Trouble.STALL,
        Trouble.CUT,
        Trouble.RATE_LIMITED,
        Trouble.SERVER_ERROR,
        Trouble.BAD_GATEWAY,
        Trouble.UNAVAILABLE,
    }
)
"""Tried again within one call, so no attempt of their own, unless the client's deadline passes."""


class OnRecord(NamedTuple):
    """State and reason of an attempt."""

    state: str
    reason: str | None = None


ON_RECORD: Mapping[str, OnRecord] = {
    "ok": OnRecord("ok"),
    Trouble.GARBAGE: OnRecord("ok"),  # that nothing can be read from it is a state of the reading
    Trouble.WRONG_VERDICT: OnRecord("ok"),
    Trouble.TRUNCATED: OnRecord("truncated", "length"),
    Trouble.REFUSAL: OnRecord("refused", "refusal"),
    Trouble.CONTENT_FILTER: OnRecord("refused", "content_filter"),
    Trouble.EMPTY: OnRecord("api_error", "empty"),
    Trouble.UNREADABLE: OnRecord("api_error", "unreadable_body"),
    Trouble.PAGE: OnRecord("api_error", "unreadable_body"),
    Trouble.WRONG_SHAPE: OnRecord("api_error", "unreadable_body"),
    Trouble.BAD_REQUEST: OnRecord("api_error", "BadRequestError 400"),
    Trouble.FORBIDDEN: OnRecord("api_error", "PermissionDeniedError 403"),
}
"""What one answer of the endpoint is on record as."""


@dataclass(frozen=True, slots=True)
class Chaos:
    """Probabilities, per request that arrives.

    Attributes:
        shares: trouble → its probability; together at most 1.
        share_told: of the 429, how many carry a Retry-After.
        retry_after_seconds: what it says.

    Raises:
        ValueError: a share is no probability, or they make more than 1 together.
    """

    shares: Mapping[Trouble, float] = field(default_factory=dict)
    share_told: float = 0.5
    retry_after_seconds: float = 0.2

    def __post_init__(self) -> None:
        if any(not 0 <= share <= 1 for share in (*self.shares.values(), self.share_told)):
            raise ValueError("a probability is from 0 to 1")
        if sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError(f"the probabilities make {sum(self.shares.values()):g} together, more than 1")

    def rules(self) -> list[dict[str, Any]]:
        """Rules for POST /script that strike with exactly these probabilities.

        The first rule that strikes counts, and rules draw independently; so each is given its share of what those
        before it leave.
        """
        rules, left = [], 1.0
        for trouble, share, retry_after_seconds in self._parts():
            if share > 0:
                of_the_rest = min(1.0, share / left)
                rule = Rule(trouble=trouble, share=of_the_rest, retry_after_seconds=retry_after_seconds)
                rules.append(rule.model_dump(mode="json"))
                left -= share
        return rules

    def _parts(self) -> Iterable[tuple[Trouble, float, float | None]]:
        for trouble, share in self.shares.items():
            if trouble is Trouble.RATE_LIMITED:
                yield trouble, share * self.share_told, self.retry_after_seconds
                yield trouble, share * (1 - self.share_told), None
            else:
                yield trouble, share, None


def attempts_told(states: Iterable[str]) -> list[OnRecord]:
    """The attempts, in their order, that the record of one request must hold when it got `states` at the endpoint.

    Raises:
        KeyError: a state of which no attempt can come, e.g. a wrong key.
    """
    return [ON_RECORD[state] for state in states if state not in PASSING]


def count_attempts_told(states_by_body: Mapping[str, list[str]]) -> Counter[tuple[int, str, str | None]]:
    """How often the record must hold each (attempt, state, reason)."""
    return Counter(
        (attempt, told.state, told.reason)
        for states in states_by_body.values()
        for attempt, told in enumerate(attempts_told(states))
    )
