"""From battles to a board."""

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.leaderboard import ROW_COLUMNS, fit_leaderboard
from benchbuilder.rating.options import RatingSettings

Make = Callable[..., pl.DataFrame]
games = st.lists(
    st.tuples(st.sampled_from("pqrstu"), st.sampled_from(["m1", "m2", "m3"]), st.sampled_from(list(Verdict))),
    min_size=1,
    max_size=40,
)


def _plan(*rows: tuple[str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["model", "count_planned", "count_readable"], orient="row")


def _ladder(model: str, wins: int, questions: int = 40) -> list[tuple[str, str, str]]:
    """A model that wins both games of its first questions and loses the others."""
    return [(f"q{number}", model, "A>B" if number < wins else "B>A") for number in range(questions) for _ in range(2)]


def test_a_board_worked_by_hand(make_battles: Make, make_plan: Make) -> None:
    """Three clearly different models and the baseline between them; each is alone on its rank."""
    battles = make_battles(_ladder("good", 36) + _ladder("bad", 3) + _ladder("worse", 0))
    board = fit_leaderboard(battles, make_plan(battles))
    assert board.baseline == "base"
    assert board.settings == RatingSettings()
    assert tuple(board.rows.columns) == ROW_COLUMNS
    shown = board.rows.select("model", "win_rate", "rank_low", "rank_high", "reason").rows()
    assert shown == [
        ("good", 0.9, 1, 1, None),
        ("base", 0.5, 2, 2, None),
        ("bad", 0.075, 3, 4, None),
        ("worse", 0.0, 3, 4, "lost everything: no finite rating"),
    ]
    base = board.rows.row(1, named=True)
    assert (base["lower"], base["upper"], base["rating"]) == (0.5, 0.5, 0.0)
    assert (base["count_planned"], base["count_judgments"], base["count_questions"]) == (240, 240, 40)
    good = board.rows.row(0, named=True)
    assert good["rating"] == pytest.approx(2.1972245773)
    assert good["lower"] < 0.9 < good["upper"]
    assert (good["count_judgments"], good["share_readable"], good["count_questions"]) == (80, 1.0, 40)
    assert board.pairs.models == ("good", "base", "bad", "worse")


def test_the_gate_leaves_a_model_out_of_the_ranks(make_battles: Make) -> None:
    """A model of which 4 % could be read keeps its numbers, loses its rank, and changes nobody else's."""
    battles = make_battles(_ladder("good", 36) + _ladder("bad", 4) + [("q1", "lucky", "A>>B"), ("q2", "lucky", "A>B")])
    board = fit_leaderboard(battles, _plan(("good", 80, 80), ("bad", 80, 80), ("lucky", 50, 2), ("absent", 0, 0)))
    shown = board.rows.select("model", "rank_low", "rank_high", "is_ranked", "reason").rows()
    assert shown == [
        ("good", 1, 1, True, None),
        ("base", 2, 2, True, None),
        ("bad", 3, 3, True, None),
        ("lucky", None, None, False, "not ranked: 4 % read"),
        ("absent", None, None, False, "not ranked: played nothing"),
    ]
    lucky, absent = board.rows.row(3, named=True), board.rows.row(4, named=True)
    assert (lucky["win_rate"], lucky["share_readable"]) == (1.0, 0.04)
    assert (absent["win_rate"], absent["lower"], absent["upper"], absent["share_readable"]) == (None, 0.0, 1.0, None)
    without = fit_leaderboard(battles.filter(pl.col("model") != "lucky"), _plan(("good", 80, 80), ("bad", 80, 80)))
    assert_frame_equal(without.rows, board.rows.head(3))


@pytest.mark.parametrize(
    ("count_readable", "reason"),
    [(198, None), (197, "not ranked: 98 % read"), (1, "not ranked: 0 % read"), (0, "not ranked: 0 % read")],
)
def test_where_the_gate_stands(make_battles: Make, count_readable: int, reason: str | None) -> None:
    """Exactly 99 % passes; a share below is rounded down, so that the reason never reads as if it had passed."""
    played = [(f"q{number}", "m", "A>B" if number % 2 else "B>A") for number in range(count_readable)]
    board = fit_leaderboard(
        make_battles([*played, ("q0", "other", "A>B")]), _plan(("m", 200, len(played)), ("other", 1, 1))
    )
    row = board.rows.row(by_predicate=pl.col("model") == "m", named=True)
    assert row["reason"] == reason
    assert row["is_ranked"] == (reason is None)


def test_nothing_readable_is_a_board_without_ranks(make_battles: Make) -> None:
    """All judgments unreadable, or no model that passes the gate: listed with reasons, nobody ranked."""
    board = fit_leaderboard(make_battles([]), _plan(("m", 10, 0)))
    assert board.baseline is None
    assert board.rows.select("model", "win_rate", "reason").rows() == [("m", None, "not ranked: 0 % read")]
    board = fit_leaderboard(make_battles([("q", "m", "A>B")]), _plan(("m", 10, 1)))
    assert board.rows.select("model", "rank_low", "reason").rows() == [
        ("m", None, "not ranked: 10 % read"),
        ("base", None, "not ranked: no model to compare with"),
    ]
    assert board.pairs.models == ()


def test_settings_change_the_fit_and_stay_with_the_board(make_battles: Make, make_plan: Make) -> None:
    """Weight, confidence and cluster each do what they say."""
    battles = make_battles([("a1", "m", "A>>B"), ("a2", "m", "B>A"), ("b1", "m", "B>A"), ("b2", "m", "A=B")])
    plan = make_plan(battles)

    def row(**changed: object) -> dict[str, float]:
        board = fit_leaderboard(battles, plan, RatingSettings(**changed))  # pyright: ignore[reportArgumentType]
        assert board.settings == RatingSettings(**changed)  # pyright: ignore[reportArgumentType]
        return board.rows.row(by_predicate=pl.col("model") == "m", named=True)

    assert row()["win_rate"] == pytest.approx(3.5 / 6)
    assert row(strong_weight=1.0)["win_rate"] == pytest.approx(1.5 / 4)
    assert row(confidence=0.5)["lower"] > row()["lower"]
    by_topic = row(cluster="topic")
    assert by_topic["win_rate"] == row()["win_rate"]
    assert by_topic["upper"] != row()["upper"]
    assert by_topic["count_questions"] == 4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strong_weight": 0.0}, "strong_weight must be a number over 0, not 0.0"),
        ({"strong_weight": float("nan")}, "strong_weight"),
        ({"confidence": 95.0}, "confidence must lie between 0 and 1, not 95.0"),
        ({"min_share_readable": 99.0}, "min_share_readable must lie between 0 and 1"),
        ({"cluster": "judge"}, "cluster must be one of question, topic, not 'judge'"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, float], message: str) -> None:
    """A percentage in place of a share, and the like, is said at once."""
    with pytest.raises(ValueError, match=message):
        RatingSettings(**wrong)  # pyright: ignore[reportArgumentType]
    with pytest.raises(FrozenInstanceError):
        RatingSettings().confidence = 0.9  # pyright: ignore[reportAttributeAccessIssue]


def test_a_plan_that_does_not_fit_is_an_error(make_battles: Make) -> None:
    """Wrong counts would let a model past the gate without a word."""
    battles = make_battles([("q", "m", "A>B")])
    for plan, message in [
        (_plan(("m", 2, 2)), "m: planned 2, of them readable 2, but battles hold 1"),
        (_plan(("m", 0, 1)), "m: planned 0, of them readable 1, but battles hold 1"),
        (_plan(("m", 1, 1), ("m", 1, 1)), "a model stands twice"),
        (_plan(("n", 1, 0)), "m: planned None, of them readable None, but battles hold 1"),
        (_plan(("m", 1, 1)).drop("count_planned"), "no column count_planned"),
    ]:
        with pytest.raises(ValueError, match=message):
            fit_leaderboard(battles, plan)
    with pytest.raises(ValueError, match="base is the baseline of the board and stands in planned"):
        fit_leaderboard(battles, _plan(("m", 1, 1), ("base", 0, 0)))


@settings(deadline=None, max_examples=40)
@given(games, st.randoms(use_true_random=False))
def test_the_order_of_input_changes_no_bit(
    make_battles: Make, make_plan: Make, played: list[tuple[str, str, str]], random: object
) -> None:
    """Shuffled battles and a shuffled plan give the same board, and it can be written as JSON."""
    battles = make_battles(played)
    shuffled = list(played)
    random.shuffle(shuffled)  # pyright: ignore[reportAttributeAccessIssue]
    one = fit_leaderboard(battles, make_plan(battles).sort("model"))
    other = fit_leaderboard(make_battles(shuffled), make_plan(battles).sort("model", descending=True))
    assert_frame_equal(one.rows, other.rows, check_exact=True)
    json.dumps(one.rows.to_dicts(), allow_nan=False)


@settings(deadline=None, max_examples=40)
@given(games)
def test_flipped_verdicts_turn_the_board_over(
    make_battles: Make, make_plan: Make, played: list[tuple[str, str, str]]
) -> None:
    """With every verdict flipped, win rates, intervals and rank ranges are mirrored."""
    battles = make_battles(played)
    flipped = make_battles([(question, model, Verdict(verdict).flip()) for question, model, verdict in played])
    one = fit_leaderboard(battles, make_plan(battles)).rows.sort("model")
    other = fit_leaderboard(flipped, make_plan(battles)).rows.sort("model")
    last = one.height + 1
    for column, mirrored in (
        ("win_rate", 1 - other["win_rate"]),
        ("lower", 1 - other["upper"]),
        ("rating", -other["rating"]),
        ("rank_low", last - other["rank_high"]),
    ):
        assert one[column].to_list() == pytest.approx(mirrored.to_list(), abs=1e-9)
