"""What one `fulfil` did."""

from collections import Counter
from dataclasses import dataclass, field

from benchbuilder.errors import IncompleteError


@dataclass
class Report:
    """What one `fulfil` did; `str()` of it is what people read.

    Attributes:
        label: what was asked for.
        count_wanted: requests, paid or not.
        count_paid: of these, settled without a call of this run.
        states: calls by what the endpoint did.
        count_open: requests that a later run has to take up.
        cost_usd: of the calls.
    """

    label: str
    count_wanted: int = 0
    count_paid: int = 0
    states: Counter[str] = field(default_factory=Counter)
    count_open: int = 0
    cost_usd: float = 0.0

    @property
    def count_calls(self) -> int:
        """Calls made."""
        return self.states.total()

    def __str__(self) -> str:
        """E.g. `judge: 12 calls, 1,188 paid already`."""
        failed = "".join(f", {count:,} {state}" for state, count in sorted(self.states.items()) if state != "ok")
        left = f", {self.count_open:,} still open" if self.count_open else ""
        cost = f", {self.cost_usd:.4f} USD" if self.cost_usd else ""
        return f"{self.label}: {self.count_calls:,} calls, {self.count_paid:,} paid already{failed}{left}{cost}"

    def check_complete(self) -> None:
        """Raise where a later run has to take something up.

        Raises:
            IncompleteError: some requests ended as api_error.
        """
        if self.count_open:
            raise IncompleteError(str(self))
