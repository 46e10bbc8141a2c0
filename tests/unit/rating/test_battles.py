"""Verdicts become sums."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.battles import sum_battles

Make = Callable[..., pl.DataFrame]
games = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.sampled_from(["m1", "m2"]), st.sampled_from(list(Verdict))), max_size=30
)


def test_sums_worked_by_hand(make_battles: Make) -> None:
    """Strong verdicts weigh 3 (or what is asked for), a tie is half a win, a model without battles has zeros."""
    battles = make_battles(
        [("q1", "m1", "A>>B"), ("q1", "m1", "A=B"), ("q2", "m1", "B>>A"), ("q2", "m1", "A>B"), ("q1", "m2", "B>A")]
    )
    sums = sum_battles(battles, ["m2", "m1", "m3"])
    assert sums.clusters == ("q1", "q2")
    assert sums.won.tolist() == [[0, 3.5, 0], [0, 1, 0]]
    assert sums.weight.tolist() == [[1, 4, 0], [0, 4, 0]]
    assert sums.count_clusters.tolist() == [1, 2, 0]
    assert sum_battles(battles, ["m1", "m2"], strong_weight=1.0).won.tolist() == [[1.5, 0], [1, 0]]


def test_topics_as_clusters(make_battles: Make) -> None:
    """Questions of one topic are one cluster; a question without a topic stands for itself, whatever its name."""
    battles = make_battles([("a1", "m", "A>B"), ("a2", "m", "B>A"), ("a3", "m", "A>B"), ("a", "m", "A=B")])
    loose = battles.with_columns(topic_id=pl.when(pl.col("question_id") != "a").then("topic_id"))
    sums = sum_battles(loose, ["m"], cluster="topic")
    assert sums.clusters == ("question a", "topic a")
    assert sums.weight.tolist() == [[1], [3]]


@settings(deadline=None)
@given(games, st.randoms(use_true_random=False), st.floats(0.1, 9))
def test_the_order_of_battles_changes_nothing(
    make_battles: Make, played: list[tuple[str, str, str]], random: object, strong_weight: float
) -> None:
    """Sums are equal to the last bit, also for a weight that no float holds exactly."""
    shuffled = list(played)
    random.shuffle(shuffled)  # pyright: ignore[reportAttributeAccessIssue]
    one = sum_battles(make_battles(played), ["m1", "m2"], strong_weight=strong_weight)
    other = sum_battles(make_battles(shuffled), ["m1", "m2"], strong_weight=strong_weight)
    assert one.clusters == other.clusters
    assert np.array_equal(one.won, other.won)
    assert np.array_equal(one.weight, other.weight)


def test_what_cannot_be_summed_is_named(make_battles: Make) -> None:
    """A missing column, a verdict that is none (an unreadable one is no battle) and a model nobody asked for."""
    battles = make_battles([("q", "m", "A>B")])
    with pytest.raises(ValueError, match="no column judge; it has question_id"):
        sum_battles(battles.drop("judge"), ["m"])
    with pytest.raises(ValueError, match=r"1 unknown values in column verdict, such as 'A>>>B'"):
        sum_battles(make_battles([("q", "m", "A>>>B")]), ["m"])
    with pytest.raises(ValueError, match="in column verdict, such as None"):
        sum_battles(battles.with_columns(verdict=pl.lit(None, pl.String)), ["m"])
    with pytest.raises(ValueError, match="in column model, such as 'm'"):
        sum_battles(battles, ["other"])
