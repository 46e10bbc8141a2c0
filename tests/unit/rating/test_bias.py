"""What judges do with the order of answers."""

import math
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.rating.bias import judge_bias
from tests.fakes.judgments import flip_sides, frame_of, judgment_frames

Row = tuple[str, str, bool | None, str | None]

_UNKNOWN_ORDER = ("count_decisive", "count_both_orders", "count_both_decisive", "count_flips")
_SHARES_OF_ORDER = ("share_first_wins", "share_first_lower", "share_first_upper", "share_orders_agree", "share_flips")


def _judgments(*rows: Row) -> pl.DataFrame:
    """(judge, question, baseline first, verdict from the model's side)."""
    return frame_of((question, "m", "base", judge, first, 0, verdict) for judge, question, first, verdict in rows)


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
            "share_first_lower": None,
            "share_first_upper": None,
            "count_both_orders": 1,
            "share_orders_agree": 0.0,
            "count_both_decisive": 1,
            "count_flips": 1,
            "share_flips": 1.0,
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
            "share_first_lower": 0.0,
            "share_first_upper": 1.0,
            "count_both_orders": 3,
            "share_orders_agree": pytest.approx(2 / 3),
            "count_both_decisive": 1,
            "count_flips": 0,
            "share_flips": 0.0,
        },
    ]


def test_a_share_of_nothing_is_null() -> None:
    """A judge that could never be read has no bias that one could state; no judgments give no rows."""
    unreadable = _judgments(("judge", "q1", True, None), ("judge", "q1", False, None))
    row = judge_bias(unreadable).row(0, named=True)
    assert (row["share_unreadable"], row["count_decisive"], row["count_both_orders"]) == (1.0, 0, 0)
    assert {row[name] for name in (*_SHARES_OF_ORDER, "share_strong", "share_ties")} == {None}
    assert judge_bias(unreadable.clear()).height == 0


def test_replicates_are_paired_with_their_own_kind() -> None:
    """Asked twice, the first reading in one order is compared with the first in the other."""
    once = _judgments(("judge", "q", True, "A>B"), ("judge", "q", False, "A>B"))
    again = _judgments(("judge", "q", True, "B>A"), ("judge", "q", False, "B>A")).with_columns(
        replicate=pl.lit(1, pl.Int32)
    )
    row = judge_bias(pl.concat([once, again])).row(0, named=True)
    assert (row["count_both_orders"], row["share_orders_agree"]) == (2, 1.0)


def test_a_missing_column_is_named() -> None:
    """The frame must say which replicate a judgment is."""
    with pytest.raises(ValueError, match="no column replicate"):
        judge_bias(_judgments(("judge", "q", True, "A>B")).drop("replicate"))


def test_interval_worked_by_hand() -> None:
    """The first wins 2 of 2, 1 of 2 and 1 of 1 games of three questions, in all 4 of 5.

    Without q1 it is 2 of 3, without q2 3 of 3, without q3 3 of 4: shifts 2/15, -1/5, 1/20 from 4/5. So
    v = 2/3 · (4/225 + 1/25 + 1/400) and t(2) = 4.3027.
    """
    rows: list[Row] = [("j", "q1", False, "A>B"), ("j", "q1", True, "B>A"), ("j", "q2", False, "A>B")]
    rows += [("j", "q2", True, "A>B"), ("j", "q3", True, "B>>A"), ("j", "q3", False, "A=B")]
    row = judge_bias(_judgments(*rows)).row(0, named=True)
    reach = 4.302653 * math.sqrt(2 / 3 * (4 / 225 + 1 / 25 + 1 / 400))
    assert row["share_first_wins"] == 0.8
    assert row["share_first_lower"] == pytest.approx(max(0.8 - reach, 0))
    assert row["share_first_upper"] == 1.0
    narrow = judge_bias(_judgments(*rows), confidence=0.5).row(0, named=True)
    reach = 0.816497 * math.sqrt(2 / 3 * (4 / 225 + 1 / 25 + 1 / 400))
    assert narrow["share_first_upper"] == pytest.approx(0.8 + reach, abs=1e-6)


def test_questions_that_are_all_alike_have_no_spread() -> None:
    """Who always takes the first answer has the share 1, and no interval that says how sure that is."""
    row = judge_bias(_judgments(*(("j", f"q{number}", True, "B>A") for number in range(9)))).row(0, named=True)
    assert (row["share_first_wins"], row["share_first_lower"], row["share_first_upper"]) == (1.0, None, None)


def test_an_unknown_order_is_in_no_figure_about_the_order() -> None:
    """What a battles file holds: it is read, it has ties and strong verdicts, and nobody knows who stood first."""
    known = _judgments(("j", "q1", True, "B>A"), ("j", "q1", False, "B>A"), ("j", "q2", True, "B>A"))
    unknown = _judgments(("j", "q3", None, "A>>B"), ("j", "q4", None, "A=B"), ("j", "q5", None, None))
    alone = judge_bias(unknown).row(0, named=True)
    assert (alone["count_judgments"], alone["count_unreadable"]) == (3, 1)
    assert (alone["share_strong"], alone["share_ties"]) == (0.5, 0.5)
    assert {alone[name] for name in _UNKNOWN_ORDER} == {0}
    assert {alone[name] for name in _SHARES_OF_ORDER} == {None}
    assert judge_bias(unknown.with_columns(baseline_first=None)).row(0, named=True) == alone
    order = [*_UNKNOWN_ORDER, *_SHARES_OF_ORDER]
    assert judge_bias(pl.concat([known, unknown])).select(order).equals(judge_bias(known).select(order))


@settings(deadline=None, max_examples=50)
@given(judgment_frames(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(judgments: pl.DataFrame, random: Random) -> None:
    """The same judgments in any order give the same figures to the last bit."""
    order = list(range(judgments.height))
    random.shuffle(order)
    assert judge_bias(judgments[order]).equals(judge_bias(judgments))


@settings(deadline=None, max_examples=50)
@given(judgment_frames())
def test_naming_the_sides_the_other_way_round_changes_nothing(judgments: pl.DataFrame) -> None:
    """Where the model is called the baseline and the baseline the model, the answer shown first is the same."""
    assert judge_bias(flip_sides(judgments)).equals(judge_bias(judgments))


@settings(deadline=None, max_examples=50)
@given(judgment_frames())
def test_figures_are_shares_and_parts(judgments: pl.DataFrame) -> None:
    """Every share lies between 0 and 1, in its interval, and every part is at most its whole."""
    for row in judge_bias(judgments).iter_rows(named=True):
        assert all(0 <= value <= 1 for name, value in row.items() if name.startswith("share") and value is not None)
        assert (
            row["count_flips"] <= row["count_both_decisive"] <= row["count_both_orders"] <= row["count_judgments"] / 2
        )
        if row["share_first_lower"] is not None:
            assert row["share_first_lower"] <= row["share_first_wins"] <= row["share_first_upper"]
