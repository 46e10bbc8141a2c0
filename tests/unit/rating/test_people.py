"""A board of people's votes."""

import math
from collections.abc import Callable, Iterable
from typing import cast

import choix
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.rating.fit import fit_battles
from benchbuilder.rating.people import VOTE_COLUMNS, rate_votes

Make = Callable[..., pl.DataFrame]
Vote = tuple[str, str, str]  # model_a, model_b, winner
POINTS = 400 / math.log(10)
MODELS = ("m1", "m2", "m3", "m4")
WINNERS = ("model_a", "model_b", "tie", "both_bad")
COLUMNS = ["model", "score", "lower", "upper", "mean", "variance"]
pair = st.permutations(MODELS).map(lambda names: names[:2])
any_votes = st.lists(
    st.tuples(pair, st.sampled_from(WINNERS)).map(lambda drawn: (*drawn[0], drawn[1])), min_size=1, max_size=60
)
# A circle of wins makes every rating finite.
linked_votes = any_votes.map(
    lambda votes: [*votes, *[(one, MODELS[(place + 1) % 4], "model_a") for place, one in enumerate(MODELS)]]
)


def _votes(votes: Iterable[Vote]) -> pl.DataFrame:
    rows = [(f"v{number}", *vote) for number, vote in enumerate(votes)]
    return pl.DataFrame(rows, schema=dict.fromkeys(VOTE_COLUMNS, pl.String), orient="row")


def _scores(votes: Iterable[Vote]) -> dict[str, float | None]:
    return dict(rate_votes(_votes(votes)).select("model", "score").rows())


def test_two_models_by_hand() -> None:
    """Three wins of four are odds of 3: 400 · log10(3) points apart, around 1000; best first."""
    rated = rate_votes(_votes([("b", "a", "model_b")] * 3 + [("a", "b", "model_b")]))
    assert rated.columns == COLUMNS
    assert rated["model"].to_list() == ["a", "b"]
    half = 200 * math.log10(3)
    assert rated["score"].to_list() == pytest.approx([1000 + half, 1000 - half])


def test_the_interval_by_hand() -> None:
    """Each vote left out in turn, and one imaginary vote: on the logit scale, half of the distance, in points of Elo.

    Four votes, three won: T' = 5, p = 3.5/5 = .7; u = .3/4 thrice, -.7/4, imaginary ½(.49 + .09)/25; t(3) = 3.1824.
    """
    rated = rate_votes(_votes([("a", "b", "model_a")] * 3 + [("a", "b", "model_b")]))
    variance = 3 / 4 * (3 * 0.075**2 + 0.175**2 + 0.29 / 25) / 0.21**2 * (POINTS / 2) ** 2
    mean = 1000 + POINTS / 2 * math.log(0.7 / 0.3)
    assert rated["variance"].to_list() == pytest.approx([variance] * 2)
    assert rated["mean"].to_list() == pytest.approx([mean, 2000 - mean])
    reach = 3.182446305 * math.sqrt(variance)
    assert rated.row(0)[2:4] == pytest.approx((mean - reach, mean + reach))
    assert rated.row(1)[2:4] == pytest.approx((2000 - mean - reach, 2000 - mean + reach))


def test_ties_and_both_bad_are_half_a_win() -> None:
    """Both bad says that neither was better, as a tie does."""
    plain = [("a", "b", "model_a"), ("b", "c", "model_a"), ("c", "a", "model_a")]
    one, other = (_scores([*plain, ("a", "b", winner), ("a", "c", "model_a")]) for winner in ("tie", "both_bad"))
    assert one == other
    assert _scores([("a", "b", "model_a"), ("a", "b", "model_b")]) == _scores([("a", "b", "both_bad")] * 2)
    assert _scores([("a", "b", "tie")]) == {"a": 1000.0, "b": 1000.0}


@settings(deadline=None, max_examples=30)
@given(linked_votes)
def test_scores_are_those_of_choix(votes: list[Vote]) -> None:
    """The same ratings on the Elo scale with mean 1000, to 1e-6 log-odds; every interval holds the score."""
    rated = rate_votes(_votes(votes))
    wins = np.zeros((4, 4))
    for a, b, winner in votes:
        share = {"model_a": 1.0, "model_b": 0.0}.get(winner, 0.5)
        wins[MODELS.index(a), MODELS.index(b)] += share
        wins[MODELS.index(b), MODELS.index(a)] += 1 - share
    found = choix.ilsr_pairwise_dense(wins, max_iter=10_000, tol=1e-12)
    expected = 1000 + POINTS * (found - found.mean())
    scores = dict(rated.select("model", "score").rows())
    assert [scores[model] for model in MODELS] == pytest.approx(expected.tolist(), abs=1e-6 * POINTS)
    assert rated["score"].mean() == pytest.approx(1000)
    assert rated["score"].is_sorted(descending=True)
    assert rated.filter(pl.col("score").is_between("lower", "upper")).height == 4


@settings(deadline=None, max_examples=25)
@given(any_votes, st.randoms(use_true_random=False))
def test_neither_order_nor_sides_matter(votes: list[Vote], random: object) -> None:
    """Shuffled votes with the answers in the other order give the same board, scores or not."""
    swapped = {"model_a": "model_b", "model_b": "model_a"}
    turned = [(b, a, swapped.get(winner, winner)) for a, b, winner in votes]
    random.shuffle(turned)  # pyright: ignore[reportAttributeAccessIssue]
    one, other = (rate_votes(_votes(told)).sort("model") for told in (votes, turned))
    assert one["model"].to_list() == other["model"].to_list()
    for column in COLUMNS[1:]:
        assert one[column].to_list() == pytest.approx(other[column].to_list(), abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(any_votes)
def test_every_set_of_votes_has_a_board(votes: list[Vote]) -> None:
    """Whoever won or lost everything, all means and intervals are finite, and intervals hold the scores there are."""
    rated = rate_votes(_votes(votes))
    assert rated.height >= 2
    for column in ("lower", "upper", "mean", "variance"):
        assert rated[column].is_finite().all()
    scored = rated.drop_nulls("score")
    assert scored.height != 1
    assert scored.filter(pl.col("score").is_between("lower", "upper")).height == scored.height
    if scored.height:
        assert cast("float", scored["score"].mean()) == pytest.approx(1000)
        assert cast("float", scored["mean"].mean()) == pytest.approx(1000)


CIRCLE = [("b", "c", "model_a"), ("c", "d", "model_a"), ("d", "b", "model_a")]


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize(("winner", "low", "high"), [("model_a", 1000, 3000), ("model_b", -1000, 1000)])
def test_who_won_or_lost_everything_has_no_score(count: int, winner: str, low: float, high: float) -> None:
    """Its mean is on the right side; the others have the scores they have among themselves, however often it played."""
    rated = rate_votes(_votes(CIRCLE * 5 + [("a", other, winner) for other in "bcd"] * count))
    assert rated.row(3, named=True)["model"] == "a"
    assert rated.row(3, named=True)["score"] is None
    assert low < rated.row(3, named=True)["mean"] < high
    others = rate_votes(_votes(CIRCLE * 5))
    assert rated.head(3)["score"].to_list() == pytest.approx(others["score"].to_list())


def test_where_nobody_was_ever_beaten_back_there_are_no_scores() -> None:
    """One alone has no distance to anybody: means and intervals only, best first."""
    rated = rate_votes(_votes([("a", "b", "model_a"), ("b", "c", "model_a")]))
    assert rated["score"].to_list() == [None] * 3
    assert rated["model"].to_list() == ["a", "b", "c"]
    assert rated["mean"].mean() == pytest.approx(1000)


def test_models_that_no_vote_connects_are_left_out() -> None:
    """Between two groups there is no distance. The one with more models stays, however many votes the other has."""
    apart = [("x", "y", "model_a"), ("x", "y", "model_b")] * 50
    assert sorted(_scores([*CIRCLE, *apart])) == ["b", "c", "d"]
    assert sorted(_scores([*apart, ("p", "q", "tie")])) == ["x", "y"]  # of two groups of the same size: more votes
    joined = _scores([*CIRCLE, *apart, ("x", "b", "model_a")])  # a win, and none back
    assert {model for model, score in joined.items() if score is None} == {"x", "y"}


def test_ratings_are_those_of_the_judges_code(make_matches: Make) -> None:
    """Votes are battles of weight 1, each its own question."""
    random = np.random.default_rng(1)
    pairs = [random.choice(MODELS, size=2, replace=False) for _ in range(150)]
    votes = [(str(a), str(b), str(random.choice(WINNERS))) for a, b in pairs]
    verdict = {"model_a": "A>B", "model_b": "B>A", "tie": "A=B", "both_bad": "A=B"}
    battles = make_matches((f"v{n}", a, b, verdict[winner]) for n, (a, b, winner) in enumerate(votes))
    fit = fit_battles(battles, MODELS[:3], "m4")
    scores = _scores(votes)
    apart = [(scores[model] or 0) - (scores["m4"] or 0) for model in MODELS[:3]]
    assert apart == pytest.approx((POINTS * fit.rating).tolist(), abs=1e-9)


def test_a_higher_confidence_is_wider() -> None:
    """Around the same mean."""
    votes = _votes(CIRCLE * 4)
    one, other = rate_votes(votes, confidence=0.8), rate_votes(votes, confidence=0.95)
    assert one["mean"].to_list() == other["mean"].to_list()
    assert (one["lower"] > other["lower"]).all()
    assert (one["upper"] < other["upper"]).all()


def test_votes_without_two_models_are_an_empty_board() -> None:
    """No votes at all, or only votes between a model and itself, which say nothing."""
    for votes in ([], [("a", "a", "tie")]):
        rated = rate_votes(_votes(votes))
        assert rated.is_empty()
        assert rated.columns == COLUMNS
    assert _scores([("a", "a", "model_a"), ("a", "b", "tie")]) == {"a": 1000.0, "b": 1000.0}


def test_wrong_votes_are_named() -> None:
    """A winner that is none of the four, and a missing column."""
    with pytest.raises(ValueError, match="1 unknown values in column winner, such as 'A>B'"):
        rate_votes(_votes([("a", "b", "A>B")]))
    with pytest.raises(ValueError, match="no column winner"):
        rate_votes(_votes([]).drop("winner"))
