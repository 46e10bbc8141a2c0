"""What the scripted server was asked for and what it returned: the other side of the books of a run."""

from collections import Counter, defaultdict
from typing import Any


class Tally:
    """Counts of every request since the start or the last reset."""

    def __init__(self) -> None:
        self.arrivals: list[str] = []
        self.count_in_flight = 0
        self.max_in_flight = 0
        self._states: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._tokens: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._bodies: Counter[str] = Counter()
        self._states_by_body: defaultdict[str, list[str]] = defaultdict(list)
        self._bodies_paid: Counter[str] = Counter()

    @property
    def count_requests(self) -> int:
        """All that came."""
        return len(self.arrivals)

    def arrive(self, body: str) -> int:
        """Note that a request has come.

        Returns:
            How many requests with the same body came before it.
        """
        self.arrivals.append(body)
        self.count_in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.count_in_flight)
        self._bodies[body] += 1
        return self._bodies[body] - 1

    def leave(self, model: str, state: str, body: str, usage: dict[str, Any] | None) -> None:
        """Note what the request of `body` got; `usage` where tokens are to be paid."""
        self.count_in_flight -= 1
        self._states[model][state] += 1
        self._states_by_body[body].append(state)
        if usage is not None:
            self._bodies_paid[body] += 1
            for name in ("prompt_tokens", "completion_tokens"):
                self._tokens[model][name] += usage.get(name, 0)

    def as_json(self) -> dict[str, Any]:
        """The answer of /counts."""
        return {
            "count_requests": self.count_requests,
            "count_in_flight": self.count_in_flight,
            "max_in_flight": self.max_in_flight,
            "by_model": self._states,
            "tokens_by_model": self._tokens,
            "bodies": self._bodies,
            "bodies_paid": self._bodies_paid,
            "states_by_body": self._states_by_body,
        }
