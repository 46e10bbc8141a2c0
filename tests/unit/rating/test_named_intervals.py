"""The intervals by name: resampled questions, statsmodels, and the rows of arena-hard-auto."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import norm

from benchbuilder.errors import UsageError
from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating import named_intervals
from benchbuilder.rating.battles import Matrix
from benchbuilder.rating.cells import cells_of
from benchbuilder.rating.fit import fit_battles, maximise_cells
from benchbuilder.rating.intervals import Bounds, question_intervals
from benchbuilder.rating.methods import percentile_bounds
from benchbuilder.rating.named_intervals import glm_bounds, intervals_of
from benchbuilder.rating.newton import maximise, sandwich
from benchbuilder.rating.options import Method, RatingSettings

Make = Callable[..., pl.DataFrame]
MODELS = ("m1", "m2", "m3")
VERDICTS = [verdict.value for verdict in Verdict]
star_games = st.lists(
    st.tuples(st.sampled_from("pqrstu"), st.sampled_from(MODELS), st.sampled_from(VERDICTS)), min_size=1, max_size=40
)
any_matches = st.lists(
    st.tuples(
        st.sampled_from("pqrstu"),
        st.permutations([*MODELS, "base"]).map(lambda names: names[:2]),
        st.sampled_from(VERDICTS),
    ).map(lambda drawn: (drawn[0], *drawn[1], drawn[2])),
    min_size=1,
    max_size=30,
)


def _star(make_battles: Make, count: int = 240, seed: int = 5) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    names = random.choice(MODELS, size=count)
    return make_battles([(f"q{n % 20}", str(names[n]), str(random.choice(VERDICTS))) for n in range(count)])


def _circle(make_matches: Make, count: int = 240, seed: int = 6) -> pl.DataFrame:
    """Games between all, with a style column."""
    random = np.random.default_rng(seed)
    pairs = [("m1", "base"), ("m2", "base"), ("m2", "m1"), ("m3", "m2"), ("m3", "base")]
    battles = make_matches((f"q{n % 24}", *pairs[n % 5], str(random.choice(VERDICTS))) for n in range(count))
    style = battles.select("question_id", "model", "baseline").unique(maintain_order=True)
    style = style.with_columns(x=pl.Series(random.normal(size=style.height)))
    return battles.join(style, on=["question_id", "model", "baseline"], how="left", maintain_order="left")


def _bounds(battles: pl.DataFrame, styles: tuple[str, ...] = (), **told: object) -> Bounds:
    chosen = RatingSettings(**told)  # pyright: ignore[reportArgumentType]
    fit = fit_battles(battles, MODELS, "base", strong_weight=chosen.strong_weight, styles=styles)
    return intervals_of(fit, battles, "base", chosen, styles)


def _rounds(battles: pl.DataFrame, method: str, **told: object) -> Matrix:
    chosen = RatingSettings(**told)  # pyright: ignore[reportArgumentType]
    fit = fit_battles(battles, MODELS, "base", strong_weight=chosen.strong_weight)
    return getattr(named_intervals, f"_{method}")(fit, battles, "base", chosen, ())


def _told_otherwise(battles: pl.DataFrame, turn: Make) -> pl.DataFrame:
    """The same battles, the last one from the other side, so that they are no star in form."""
    return turn(battles, [False] * (battles.height - 1) + [True])


@settings(deadline=None, max_examples=15)
@given(star_games, st.sampled_from(["question", "topic"]))
def test_bootstrap_rounds_of_a_star_are_those_of_any_games(
    make_battles: Make, turn: Make, played: list[tuple[str, str, str]], cluster: str
) -> None:
    """The same seed draws the same questions whichever way the rounds are fitted: each win rate is the same to 1e-9."""
    battles = make_battles(played)
    told = {"count_rounds": 8, "seed": 3, "cluster": cluster}
    closed = _rounds(battles, "bootstrap", **told)
    newton = _rounds(_told_otherwise(battles, turn), "bootstrap", **told)
    assert closed.shape == (8, 3)
    assert np.allclose(closed, newton, rtol=0, atol=1e-9, equal_nan=True)


def test_rows_of_one_model_are_the_same_draw_on_both_ways(make_battles: Make, turn: Make) -> None:
    """With one pair there is one pot of copied rows: the general way draws what the star draws."""
    battles = _star(make_battles).filter(model="m1")
    closed = _rounds(battles, "rows", count_rounds=20, seed=4)
    newton = _rounds(_told_otherwise(battles, turn), "rows", count_rounds=20, seed=4)
    assert np.allclose(closed[:, 0], newton[:, 0], rtol=0, atol=1e-9)
    assert np.isnan(closed[:, 1:]).all()
    assert np.isnan(newton[:, 1:]).all()


def test_rows_between_many_models_are_drawn_from_one_pot(make_matches: Make, turn: Make) -> None:
    """Each round has as many copied rows as the file, and in the mean the win rates that are printed."""
    battles = _circle(make_matches)
    rounds = _rounds(battles, "rows", count_rounds=300, seed=1)
    fit = fit_battles(battles, MODELS, "base")
    assert rounds.mean(axis=0) == pytest.approx(fit.win_rate, abs=0.02)
    sides = np.random.default_rng(0).random(battles.height) < 0.5
    turned = _rounds(turn(battles, sides.tolist()), "rows", count_rounds=300, seed=1)
    assert turned.std(axis=0) == pytest.approx(rounds.std(axis=0), rel=0.15)


@pytest.mark.parametrize("method", ["bootstrap", "rows"])
@pytest.mark.parametrize("is_star", [True, False])
def test_rounds_are_seeded(make_battles: Make, make_matches: Make, method: str, *, is_star: bool) -> None:
    """The same seed gives the same interval to the last bit, another seed another one."""
    battles = _star(make_battles) if is_star else _circle(make_matches)
    one, same, other = (_bounds(battles, method=method, count_rounds=20, seed=seed) for seed in (7, 7, 8))
    assert one.lower.tolist() == same.lower.tolist()
    assert one.upper.tolist() == same.upper.tolist()
    assert one.lower.tolist() != other.lower.tolist()


def test_how_many_rounds_there_are_by_default(make_battles: Make) -> None:
    """1,000 of the bootstrap, 100 of rows, as the reference; any number that is set."""
    battles = _star(make_battles)
    assert _rounds(battles, "bootstrap").shape == (1000, 3)
    assert _rounds(battles, "rows").shape == (100, 3)
    assert _rounds(battles, "rows", count_rounds=7).shape == (7, 3)


@pytest.mark.parametrize("method", ["bootstrap", "rows"])
def test_the_percentiles_of_the_reference(make_battles: Make, method: str) -> None:
    """5 and 95 lie inside 2.5 and 97.5, which 95 % confidence takes; both are percentiles of the same rounds."""
    battles = _star(make_battles)
    usual = _bounds(battles, method=method)
    narrower = _bounds(battles, method=method, percentiles=(5, 95))
    assert (usual.lower < narrower.lower).all()
    assert (narrower.upper < usual.upper).all()
    assert _bounds(battles, method=method, confidence=0.9).lower == pytest.approx(narrower.lower)
    expected = np.percentile(_rounds(battles, method), [5, 95], axis=0)
    assert [narrower.lower, narrower.upper] == [pytest.approx(expected[0]), pytest.approx(expected[1])]


def test_rows_are_narrower_than_questions(make_battles: Make) -> None:
    """Where all games of a question end alike, copies of rows pretend to be many independent games."""
    played = [(f"q{n}", "m1", "A>>B" if n % 3 else "B>>A") for n in range(60) for _ in range(2)]
    width = {
        method: float(np.subtract(*reversed(_bounds(make_battles(played), method=method)))[0])
        for method in ("questions", "bootstrap", "glm", "rows")
    }
    assert width["rows"] < 0.5 * min(width["questions"], width["bootstrap"], width["glm"])


@pytest.mark.parametrize(("told", "styles"), [({"strong_weight": 2.5}, ()), ({"strong_weight": 0.5}, ()), ({}, ("x",))])
def test_rows_know_whole_weights_and_no_style(
    make_matches: Make, told: dict[str, float], styles: tuple[str, ...]
) -> None:
    """A row is copied a whole number of times or not at all; anything else is a wrong word of the user."""
    with pytest.raises(UsageError, match="set a whole strong_weight and no style"):
        _bounds(_circle(make_matches), styles, method="rows", **told)


def test_rows_copy_strong_verdicts_as_often_as_the_weight_says(make_battles: Make) -> None:
    """With weight 1 nothing is copied, so that the win rates of the rounds are of another mean than with 3."""
    battles = make_battles([("q", "m1", "A>>B")] * 10 + [("r", "m1", "B>A")] * 10)
    assert np.nanmean(_rounds(battles, "rows", strong_weight=1.0)[:, 0]) == pytest.approx(0.5, abs=0.03)
    assert np.nanmean(_rounds(battles, "rows", strong_weight=3.0)[:, 0]) == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("styles", [(), ("x",)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_glm_is_a_wald_interval_of_our_sandwich(make_matches: Make, styles: tuple[str, ...], confidence: float) -> None:
    """Normal quantile, and the factor G/(G-1) · (n-1)/(n-k) that the library puts on clustered errors: to 1e-8."""
    battles = _circle(make_matches)
    cells = cells_of(battles, MODELS, "base", styles=styles)
    maximum = maximise(cells.design(), cells.won, cells.weight)
    count, size, groups = len(cells.won), len(maximum.parameters), len(cells.clusters)
    factor = groups / (groups - 1) * (count - 1) / (count - size)
    errors = np.sqrt(factor * np.diag(sandwich(cells, maximum))[:3])
    half = norm.ppf((1 + confidence) / 2) * errors
    lower, upper = _bounds(battles, styles, method="glm", confidence=confidence)
    assert lower == pytest.approx(expit(maximum.parameters[:3] - half), abs=1e-8)
    assert upper == pytest.approx(expit(maximum.parameters[:3] + half), abs=1e-8)


def test_glm_of_a_star_is_the_same_from_either_side(make_battles: Make, turn: Make) -> None:
    """It has one way for all games; telling one from the other side only splits a cell in two."""
    battles = _star(make_battles)
    one = glm_bounds(cells_of(battles, MODELS, "base"), np.full(3, np.nan), confidence=0.95)
    turned = turn(battles, [True] * battles.height)
    other = glm_bounds(cells_of(turned, MODELS, "base"), np.full(3, np.nan), confidence=0.95)
    assert one.lower == pytest.approx(other.lower, abs=1e-10)
    assert one.upper == pytest.approx(other.upper, abs=1e-10)


@pytest.mark.parametrize(
    "played",
    [
        pytest.param([], id="nothing"),
        pytest.param([("p", "m1", "A>B"), ("q", "m1", "A>B")], id="everything won"),
        pytest.param([("p", "m1", "A>B"), ("p", "m1", "B>A")], id="one question"),
        pytest.param([("p", "m1", "A=B"), ("q", "m2", "A=B")], id="as many cells as models"),
    ],
)
def test_glm_says_0_to_1_where_it_has_nothing_to_say(make_battles: Make, played: list[tuple[str, str, str]]) -> None:
    """No finite rating, no spread between questions or no degree of freedom: no interval, and no warning or error."""
    lower, upper = _bounds(make_battles(played), method="glm")
    assert (lower.tolist(), upper.tolist()) == ([0.0] * 3, [1.0] * 3)


def test_glm_takes_equal_shares_for_what_they_are(make_battles: Make, recwarn: pytest.WarningsRecorder) -> None:
    """Questions that all ended ½ are fitted exactly, which is no perfect separation to warn of."""
    battles = make_battles([(f"q{n}", "m1", verdict) for n in range(5) for verdict in ("A>B", "B>A")])
    assert _bounds(battles, method="glm")[0] == pytest.approx([0.5, 0, 0])
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize("method", ["questions", "bootstrap", "glm", "rows"])
@pytest.mark.parametrize("is_star", [True, False])
def test_a_model_that_won_everything(make_battles: Make, make_matches: Make, method: Method, *, is_star: bool) -> None:
    """Its interval holds 1; where a method has no answer it is 0 to 1.

    Ours for one win on each of 20 questions by hand:
    p = 20.5/21, Σu² = 20·((1-p)/20)², imaginary ½(p² + (1-p)²)/21², so √v = .0325 and t(19) = 2.093.
    """
    winner = make_battles([(f"q{n}", "m3", "A>B") for n in range(20)])
    others = _star(make_battles) if is_star else _circle(make_matches).drop("x")
    lower, upper = _bounds(pl.concat([others.filter(pl.col("model") != "m3"), winner]), method=method, count_rounds=30)
    assert upper[2] == 1.0
    assert lower[2] == {"glm": 0.0, "bootstrap": 1.0, "rows": 1.0}.get(method, pytest.approx(0.6878, abs=1e-4))


def test_rounds_that_say_nothing_are_left_out() -> None:
    """NaN is a round in which the model did not play; only NaN is 0 to 1, and a printed score is always inside."""
    rounds = np.array([[0.2, np.nan, 0.5], [np.nan, np.nan, 0.5], [0.4, np.nan, 0.5], [0.3, np.nan, 0.5]])
    bounds = percentile_bounds(rounds, (0, 100), np.array([0.3, np.nan, 0.6]))
    assert bounds == (pytest.approx([0.2, 0, 0.5]), pytest.approx([0.4, 1, 0.6]))


def test_rounds_that_a_style_decides_are_left_out(make_battles: Make) -> None:
    """Six drawn of six questions often leave games that a style decides: that round has no win rate, the board has."""
    played = [(f"q{n}", "m1", verdict) for n, verdict in enumerate(["A>B", "B>A", "A>B", "B>A", "A>B", "B>A"])]
    battles = make_battles(played).with_columns(x=pl.Series([0.9, -0.2, -0.8, 0.7, 0.3, -1.1]))
    cells = cells_of(battles, ["m1"], "base", styles=("x",))
    point = maximise_cells(cells)
    lower, upper = _bounds_of_one(battles, method="bootstrap", count_rounds=60)
    assert 0 <= lower < point.win_rate[0] < upper <= 1


def _bounds_of_one(battles: pl.DataFrame, **told: object) -> tuple[float, float]:
    fit = fit_battles(battles, ["m1"], "base", styles=("x",))
    bounds = intervals_of(fit, battles, "base", RatingSettings(**told), ("x",))  # pyright: ignore[reportArgumentType]
    return float(bounds.lower[0]), float(bounds.upper[0])


@settings(deadline=None, max_examples=25)
@given(any_matches, st.sampled_from(["questions", "bootstrap", "glm", "rows"]), st.sampled_from([0.5, 0.95]))
def test_every_interval_holds_the_printed_score(
    make_matches: Make, played: list[tuple[str, str, str, str]], method: Method, confidence: float
) -> None:
    """Inside 0 to 1 and around the win rate, for any games; 0 to 1 where there is no win rate."""
    battles = make_matches(played)
    fit = fit_battles(battles, MODELS, "base")
    chosen = RatingSettings(method=method, confidence=confidence, count_rounds=5)
    lower, upper = intervals_of(fit, battles, "base", chosen, ())
    is_known = ~np.isnan(fit.win_rate)
    assert (lower >= 0).all()
    assert (upper <= 1).all()
    assert (lower[is_known] <= fit.win_rate[is_known]).all()
    assert (fit.win_rate[is_known] <= upper[is_known]).all()
    assert lower[~is_known].tolist() == [0.0] * (~is_known).sum()
    assert upper[~is_known].tolist() == [1.0] * (~is_known).sum()


def test_questions_are_the_default(make_battles: Make) -> None:
    """Without a word about the method the interval is ours."""
    battles = _star(make_battles)
    fit = fit_battles(battles, MODELS, "base")
    ours = question_intervals(fit.effects, fit.win_rate, confidence=0.95)
    assert _bounds(battles).lower.tolist() == ours.lower.tolist()
