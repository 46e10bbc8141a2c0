"""The interval by leaving one question out."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.battles import IS_STRONG, SCORE_OF_MODEL, Sums, sum_battles
from benchbuilder.rating.bradley_terry import win_rates
from benchbuilder.rating.intervals import Bounds, leave_one_out, question_intervals, t_quantile

Make = Callable[..., pl.DataFrame]
verdicts = st.sampled_from(list(Verdict))
games = st.lists(st.tuples(st.sampled_from("pqrstuvw"), st.just("m"), verdicts), min_size=1, max_size=40)


def _sums(won: Sequence[float], weight: Sequence[float]) -> Sums:
    names = tuple(f"q{number}" for number in range(len(won)))
    return Sums(("m",), names, np.array(won, dtype=float)[:, None], np.array(weight, dtype=float)[:, None])


def _bounds(sums: Sums, confidence: float = 0.95) -> Bounds:
    return question_intervals(leave_one_out(sums), win_rates(sums), confidence=confidence)


def test_worked_by_hand() -> None:
    """Four questions with S = 3, 0, 1, ½ and W = 3, 1, 1, 1: T = 6, w₀ = 1.5, T' = 7.5, p = (4.5 + .75)/7.5 = .7."""
    sums = _sums([3, 0, 1, 0.5], [3, 1, 1, 1])
    effects = leave_one_out(sums)
    assert effects.score == pytest.approx([0.7])
    assert effects.shift[:, 0] == pytest.approx([0.9 / 4.5, -0.7 / 6.5, 0.3 / 6.5, -0.2 / 6.5])
    assert effects.imaginary == pytest.approx([0.5 * (0.49 + 0.09) * 0.2**2])
    variance = 0.75 * (0.04 + (0.49 + 0.09 + 0.04) / 6.5**2 + 0.0116)
    half = 3.182446305 * math.sqrt(variance) / 0.21  # 97.5 % quantile of t with 3 degrees of freedom
    lower, upper = _bounds(sums)
    assert lower == pytest.approx([1 / (1 + math.exp(half - math.log(7 / 3)))])
    assert upper == pytest.approx([1 / (1 + math.exp(-half - math.log(7 / 3)))])
    assert (lower[0], upper[0]) == pytest.approx((0.0737, 0.9856), abs=5e-5)


@settings(deadline=None)
@given(games)
def test_equal_to_really_leaving_questions_out(make_battles: Make, played: list[tuple[str, str, str]]) -> None:
    """A slow second way in exact fractions: drop the games of a question, score the rest and the imaginary one."""

    def totals(without: str | None) -> tuple[Fraction, Fraction]:
        kept = [verdict for question, _, verdict in played if question != without]
        weights = [Fraction(3 if IS_STRONG[verdict] else 1) for verdict in kept]
        won = sum((w * Fraction(SCORE_OF_MODEL[v]) for w, v in zip(weights, kept, strict=True)), Fraction(0))
        return won, sum(weights, Fraction(0))

    questions = sorted({question for question, *_ in played})
    won, total = totals(None)
    imagined = total / len(questions)

    def score(without: str | None) -> Fraction:
        won_left, total_left = totals(without)
        return (won_left + imagined / 2) / (total_left + imagined)

    p = score(None)
    squares = sum((p - score(question)) ** 2 for question in questions)
    squares += sum((outcome - p) ** 2 for outcome in (0, 1)) / 2 * (imagined / (total + imagined)) ** 2
    effects = leave_one_out(sum_battles(make_battles(played), ["m"]))
    assert effects.score[0] == pytest.approx(float(p), abs=1e-14)
    assert (effects.shift**2).sum() + effects.imaginary[0] == pytest.approx(float(squares), abs=1e-14)
    assert win_rates(sum_battles(make_battles(played), ["m"]))[0] == pytest.approx(float(won / total), abs=1e-14)


def test_equal_to_a_clustered_regression_where_the_formulas_meet(make_battles: Make) -> None:
    """At p = ½ and equal weights per question, the shifts alone are the sandwich of statsmodels, to 1e-10."""
    import statsmodels.api as sm

    verdict_pairs = [("A>B", "A>B"), ("A>B", "B>A"), ("A=B", "A>B"), ("B>A", "A=B"), ("B>A", "B>A")] * 4
    played = [(f"q{number}", "m", verdict) for number, pair in enumerate(verdict_pairs) for verdict in pair]
    effects = leave_one_out(sum_battles(make_battles(played), ["m"]))
    score = np.array([SCORE_OF_MODEL[verdict] for *_, verdict in played])
    groups = np.unique([question for question, *_ in played], return_inverse=True)[1]
    fit = sm.GLM(score, np.ones((len(score), 1)), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    assert effects.score[0] == 0.5
    assert math.sqrt((effects.shift**2).sum()) / 0.25 == pytest.approx(fit.bse[0], abs=1e-10)


def test_models_are_independent_columns() -> None:
    """Many models at once give each what it would get alone, also where they played different questions."""
    random = np.random.default_rng(3)
    weight = random.integers(0, 4, size=(30, 6)).astype(float)
    won = weight * random.integers(0, 3, size=(30, 6)) / 2
    together = _bounds(Sums(tuple("abcdef"), tuple(map(str, range(30))), won, weight))
    for column in range(6):
        alone = _bounds(_sums(won[:, column].tolist(), weight[:, column].tolist()))
        assert (together.lower[column], together.upper[column]) == pytest.approx((alone.lower[0], alone.upper[0]))


def test_nothing_and_one_question_say_nothing() -> None:
    """Without a second question there is no spread between questions: 0 to 1, and the score stays what it is."""
    assert _bounds(_sums([0, 0], [0, 0])) == ([0.0], [1.0])
    assert _bounds(_sums([2, 0], [3, 0])) == ([0.0], [1.0])
    assert _bounds(Sums(("m",), (), np.zeros((0, 1)), np.zeros((0, 1)))) == ([0.0], [1.0])


@pytest.mark.parametrize("count", [2, 10, 500])
def test_won_or_lost_everything_is_open_on_one_side(count: int) -> None:
    """The end holds the printed score; the other end is inside and comes nearer with more questions."""
    lower, upper = _bounds(_sums([2.0] * count, [2] * count))
    assert upper[0] == 1.0
    assert 0 < lower[0] < 1 - 1 / (count + 1)
    mirrored = _bounds(_sums([0.0] * count, [2] * count))
    assert (mirrored.lower[0], mirrored.upper[0]) == pytest.approx((0.0, 1 - lower[0]))
    assert lower[0] < _bounds(_sums([2.0] * 2 * count, [2] * 2 * count)).lower[0]


@settings(deadline=None)
@given(games, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_interval_holds_the_score(
    make_battles: Make, played: list[tuple[str, str, str]], confidence: float
) -> None:
    """Inside 0 to 1, around the printed score, and wider for a higher confidence."""
    sums = sum_battles(make_battles(played), ["m"])
    lower, upper = _bounds(sums, confidence)
    assert 0 <= lower[0] <= win_rates(sums)[0] <= upper[0] <= 1
    wider = _bounds(sums, 0.995)
    assert wider.lower[0] <= lower[0]
    assert upper[0] <= wider.upper[0]


@settings(deadline=None)
@given(games)
def test_flipped_verdicts_give_the_mirrored_interval(make_battles: Make, played: list[tuple[str, str, str]]) -> None:
    """Neither side has an advantage: the loser's interval is the winner's, from the other end."""
    flipped = [(question, model, str(Verdict(verdict).flip())) for question, model, verdict in played]
    one = _bounds(sum_battles(make_battles(played), ["m"]))
    other = _bounds(sum_battles(make_battles(flipped), ["m"]))
    assert one.lower[0] == pytest.approx(1 - other.upper[0], abs=1e-12)
    assert one.upper[0] == pytest.approx(1 - other.lower[0], abs=1e-12)


@settings(deadline=None)
@given(games, st.sampled_from("pqrstuvwx"), st.sampled_from(["A>B", "A>>B"]))
def test_one_more_win_never_lowers_the_score(
    make_battles: Make, played: list[tuple[str, str, str]], question: str, win: str
) -> None:
    """The win rate moves up, or stays at 1 where everything was won."""
    before = win_rates(sum_battles(make_battles(played), ["m"]))[0]
    after = win_rates(sum_battles(make_battles([*played, (question, "m", win)]), ["m"]))[0]
    assert after > before or before == after == 1


def test_the_quantile_of_t() -> None:
    """Equal to scipy's distribution for few degrees of freedom, to the normal one for many; 0 where there are none."""
    from scipy.stats import t

    assert t_quantile(np.array([2, 3, 30, 500]), 0.9) == pytest.approx(t.ppf(0.95, [1, 2, 29, 499]), rel=1e-9)
    assert t_quantile(np.array([10**8]), 0.95) == pytest.approx([NormalDist().inv_cdf(0.975)], rel=1e-6)
    assert t_quantile(np.array([0, 1]), 0.95).tolist() == [0, 0]
