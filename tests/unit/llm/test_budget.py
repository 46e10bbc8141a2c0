"""A cap is hard: the call that would be one too many does not start."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.errors import BudgetError
from benchbuilder.llm.budget import Budget


def test_without_a_cap_everything_starts() -> None:
    """And is counted all the same."""
    budget = Budget()
    for _ in range(1000):
        budget.start_call()
        budget.pay(1.0)
    assert (budget.count_calls, budget.spent_usd) == (1000, 1000.0)


@given(st.integers(0, 30), st.integers(0, 30))
def test_no_more_calls_start_than_the_cap_allows(cap: int, count_before: int) -> None:
    """What the run made before counts; the refused call is not counted."""
    budget = Budget(cap_calls=cap, count_calls=count_before)
    for _ in range(max(0, cap - count_before)):
        budget.start_call()
    with pytest.raises(BudgetError, match=f"the cap of {cap} calls for this run is reached"):
        budget.start_call()
    assert budget.count_calls == max(cap, count_before)


@given(st.floats(0.01, 10), st.floats(0, 10), st.lists(st.floats(0, 3), max_size=20))
def test_no_call_starts_once_the_money_is_spent(cap: float, spent_before: float, prices: list[float]) -> None:
    """The last call may cross the cap, since its price is known afterwards only; none begins beyond it."""
    budget = Budget(cap_usd=cap, spent_usd=spent_before)
    for price in prices:
        if budget.spent_usd >= cap:
            with pytest.raises(BudgetError, match="USD for this run is reached"):
                budget.start_call()
        else:
            budget.start_call()
            budget.pay(price)
    assert budget.spent_usd <= max(cap + 3, spent_before)


def test_a_call_without_a_price_costs_nothing() -> None:
    """None is what a model without prices costs."""
    budget = Budget(cap_usd=1.0)
    budget.pay(None)
    assert budget.spent_usd == 0.0


@pytest.mark.parametrize(("cap", "told"), [(0.005, "0.005 USD"), (20.0, "20 USD"), (1234567.5, "1,234,567.5 USD")])
def test_the_cap_is_told_as_it_was_set(cap: float, told: str) -> None:
    """Half a cent is not a cent."""
    with pytest.raises(BudgetError, match=told):
        Budget(cap_usd=cap, spent_usd=cap).start_call()
