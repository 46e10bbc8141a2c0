"""A cap in USD and in calls for one run: hard while running, counted from what the warehouse says was spent."""

from dataclasses import dataclass

from benchbuilder.errors import BudgetError


@dataclass
class Budget:
    """What a run may spend and has spent.

    Attributes:
        cap_usd: None for no cap.
        cap_calls: None for no cap.
    """

    cap_usd: float | None = None
    cap_calls: int | None = None
    spent_usd: float = 0.0
    count_calls: int = 0

    def start_call(self) -> None:
        """Count one call that is about to start.

        Raises:
            BudgetError: it would be one too many; everything paid for is kept.
        """
        if self.cap_calls is not None and self.count_calls >= self.cap_calls:
            raise BudgetError(f"the cap of {self.cap_calls:,} calls for this run is reached")
        if self.cap_usd is not None and self.spent_usd >= self.cap_usd:
            raise BudgetError(f"the cap of {self.cap_usd:,.10g} USD for this run is reached")
        self.count_calls += 1

    def pay(self, cost_usd: float | None) -> None:
        """Count what a call cost."""
        self.spent_usd += cost_usd or 0.0
