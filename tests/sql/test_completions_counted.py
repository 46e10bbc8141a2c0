"""staging/01: which attempt at a call counts, and what all of them cost."""

from tests.sql.conftest import Given, Rows

ATTEMPT = {"request_key": "call", "kind": "answer", "model": "m"}


def test_of_several_attempts_the_last_ok_one_counts(given: Given, rows: Rows) -> None:
    """Two ok attempts among failures: the later ok one, although a failure came after it."""
    given(
        completions=[
            {**ATTEMPT, "attempt": 0, "state": "ok", "text": "first"},
            {**ATTEMPT, "attempt": 1, "state": "api_error", "text": None},
            {**ATTEMPT, "attempt": 2, "state": "ok", "text": "second"},
            {**ATTEMPT, "attempt": 3, "state": "truncated", "text": "thi"},
        ]
    )
    assert rows("select request_key, state, text from completions_counted") == [("call", "ok", "second")]


def test_without_an_ok_attempt_the_last_one_counts(given: Given, rows: Rows) -> None:
    """Attempts are ordered as numbers: the tenth comes after the ninth."""
    given(
        completions=[
            {**ATTEMPT, "attempt": 9, "state": "truncated", "reason": "length"},
            {**ATTEMPT, "attempt": 10, "state": "refused", "reason": "content_filter"},
        ]
    )
    assert rows("select state, reason from completions_counted") == [("refused", "content_filter")]


def test_attempts_are_counted_by_state_and_cost_sums_all_of_them(given: Given, rows: Rows) -> None:
    """What was paid for in vain is paid for; an attempt whose price is not known adds nothing."""
    given(
        completions=[
            {**ATTEMPT, "attempt": 0, "state": "api_error", "cost_usd": None},
            {**ATTEMPT, "attempt": 1, "state": "truncated", "cost_usd": 0.25},
            {**ATTEMPT, "attempt": 2, "state": "refused", "cost_usd": 0.5},
            {**ATTEMPT, "attempt": 3, "state": "ok", "cost_usd": 1.0},
            {"request_key": "other", "attempt": 0, "state": "api_error", "cost_usd": None},
        ]
    )
    query = """
        select request_key, count_attempts, count_ok, count_truncated, count_refused, total_cost_usd
        from completions_counted order by request_key
    """
    assert rows(query) == [("call", 4, 1, 1, 1, 1.75), ("other", 1, 0, 0, 0, None)]
