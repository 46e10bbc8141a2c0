"""Win rates by topic and by category."""

import math
from collections.abc import Callable

import polars as pl
import pytest

from benchbuilder.rating.fit import fit_battles
from benchbuilder.rating.groups import MIN_QUESTIONS, win_rates_by
from benchbuilder.rating.intervals import question_intervals
from benchbuilder.rating.options import RatingSettings

Make = Callable[..., pl.DataFrame]
Games = list[tuple[str, str, str]]  # question, model, verdict; the question's first letter is its topic


def _topic(letter: str, model: str, questions: int, wins: int) -> Games:
    """Both games of each question, won on the first ones."""
    verdicts = [(f"{letter}{n}", "A>B" if n < wins else "B>A") for n in range(questions)]
    return [(question, model, verdict) for question, verdict in verdicts for _ in range(2)]


def test_each_group_is_scored_on_its_own(make_battles: Make) -> None:
    """Sorted by group and model, with the counts of the group; a model that did not play there has no row."""
    battles = make_battles([*_topic("b", "m2", 10, 4), *_topic("a", "m2", 9, 9), *_topic("a", "m1", 12, 3)])
    found = win_rates_by(battles, "topic_id", ["m2", "m1", "m3"], "base")
    assert found.columns == ["group", "model", "win_rate", "lower", "upper", "count_questions", "count_judgments"]
    assert found.drop("lower", "upper").rows() == [
        ("a", "m1", 0.25, 12, 24),
        ("a", "m2", 1.0, 9, 18),
        ("b", "m2", 0.4, 10, 20),
    ]


def test_the_interval_is_that_of_a_board_of_the_group(make_battles: Make) -> None:
    """Clustered by question, whatever cluster the settings name, as one topic is one cluster; confidence counts."""
    battles = make_battles([*_topic("a", "m1", 12, 3), *_topic("b", "m1", 20, 15)])
    part = battles.filter(topic_id="b")
    fit = fit_battles(part, ["m1"], "base")
    for told in ({}, {"confidence": 0.8}, {"cluster": "topic"}):
        chosen = RatingSettings(**told)  # pyright: ignore[reportArgumentType]
        found = win_rates_by(battles, "topic_id", ["m1"], "base", chosen).filter(group="b")
        lower, upper = question_intervals(fit.effects, fit.win_rate, confidence=chosen.confidence)
        assert found.select("win_rate", "lower", "upper").row(0) == (0.75, lower[0], upper[0])
    assert 0 < lower[0] < 0.75 < upper[0] < 1


@pytest.mark.parametrize("count", [1, MIN_QUESTIONS - 1, MIN_QUESTIONS])
def test_under_eight_questions_there_is_no_interval(make_battles: Make, count: int) -> None:
    """The win rate and the counts stay; how many games a question has does not help."""
    games = [(f"a{n}", "m1", verdict) for n in range(count) for verdict in ("A>B", "A>B", "A>B", "B>A")]
    row = win_rates_by(make_battles(games), "topic_id", ["m1"], "base").row(0, named=True)
    assert (row["win_rate"], row["count_questions"], row["count_judgments"]) == (0.75, count, 4 * count)
    assert MIN_QUESTIONS == 8
    assert (row["lower"] is None) == (row["upper"] is None) == (count < 8)


def test_the_eight_are_counted_for_each_model(make_battles: Make) -> None:
    """In a group with many questions a model that played few of them has no interval, the others have."""
    battles = make_battles([*_topic("a", "m1", 12, 3), *_topic("a", "m2", 7, 3)])
    found = win_rates_by(battles, "topic_id", ["m1", "m2"], "base")
    assert found["lower"].is_null().to_list() == [False, True]


def test_any_column_can_be_the_group(make_battles: Make) -> None:
    """Categories as well as topics; battles of no group are left out, and no group at all is an empty table."""
    battles = make_battles([*_topic("a", "m1", 10, 3), *_topic("b", "m1", 10, 8)])
    category = pl.when(pl.col("question_id").str.ends_with("1")).then(None).otherwise(pl.lit("code"))
    found = win_rates_by(battles.with_columns(category=category), "category", ["m1"], "base")
    assert found.select("group", "count_questions").rows() == [("code", 18)]
    empty = win_rates_by(battles.with_columns(category=pl.lit(None, pl.String)), "category", ["m1"], "base")
    assert empty.is_empty()
    assert empty.schema == found.schema
    assert win_rates_by(battles.head(0), "topic_id", ["m1"], "base").is_empty()


def test_numbers_can_name_groups(make_battles: Make) -> None:
    """A group's name is shown as text."""
    battles = make_battles(_topic("a", "m1", 4, 3)).with_columns(level=pl.lit(3))
    assert win_rates_by(battles, "level", ["m1"], "base")["group"].to_list() == ["3"]


def test_several_baselines_within_a_group(make_matches: Make) -> None:
    """Games count on whichever side a model stands; one that nothing links to the baseline there has no win rate."""
    chain = [(f"a{n}", *pair, "A>B" if n % 3 else "B>A") for n in range(9) for pair in (("m1", "base"), ("m2", "m1"))]
    apart = [(f"b{n}", *pair, "A=B") for n in range(9) for pair in (("m3", "m2"), ("m1", "base"))]
    found = win_rates_by(make_matches([*chain, *apart]), "topic_id", ["m1", "m2", "m3"], "base")
    assert found.filter(group="a").select("model", "win_rate", "count_questions", "count_judgments").rows() == [
        ("m1", pytest.approx(2 / 3), 9, 18),
        ("m2", pytest.approx(0.8), 9, 9),  # odds 2 · 2
    ]
    half = 2.306 * math.sqrt(8 / 9 * 0.25 / 10**2) / 0.25  # nothing moves but the imaginary question; t(8)
    lower = 1 / (1 + math.exp(half))
    assert found.filter(group="b").select("model", "win_rate", "lower", "upper").rows() == [
        ("m1", pytest.approx(0.5), pytest.approx(lower, abs=1e-4), pytest.approx(1 - lower, abs=1e-4)),
        ("m2", None, 0.0, 1.0),
        ("m3", None, 0.0, 1.0),
    ]


def test_the_order_of_rows_changes_nothing(make_battles: Make) -> None:
    """Shuffled battles give the same table."""
    battles = make_battles([*_topic("a", "m1", 12, 3), *_topic("b", "m2", 9, 8), *_topic("a", "m2", 9, 1)])
    one = win_rates_by(battles, "topic_id", ["m1", "m2"], "base")
    other = win_rates_by(battles.sample(fraction=1, shuffle=True, seed=3), "topic_id", ["m1", "m2"], "base")
    assert one.equals(other)
