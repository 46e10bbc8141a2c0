"""One score per model against the baseline, from games between any models."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.battles import Cluster
from benchbuilder.rating.fit import Fit, fit_battles, is_star
from benchbuilder.rating.leaderboard import fit_leaderboard
from benchbuilder.rating.options import Method, RatingSettings
from benchbuilder.rating.plan import count_games

Make = Callable[..., pl.DataFrame]
Match = tuple[str, str, str, str]  # question, model, baseline, verdict from the model's side
MODELS = ("m1", "m2", "m3", "m4")
few_examples = settings(deadline=None, max_examples=40)
star_games = st.lists(
    st.tuples(st.sampled_from("pqrstu"), st.sampled_from(MODELS[:3]), st.sampled_from(list(Verdict))),
    min_size=1,
    max_size=40,
)
any_match = st.tuples(
    st.sampled_from(["a1", "a2", "b1", "b2", "c1", "d1"]),
    st.permutations([*MODELS, "base"]).map(lambda names: names[:2]),
    st.sampled_from(list(Verdict)),
).map(lambda drawn: (drawn[0], *drawn[1], drawn[2]))
any_matches = st.lists(any_match, min_size=1, max_size=40)


def _gram(fit: Fit) -> np.ndarray:
    """What all errors of scores and of differences stand on: sums over left-out clusters of products of shifts."""
    return fit.effects.shift.T @ fit.effects.shift + np.diag(fit.effects.imaginary)


def _assert_equal(one: Fit, other: Fit, tolerance: float) -> None:
    for attribute in ("win_rate", "rating"):
        left, right = getattr(one, attribute), getattr(other, attribute)
        assert left == pytest.approx(right, abs=tolerance, rel=tolerance, nan_ok=True)
    for left, right in (
        (one.effects.score, other.effects.score),
        (_gram(one), _gram(other)),
    ):
        assert np.abs(left - right).max(initial=0.0) <= tolerance
    assert one.effects.count_clusters.tolist() == other.effects.count_clusters.tolist()
    assert one.is_connected.tolist() == other.is_connected.tolist()
    assert one.is_placed.tolist() == other.is_placed.tolist()
    assert one.style["style"].to_list() == other.style["style"].to_list()
    for column in ("coefficient", "lower", "upper"):
        assert one.style[column].to_list() == pytest.approx(other.style[column].to_list(), abs=tolerance)


def _rows(battles: pl.DataFrame, baseline: str = "base") -> dict[str, dict[str, object]]:
    board = fit_leaderboard(battles, count_games(battles, baseline), baseline=baseline)
    return {row["model"]: row for row in board.rows.to_dicts()}


def _shown(rows: dict[str, dict[str, object]], *names: str) -> list[tuple[object, ...]]:
    return [tuple(rows[name][column] for column in ("win_rate", "rank_low", "rank_high", "reason")) for name in names]


@few_examples
@given(star_games, st.sampled_from(["question", "topic"]))
def test_a_star_through_newton_is_the_closed_form(
    make_battles: Make, turn: Make, played: list[tuple[str, str, str]], cluster: Cluster
) -> None:
    """One battle told from the other side makes it no star in form: Newton's method fits it, the same to 1e-12."""
    battles = make_battles(played)
    turned = turn(battles, [True] + [False] * (len(played) - 1))
    assert is_star(battles, "base")
    assert not is_star(turned, "base")
    closed = fit_battles(battles, MODELS, "base", cluster=cluster)
    newton = fit_battles(turned, MODELS, "base", cluster=cluster)
    assert closed.sums is not None
    assert newton.sums is None
    _assert_equal(closed, newton, 1e-12)


def test_a_chain_worked_by_hand(make_matches: Make) -> None:
    """Where each pair met alone, log-odds add up along the chain, whoever stands in the column of the baseline."""
    games = [
        *[("q1", "m1", "m2", "A>B"), ("q2", "m1", "m2", "A>>B"), ("q1", "m1", "m2", "B>A")],  # 4 to 1
        *[("q1", "base", "m2", "A>B"), ("q3", "base", "m2", "A=B")],  # 1½ to ½
        *[("q2", "m3", "base", "B>A"), ("q2", "m3", "base", "A>B")],
    ]
    fit = fit_battles(make_matches(games), ["m1", "m2", "m3"], "base")
    assert fit.rating == pytest.approx([math.log(4 / 3), -math.log(3), 0.0], abs=1e-12)
    assert fit.win_rate == pytest.approx([4 / 7, 1 / 4, 1 / 2], abs=1e-12)
    assert fit.effects.count_clusters.tolist() == [2, 3, 1]
    assert fit.is_placed.all()


def test_several_baselines_at_the_likelihoods_maximum(make_matches: Make) -> None:
    """In a circle there is no sum to read off: each model's expected wins equal its wins, which is the maximum."""
    random = np.random.default_rng(2)
    opponents = [("m1", "base"), ("m1", "m2"), ("m2", "base"), ("m3", "m1"), ("m3", "base")]
    games: list[Match] = [
        (f"q{number % 12}", *opponents[number % 5], str(random.choice(list(Verdict)))) for number in range(200)
    ]
    fit = fit_battles(make_matches(games), ["m1", "m2", "m3"], "base")
    rating = dict(zip((*fit.models, "base"), [*fit.rating, 0.0], strict=True))
    surplus = dict.fromkeys(rating, 0.0)
    for _, model, opponent, verdict in games:
        weight = 3.0 if Verdict(verdict).is_strong else 1.0
        expected = 1 / (1 + math.exp(rating[opponent] - rating[model]))
        surplus[model] += weight * (Verdict(verdict).score_of_first - expected)
        surplus[opponent] -= weight * (Verdict(verdict).score_of_first - expected)
    assert list(surplus.values()) == pytest.approx([0] * 4, abs=1e-9)
    assert fit.win_rate == pytest.approx(1 / (1 + np.exp(-fit.rating)), abs=1e-15)


def _ladder(model: str, baseline: str, wins: int, questions: int = 20) -> list[Match]:
    """A model that wins both games of its first questions and loses the others."""
    outcomes = [(f"q{number}", "A>B" if number < wins else "B>A") for number in range(questions) for _ in range(2)]
    return [(question, model, baseline, verdict) for question, verdict in outcomes]


ORDINARY = [*_ladder("m1", "base", 16), *_ladder("m2", "m1", 6), *_ladder("m2", "base", 9)]
AMONG_THEMSELVES = [*_ladder("far1", "far2", 10)]
WINS_ALL = [*_ladder("top", "base", 20), *_ladder("top", "m1", 20)]
LOSES_ALL = [*_ladder("bottom", "m2", 0)]
UNDER_THE_TOP = [*_ladder("top", "base", 20), *_ladder("top", "under", 20)]
TWO_TOPS = [*_ladder("top", "base", 20), *_ladder("top2", "top", 10)]
TWO_BOTTOMS = [*_ladder("bottom", "m2", 0), *_ladder("bottom2", "bottom", 10)]


@pytest.mark.parametrize(
    ("extra", "odd", "shown"),
    [
        (AMONG_THEMSELVES, "far1", (None, None, None, "not ranked: no chain of games leads to the baseline")),
        (AMONG_THEMSELVES, "far2", (None, None, None, "not ranked: no chain of games leads to the baseline")),
        (WINS_ALL, "top", (1.0, 1, 1, "won everything: no finite rating")),
        (LOSES_ALL, "bottom", (0.0, 4, 4, "lost everything: no finite rating")),
        (UNDER_THE_TOP, "under", (None, None, None, "not ranked: no chain of wins leads to the baseline")),
        (TWO_TOPS, "top2", (1.0, 1, 2, "above by a chain of wins only: no finite rating")),
        (TWO_BOTTOMS, "bottom2", (0.0, 4, 5, "below by a chain of losses only: no finite rating")),
    ],
)
def test_without_a_finite_rating_a_model_has_a_reason(
    make_matches: Make, extra: list[Match], odd: str, shown: tuple[object, ...]
) -> None:
    """Each is on the board with what can be said of it, and has no rating."""
    rows = _rows(make_matches([*ORDINARY, *extra]))
    assert _shown(rows, odd) == [shown]
    assert rows[odd]["rating"] is None
    assert rows[odd]["is_ranked"] == (shown[1] is not None)
    if shown[0] is None:
        assert (rows[odd]["lower"], rows[odd]["upper"]) == (0.0, 1.0)


def test_a_model_that_played_nothing(make_matches: Make) -> None:
    """It is listed without numbers, beside models that several baselines fit."""
    battles = make_matches(ORDINARY)
    absent = pl.DataFrame([("absent", 0, 0)], schema=["model", "count_planned", "count_readable"], orient="row")
    board = fit_leaderboard(battles, pl.concat([count_games(battles, "base"), absent]), baseline="base")
    row = board.rows.row(by_predicate=pl.col("model") == "absent", named=True)
    assert (row["win_rate"], row["lower"], row["upper"], row["rating"]) == (None, 0.0, 1.0, None)
    assert (row["is_ranked"], row["reason"]) == (False, "not ranked: played nothing")
    without = fit_leaderboard(battles, count_games(battles, "base"), baseline="base")
    assert board.rows.filter(pl.col("model") != "absent").equals(without.rows)


@pytest.mark.parametrize(
    "extra",
    [
        AMONG_THEMSELVES,
        [*UNDER_THE_TOP, *_ladder("top2", "under", 20)],
        [*UNDER_THE_TOP, *_ladder("crown", "base", 20), *_ladder("crown", "under", 20)],
    ],
)
def test_who_is_not_ranked_changes_nobody_else(make_matches: Make, extra: list[Match]) -> None:
    """Unconnected and unplaced models leave others their numbers and ranks, as if these had never played them."""
    unranked = {"far1", "far2", "under", "top2"}
    rows = _rows(make_matches([*ORDINARY, *extra]))
    kept = [match for match in extra if not unranked & set(match[1:3])]
    without = _rows(make_matches([*ORDINARY, *kept]))
    assert set(rows) - set(without) == unranked & {name for match in extra for name in match[1:3]}
    for name, row in without.items():
        for column in ("win_rate", "lower", "upper", "rating", "rank_low", "rank_high", "is_ranked"):
            assert rows[name][column] == pytest.approx(row[column], abs=1e-12), (name, column)


@pytest.mark.parametrize("is_canary", [True, False])
@pytest.mark.parametrize("method", ["questions", "bootstrap", "glm"])
def test_who_does_not_pass_the_gate_moves_nobody(make_matches: Make, method: Method, *, is_canary: bool) -> None:
    """The few games of a model that is hardly read, or of a canary, with several others leave these where they are."""
    barred = [*_ladder("m1", "barred", 0), *_ladder("barred", "m2", 0)]
    battles, kept = make_matches([*ORDINARY, *barred]), make_matches(ORDINARY)
    planned = count_games(battles, "base")
    if not is_canary:
        planned = planned.with_columns(
            pl.when(model="barred").then(9999).otherwise("count_planned").alias("count_planned")
        )
    without_barred = count_games(kept, "base")
    planned_without = planned.filter(pl.col("model") != "barred")
    chosen = RatingSettings(method=method, count_rounds=20)
    canaries = {"barred": "canary: padded"} if is_canary else {}
    board = fit_leaderboard(battles, planned, chosen, baseline="base", canaries=canaries)
    without = fit_leaderboard(kept, without_barred, chosen, baseline="base")
    columns = ["model", "win_rate", "lower", "upper", "rating", "rank_low", "rank_high", "is_ranked", "count_questions"]
    assert planned_without["count_readable"].sum() > without_barred["count_readable"].sum()
    assert board.rows.filter(pl.col("model") != "barred").select(columns).equals(without.rows.select(columns))
    assert board.pairs.p_holm.tolist() == without.pairs.p_holm.tolist()
    barred_row = board.rows.row(by_predicate=pl.col("model") == "barred", named=True)
    assert 0 < barred_row["win_rate"] < 1
    assert barred_row["reason"] == ("canary: padded" if is_canary else "not ranked: 0 % read")
    assert barred_row["rank_low"] is None


def test_a_board_of_none_that_passes_has_numbers(make_matches: Make) -> None:
    """All of several baselines' models are hardly read: listed with what was read, nobody ranked."""
    battles = make_matches(ORDINARY)
    planned = count_games(battles, "base").with_columns(count_planned=pl.lit(9999))
    board = fit_leaderboard(battles, planned, baseline="base")
    fit = fit_battles(battles, ["m1", "m2"], "base")
    assert board.rows.filter(pl.col("model") != "base")["win_rate"].to_list() == pytest.approx(fit.win_rate.tolist())
    assert board.rows["rank_low"].to_list() == [None] * 3


def test_a_baseline_that_nobody_was_set_against(make_matches: Make) -> None:
    """Any model can be the one that all are measured against, also one that stood on the model's side only."""
    battles = make_matches(ORDINARY)
    against_base = fit_battles(battles, ["m1", "m2"], "base")
    against_m2 = fit_battles(battles, ["base", "m1"], "m2")
    assert "m2" not in battles["baseline"]
    shift = against_base.rating[1]
    assert against_m2.rating == pytest.approx([-shift, against_base.rating[0] - shift], abs=1e-12)
    rows = _rows(battles, "m2")
    assert (rows["m2"]["win_rate"], rows["m2"]["lower"], rows["m2"]["upper"]) == (0.5, 0.5, 0.5)
    assert rows["base"]["win_rate"] == pytest.approx(1 - against_base.win_rate[1], abs=1e-12)


def test_a_baseline_without_games(make_matches: Make) -> None:
    """Against somebody who played nobody there is nothing to say, and the board says so."""
    rows = _rows(make_matches(ORDINARY), "stranger")
    assert _shown(rows, "m1", "stranger") == [
        (None, None, None, "not ranked: no chain of games leads to the baseline"),
        (0.5, None, None, "not ranked: no model to compare with"),
    ]
    assert (rows["m1"]["lower"], rows["m1"]["upper"], rows["m1"]["count_judgments"]) == (0.0, 1.0, 80)
    assert (rows["stranger"]["count_judgments"], rows["stranger"]["share_readable"]) == (0, None)


def test_the_baselines_counts_are_of_its_own_games(make_matches: Make) -> None:
    """With several baselines the games between others are not the baseline's, and what was planned is not known."""
    rows = _rows(make_matches([*ORDINARY, ("q99", "m2", "m1", "A=B")]))
    base = rows["base"]
    assert (base["count_planned"], base["count_judgments"], base["count_questions"]) == (80, 80, 20)
    assert base["share_readable"] is None
    assert (rows["m1"]["count_judgments"], rows["m1"]["count_questions"], rows["m1"]["share_readable"]) == (81, 21, 1)


def _with_styles(battles: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Columns x and y for each question and pair, from the model's side."""
    random = np.random.default_rng(seed)
    values: dict[tuple[str, ...], np.ndarray] = {}
    rows = []
    for question, model, baseline in battles.select("question_id", "model", "baseline").iter_rows():
        key = (question, *sorted((model, baseline)))
        rows.append(values.setdefault(key, random.normal(size=2)) * (1 if model < baseline else -1))
    x, y = np.array(rows).T
    return battles.with_columns(x=pl.Series(x), y=pl.Series(y))


def _dense(make_matches: Make, extra: Sequence[Match] = ()) -> pl.DataFrame:
    """Every pair met on every question, each with both outcomes, so that any style has its single maximum."""
    names = ["m1", "m2", "m3", "base"]
    met = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    games = [(q, *pair, verdict) for q in ("a1", "a2", "b1", "c1") for pair in met for verdict in ("A>B", "B>A")]
    return _with_styles(make_matches([*games, *extra]), seed=1)


extra_matches = st.lists(any_match.filter(lambda match: "m4" not in match), max_size=30)


@few_examples
@given(any_matches, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(make_matches: Make, played: list[Match], random: object) -> None:
    """Shuffled battles between any models give the same fit to 1e-12."""
    shuffled = list(played)
    random.shuffle(shuffled)  # pyright: ignore[reportAttributeAccessIssue]
    one, other = (fit_battles(make_matches(matches), MODELS, "base") for matches in (played, shuffled))
    _assert_equal(one, other, 1e-12)


@few_examples
@given(any_matches, st.integers(0, 2**40 - 1))
def test_sides_change_nothing(make_matches: Make, turn: Make, played: list[Match], sides: int) -> None:
    """A battle told from the other side, with its verdict flipped, is the same battle."""
    battles = make_matches(played)
    turned = turn(battles, [bool(sides >> place & 1) for place in range(len(played))])
    _assert_equal(fit_battles(battles, MODELS, "base"), fit_battles(turned, MODELS, "base"), 1e-12)


@settings(deadline=None, max_examples=20)
@given(extra_matches, st.integers(0, 2**80 - 1), st.sampled_from(["question", "topic"]))
def test_neither_order_nor_sides_change_a_fit_with_style(
    make_matches: Make, turn: Make, extra: list[Match], sides: int, cluster: Cluster
) -> None:
    """Scores, effects and coefficients stay, where the style columns are told from the other side as well."""
    battles = _dense(make_matches, extra)
    turned = turn(battles, [bool(sides >> place & 1) for place in range(battles.height)], ["x", "y"])
    turned = turned.sample(fraction=1.0, shuffle=True, seed=sides % 1000)
    one, other = (
        fit_battles(told, MODELS[:3], "base", styles=("x", "y"), cluster=cluster) for told in (battles, turned)
    )
    _assert_equal(one, other, 1e-10)


def test_the_columns_of_style_are_named(make_matches: Make) -> None:
    """Asked for in another order, each coefficient keeps its name and value."""
    battles = _dense(make_matches, [("d1", "m1", "base", "A>>B"), ("d1", "m2", "m1", "A>B")])
    one, other = (fit_battles(battles, MODELS[:3], "base", styles=styles) for styles in (("x", "y"), ("y", "x")))
    assert one.style["style"].to_list() == ["x", "y"]
    assert other.style["style"].to_list() == ["y", "x"]
    assert one.style["coefficient"].to_list() == pytest.approx(other.style["coefficient"].to_list()[::-1], abs=1e-12)
    assert (
        one.style.filter(pl.col("lower") < pl.col("coefficient"), pl.col("coefficient") < pl.col("upper")).height == 2
    )


def test_where_nobody_has_a_finite_rating_style_has_no_coefficient(make_battles: Make) -> None:
    """One model that won everything, in any style: the win rate is 1, and nothing is said of style."""
    battles = make_battles([(f"q{number}", "m1", "A>B") for number in range(8)])
    battles = battles.with_columns(x=pl.Series([1.0, -1.0] * 4))
    fit = fit_battles(battles, ["m1"], "base", styles=("x",))
    assert fit.win_rate.tolist() == [1.0]
    assert np.isnan(fit.rating).all()
    assert fit.style.rows() == [("x", None, None, None)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"models": ["m1"]}, "1 unknown values in column model, such as 'm2'"),
        ({"baseline": "m2", "models": ["m1", "m3"]}, "1 unknown values in column baseline, such as 'base'"),
        ({"styles": ("length",)}, "the frame has no column length"),
    ],
)
def test_what_does_not_go_together_is_named(make_matches: Make, wrong: dict[str, object], message: str) -> None:
    """Names and columns that are missing are said."""
    told = {"models": ["m1", "m2"], "baseline": "base"} | wrong
    with pytest.raises(ValueError, match=message):
        fit_battles(make_matches(ORDINARY), **told)  # pyright: ignore[reportArgumentType]


def test_a_model_never_meets_itself(make_matches: Make) -> None:
    """Such a row is an error in the data, of the baseline too."""
    for name in ("m1", "base"):
        with pytest.raises(ValueError, match="judged against itself"):
            fit_battles(make_matches([*ORDINARY, ("q1", name, name, "A=B")]), ["m1", "m2"], "base")
