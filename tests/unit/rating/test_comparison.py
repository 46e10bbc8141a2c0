"""Two models against each other, and how many questions a difference needs."""

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest

from benchbuilder.errors import NotConvergedError
from benchbuilder.rating.battles import sum_battles
from benchbuilder.rating.comparison import compare_models
from benchbuilder.rating.fit import fit_battles
from benchbuilder.rating.intervals import leave_one_out
from benchbuilder.rating.leaderboard import fit_leaderboard
from benchbuilder.rating.options import RatingSettings
from benchbuilder.rating.pairs import compare_pairs, with_baseline
from benchbuilder.rating.plan import count_games

Make = Callable[..., pl.DataFrame]


@pytest.fixture(scope="module")
def battles(make_battles: Make) -> pl.DataFrame:
    """Three models on 40 questions of four topics; the question decides much of each game."""
    random = np.random.default_rng(4)
    games = []
    for n in range(40):
        hard = random.normal()
        for model, strength in (("m1", 0.8), ("m2", 0.1), ("m3", -0.5)):
            verdicts = ["A>B" if luck < strength + hard else "B>A" for luck in random.normal(size=2)]
            games.extend((f"{'abcd'[n % 4]}{n}", model, verdict) for verdict in verdicts)
    return make_battles(games)


@pytest.mark.parametrize("told", [{}, {"confidence": 0.8}, {"strong_weight": 1.0}, {"cluster": "topic"}])
def test_the_difference_is_that_of_the_board(battles: pl.DataFrame, told: dict[str, object]) -> None:
    """Difference, interval and p-value are those of the pair on the board, not corrected for the other pairs."""
    chosen = RatingSettings(**told)  # pyright: ignore[reportArgumentType]
    board = fit_leaderboard(battles, count_games(battles, "base"), chosen)
    for x, y in (("m1", "m2"), ("m3", "m1"), ("base", "m2")):
        (found,) = compare_models(battles, x, y, "base", chosen)
        i, j = board.pairs.models.index(x), board.pairs.models.index(y)
        assert found.difference == pytest.approx(board.pairs.difference[i, j], abs=1e-14)
        assert (found.lower, found.upper) == pytest.approx(
            (board.pairs.lower[i, j], board.pairs.upper[i, j]), abs=1e-14
        )
        assert found.p_value == pytest.approx(board.pairs.p_value[i, j], abs=1e-14)
        rates = dict(board.rows.select("model", "win_rate").rows())
        assert (found.win_rate_x, found.win_rate_y) == pytest.approx((rates[x], rates[y]))
        assert found.group is None
        assert found.count_questions == (4 if chosen.cluster == "topic" else 40)


def test_it_is_a_pair_of_two(battles: pl.DataFrame) -> None:
    """Without any board: the two columns of the closed form, compared."""
    effects = leave_one_out(sum_battles(battles.filter(pl.col("model") != "m3"), ["m1", "m2"]))
    rates = fit_battles(battles, ["m1", "m2", "m3"], "base").win_rate[:2]
    pairs = compare_pairs(("m1", "m2"), rates, effects, confidence=0.95)
    (found,) = compare_models(battles, "m1", "m2", "base")
    assert (found.lower, found.upper) == pytest.approx((pairs.lower[0, 1], pairs.upper[0, 1]))
    (turned,) = compare_models(battles, "m2", "m1", "base")
    assert (turned.difference, turned.lower, turned.upper) == pytest.approx(
        (-found.difference, -pairs.upper[0, 1], -pairs.lower[0, 1])
    )
    assert turned.count_questions_needed == found.count_questions_needed


def test_the_questions_needed_by_hand(battles: pl.DataFrame) -> None:
    """(z(.975) + z(.8))² · Q · se² / detect², rounded up; and what Q questions find, from the same formula."""
    effects = leave_one_out(sum_battles(battles.filter(pl.col("model") != "m3"), ["m1", "m2"]))
    rates = np.array([0.5, 0.5])
    error = compare_pairs(("m1", "m2"), rates, effects, confidence=0.95).standard_error[0, 1]
    reach = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)
    assert reach == pytest.approx(2.8015, abs=1e-4)
    for detect in (0.05, 0.2):
        (found,) = compare_models(battles, "m1", "m2", "base", detect=detect)
        assert found.count_questions_needed == math.ceil(reach**2 * 40 * error**2 / detect**2)
        assert found.detectable == pytest.approx(reach * error)
    (wider,) = compare_models(battles, "m1", "m2", "base", RatingSettings(confidence=0.99))
    assert wider.detectable == pytest.approx((NormalDist().inv_cdf(0.995) + NormalDist().inv_cdf(0.8)) * error)


def test_so_many_questions_do_find_it(make_battles: Make) -> None:
    """In simulated benchmarks of the size that is named, four of five find the true difference."""
    random = np.random.default_rng(8)

    def benchmark(questions: int) -> pl.DataFrame:
        games = []
        for n in range(questions):
            for model, chance in (("m1", 0.65), ("m2", 0.5)):
                games.append((f"q{n}", model, "A>B" if random.random() < chance else "B>A"))
        return make_battles(games)

    (pilot,) = compare_models(benchmark(2000), "m1", "m2", "base", detect=0.15)
    needed = pilot.count_questions_needed
    assert needed is not None
    by_hand = 2.8015**2 * (0.65 * 0.35 + 0.25) / 0.15**2
    assert needed == pytest.approx(by_hand, rel=0.05)
    found = [compare_models(benchmark(needed), "m1", "m2", "base")[0].p_value or 0 for _ in range(150)]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.8, abs=0.1)


def test_groups_follow_in_order(battles: pl.DataFrame) -> None:
    """Each group as if it were all there is; not those without a name, or that one of the two did not play."""
    games = battles.filter((pl.col("topic_id") != "c") | (pl.col("model") != "m1"))
    games = games.with_columns(topic_id=pl.when(pl.col("topic_id") != "d").then("topic_id"))
    found = compare_models(games, "m1", "m2", "base", group="topic_id")
    assert [row.group for row in found] == [None, "a", "b"]
    (alone,) = compare_models(games.filter(topic_id="b"), "m1", "m2", "base")
    assert found[2]._replace(group=None) == alone


@pytest.mark.parametrize("count", [7, 8])
def test_under_eight_questions_a_group_has_no_interval(make_battles: Make, count: int) -> None:
    """Nor a p-value, nor a number of questions needed; over all questions there is always an interval."""
    games = [(f"a{n}", model, verdict) for n in range(count) for model, verdict in (("m1", "A>B"), ("m2", "AB"[n % 2]))]
    battles = make_battles([(q, m, {"A": "A>B", "B": "B>A"}.get(v, v)) for q, m, v in games])
    overall, group = compare_models(battles, "m1", "m2", "base", group="topic_id")
    known = [group.lower, group.upper, group.p_value, group.count_questions_needed, group.detectable]
    assert [value is None for value in known] == [count < 8] * 5
    assert None not in [overall.lower, overall.upper, overall.p_value, overall.count_questions_needed]
    assert (group.difference, group.count_questions) == (overall.difference, count)


def test_one_question_says_nothing_about_more(make_battles: Make) -> None:
    """Anything from -1 to 1 is possible, and no number of questions follows from it."""
    (found,) = compare_models(make_battles([("q", "m1", "A>B"), ("q", "m2", "B>A")]), "m1", "m2", "base")
    assert (found.difference, found.lower, found.upper, found.p_value) == (1.0, -1.0, 1.0, 1.0)
    assert (found.count_questions_needed, found.detectable) == (None, None)


def test_others_place_the_two(make_matches: Make) -> None:
    """A model that never met the baseline is placed by whom it met; the baseline itself can be one of the two."""
    games = [(f"q{n}", *pair, "A>B" if n % 3 else "B>A") for n in range(12) for pair in (("m1", "base"), ("m2", "m1"))]
    battles = make_matches(games)
    (found,) = compare_models(battles, "m2", "m1", "base")
    assert (found.win_rate_x, found.win_rate_y) == pytest.approx((0.8, 2 / 3))
    (found,) = compare_models(battles, "m2", "base", "base")
    assert (found.win_rate_x, found.win_rate_y) == pytest.approx((0.8, 0.5))
    assert found.count_questions == 12


def test_at_equal_style(make_battles: Make) -> None:
    """With a style in the settings both are measured at equal style; a group that a style decides is left out."""
    random = np.random.default_rng(9)
    games, length = [], []
    for n in range(300):
        topic = "a" if n < 296 else "b"
        for model in ("m1", "m2"):
            longer = random.normal(0.5 if model == "m1" else -0.5)
            won = longer > 0 if topic == "b" else random.random() < 1 / (1 + math.exp(-longer))
            games.append((f"{topic}{n}", model, "A>B" if won else "B>A"))
            length.append(longer)
    battles = make_battles(games).with_columns(length=pl.Series(length))
    chosen = RatingSettings(styles=("length",))
    (plain,), styled = (
        compare_models(battles, "m1", "m2", "base"),
        compare_models(battles, "m1", "m2", "base", chosen, group="topic_id"),
    )
    assert [row.group for row in styled] == [None, "a"]
    assert abs(styled[0].difference) < abs(plain.difference)
    with pytest.raises(NotConvergedError):
        compare_models(battles.filter(topic_id="b"), "m1", "m2", "base", chosen)


@pytest.mark.parametrize(
    ("x", "y", "told", "message"),
    [
        ("m1", "m1", {}, "two different models that played are needed, not 'm1' and 'm1'"),
        ("m1", "nobody", {}, "two different models that played are needed, not 'm1' and 'nobody'"),
        ("m1", "m2", {"detect": 0.0}, "detect must be over 0, not 0.0"),
        ("m1", "m2", {"detect": float("nan")}, "detect must be over 0, not nan"),
    ],
)
def test_wrong_words_are_named(battles: pl.DataFrame, x: str, y: str, told: dict[str, float], message: str) -> None:
    """The same model twice, one that played nothing, no difference to look for."""
    with pytest.raises(ValueError, match=message):
        compare_models(battles, x, y, "base", **told)  # pyright: ignore[reportArgumentType]


def test_two_that_nothing_links_cannot_be_compared(make_matches: Make) -> None:
    """Over all questions it is an error that says so; in a group the row is left out."""
    linked = [(f"a{n}", *pair, "A=B") for n in range(8) for pair in (("m1", "base"), ("m2", "base"))]
    apart = [(f"b{n}", *pair, "A=B") for n in range(8) for pair in (("m1", "m2"), ("m3", "base"))]
    with pytest.raises(ValueError, match="no chain of wins links both 'm1' and 'm2' to the baseline"):
        compare_models(make_matches(apart), "m1", "m2", "base")
    found = compare_models(make_matches([*linked, *apart]), "m1", "m2", "base", group="topic_id")
    assert [row.group for row in found] == [None, "a"]


def test_with_baseline_is_what_compares_with_it(battles: pl.DataFrame) -> None:
    """The baseline is ½ whatever is left out, so the error of the difference is that of the model."""
    fit = fit_battles(battles, ["m1", "m2", "m3"], "base")
    effects = with_baseline(fit.effects)
    variance = 39 / 40 * ((effects.shift[:, 0] ** 2).sum() + effects.imaginary[0])
    (found,) = compare_models(battles, "m1", "base", "base")
    reach = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)
    assert found.detectable == pytest.approx(reach * math.sqrt(variance))
