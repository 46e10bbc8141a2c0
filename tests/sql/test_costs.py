"""marts/05: what model traffic cost."""

from datetime import date

from tests.sql.conftest import At, Given, Rows


def test_costs_are_summed_by_kind_model_run_and_day(given: Given, rows: Rows, at: At) -> None:
    """All attempts count, failed ones too; the day is that of UTC; what is not known adds nothing."""
    call = {"kind": "answer", "model": "m", "run_id": "r1", "completed_at": at(23)}
    given(
        completions=[
            {
                **call,
                "request_key": "k1",
                "attempt": 0,
                "state": "ok",
                "count_tokens_in": 10,
                "count_tokens_out": 5,
                "cost_usd": 0.5,
            },
            {**call, "request_key": "k2", "attempt": 0, "state": "api_error"},
            {**call, "request_key": "k2", "attempt": 1, "state": "truncated", "count_tokens_in": 7, "cost_usd": 0.25},
            {**call, "request_key": "k3", "attempt": 0, "state": "refused"},
            {**call, "request_key": "k4", "attempt": 0, "state": "ok", "completed_at": at(24)},
            {**call, "request_key": "k5", "attempt": 0, "state": "ok", "run_id": "r2"},
            {**call, "request_key": "k6", "attempt": 0, "state": "ok", "kind": "judge"},
            {**call, "request_key": "k7", "attempt": 0, "state": "ok", "model": "n"},
        ]
    )
    one = (1, 1, 0, 0, 0, 0, 0, 0.0, 0.0)
    assert rows("from costs order by kind, model, run_id, day") == [
        ("answer", "m", "r1", date(2026, 1, 1), 4, 1, 1, 1, 1, 17, 5, 0.75, 0.375),
        ("answer", "m", "r1", date(2026, 1, 2), *one),
        ("answer", "m", "r2", date(2026, 1, 1), *one),
        ("answer", "n", "r1", date(2026, 1, 1), *one),
        ("judge", "m", "r1", date(2026, 1, 1), *one),
    ]
    assert rows("select attempt, state, cost_usd from calls where request_key = 'k2' order by attempt") == [
        (0, "api_error", None),
        (1, "truncated", 0.25),
    ]
