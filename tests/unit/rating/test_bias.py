"""What judges do with the order of answers."""

import polars as pl
import pytest

from benchbuilder.rating.bias import judge_bias


def _judgments(*rows: tuple[str, str, bool, str | None]) -> pl.DataFrame:
    """(judge, question, baseline first, verdict from the model's side)."""
    return pl.DataFrame(
        [(question, "m", "base", judge, first, 0, verdict) for judge, question, first, verdict in rows],
        schema=["question_id", "model", "baseline", "judge", "baseline_first", "replicate", "verdict"],
        orient="row",
    )


def test_bias_worked_by_hand() -> None:
    """A judge that always takes the first answer next to one that is consistent, with ties and unreadable replies."""
    rows = judge_bias(
        _judgments(
            ("first", "q1", True, "B>A"),
            ("first", "q1", False, "A>>B"),
            ("first", "q2", True, "B>A"),
            ("first", "q2", False, None),
            ("steady", "q1", True, "A>>B"),
            ("steady", "q1", False, "A>B"),
            ("steady", "q2", True, "A=B"),
            ("steady", "q2", False, "A=B"),
            ("steady", "q3", True, "A=B"),
            ("steady", "q3", False, "B>A"),
        )
    ).rows(named=True)
    assert rows == [
        {
            "judge": "first",
            "count_judgments": 4,
            "count_unreadable": 1,
            "share_unreadable": 0.25,
            "count_decisive": 3,
            "share_first_wins": 1.0,
            "share_strong": pytest.approx(1 / 3),
            "share_ties": 0.0,
            "count_both_orders": 1,
            "share_orders_agree": 0.0,
        },
        {
            "judge": "steady",
            "count_judgments": 6,
            "count_unreadable": 0,
            "share_unreadable": 0.0,
            "count_decisive": 3,
            "share_first_wins": pytest.approx(1 / 3),
            "share_strong": pytest.approx(1 / 6),
            "share_ties": 0.5,
            "count_both_orders": 3,
            "share_orders_agree": pytest.approx(2 / 3),
        },
    ]


def test_a_share_of_nothing_is_null() -> None:
    """A judge that could never be read has no bias that one could state; no judgments give no rows."""
    unreadable = _judgments(("judge", "q1", True, None), ("judge", "q1", False, None))
    row = judge_bias(unreadable).row(0, named=True)
    assert (row["share_unreadable"], row["count_decisive"], row["count_both_orders"]) == (1.0, 0, 0)
    assert {row[name] for name in ("share_first_wins", "share_strong", "share_ties", "share_orders_agree")} == {None}
    assert judge_bias(unreadable.clear()).height == 0


def test_replicates_are_paired_with_their_own_kind() -> None:
    """Asked twice, the first reading in one order is compared with the first in the other."""
    once = _judgments(("judge", "q", True, "A>B"), ("judge", "q", False, "A>B"))
    again = _judgments(("judge", "q", True, "B>A"), ("judge", "q", False, "B>A")).with_columns(
        replicate=pl.lit(1, pl.Int64)
    )
    row = judge_bias(pl.concat([once, again])).row(0, named=True)
    assert (row["count_both_orders"], row["share_orders_agree"]) == (2, 1.0)


def test_a_missing_column_is_named() -> None:
    """The frame must say which replicate a judgment is."""
    with pytest.raises(ValueError, match="no column replicate"):
        judge_bias(_judgments(("judge", "q", True, "A>B")).drop("replicate"))
