"""All judgments that were wanted → a board."""

from collections.abc import Callable, Iterable

import polars as pl
import pytest

from benchbuilder.errors import UsageError
from benchbuilder.rating.board_of_games import fit_games, usable_games
from benchbuilder.rating.leaderboard import Leaderboard, fit_leaderboard
from benchbuilder.rating.options import RatingSettings
from benchbuilder.rating.plan import count_games
from benchbuilder.rating.style import ANSWER_SCHEMA

Make = Callable[..., pl.DataFrame]
CANARY = "canary: a constant answer"
UNREAD = None


def _ladder(model: str, wins: int, questions: int = 20, baseline: str = "base") -> list[tuple[str, str, str, str]]:
    """A model that wins both games of its first questions and loses the others."""
    outcomes = [(f"q{number:02}", "A>B" if number < wins else "B>A") for number in range(questions) for _ in range(2)]
    return [(question, model, baseline, verdict) for question, verdict in outcomes]


@pytest.fixture(scope="module")
def make_games(make_matches: Make) -> Make:
    """Judgments as a board gets them: unreadable ones are rows with a null verdict."""

    def make(matches: Iterable[tuple[str, str, str, str | None]], judge: str = "judge") -> pl.DataFrame:
        rows = list(matches)
        games = make_matches([(*match[:3], match[3] or "A=B") for match in rows])
        verdict = pl.Series([match[3] for match in rows], dtype=pl.String)
        return games.with_columns(verdict=verdict, judge=pl.lit(judge), replicate=pl.lit(0))

    return make


def _shown(board: Leaderboard, *columns: str) -> dict[str, tuple[object, ...]]:
    return {row["model"]: tuple(row[column] for column in columns) for row in board.rows.to_dicts()}


def test_a_board_of_all_judgments(make_games: Make) -> None:
    """Every judgment that was wanted is a row: unreadable ones count in what was planned, and are not scored."""
    unread = [("q00", "good", "base", UNREAD), ("q01", "bad", "base", UNREAD)]
    games = make_games([*_ladder("good", 18), *_ladder("bad", 2), *unread])
    board = fit_games(games, RatingSettings(min_share_readable=0.9))
    assert board.baseline == "base"
    assert _shown(board, "win_rate", "count_planned", "count_judgments", "is_ranked") == {
        "good": (0.9, 41, 40, True),
        "base": (0.5, 82, 80, True),
        "bad": (0.1, 41, 40, True),
    }
    assert board.rows["share_readable"].to_list() == pytest.approx([40 / 41] * 3)
    strict = fit_games(games)
    assert _shown(strict, "reason")["good"] == ("not ranked: 97 % read",)


def test_it_is_the_leaderboard_of_the_readable_ones(make_games: Make) -> None:
    """Nothing but the plan is added to what `fit_leaderboard` does."""
    games = make_games([*_ladder("m1", 12), *_ladder("m2", 5), ("q00", "m1", "base", UNREAD)])
    one = fit_games(games, RatingSettings(confidence=0.9))
    battles = games.drop_nulls("verdict")
    other = fit_leaderboard(battles, count_games(games, "base"), RatingSettings(confidence=0.9))
    assert one.rows.equals(other.rows)


def test_games_that_were_never_judged_count_as_planned(make_games: Make) -> None:
    """What was wanted can be told: a model with a part of its games does not pass the gate by what it has."""
    games = make_games([*_ladder("whole", 12), *_ladder("part", 3, questions=5)])
    board = fit_games(games, count_planned={"whole": 40, "part": 40, "absent": 40})
    assert _shown(board, "count_planned", "count_judgments", "share_readable", "reason") == {
        "whole": (40, 40, 1.0, None),
        "base": (40, 40, 1.0, None),
        "part": (40, 10, 0.25, "not ranked: 25 % read"),
        "absent": (40, 0, 0.0, "not ranked: 0 % read"),
    }
    assert _shown(fit_games(games), "is_ranked")["part"] == (True,)


def test_a_model_that_is_not_named_keeps_its_own_count(make_games: Make) -> None:
    """What is told of some models changes nothing about the others; one of which nothing was wanted played nothing."""
    games = make_games([*_ladder("m1", 12), *_ladder("m2", 5)])
    board = fit_games(games, count_planned={"m2": 50, "m3": 0})
    shown = _shown(board, "count_planned", "win_rate", "reason")
    assert shown["m1"] == (40, 0.6, None)
    assert shown["m2"] == (50, 0.25, "not ranked: 80 % read")
    assert shown["m3"] == (0, None, "not ranked: played nothing")


def test_a_plan_that_cannot_be_is_an_error(make_games: Make) -> None:
    """Fewer wanted than read, or a plan for the baseline, would make shares that mean nothing."""
    games = make_games(_ladder("m1", 12))
    with pytest.raises(ValueError, match="m1: planned 39, of them readable 40"):
        fit_games(games, count_planned={"m1": 39})
    with pytest.raises(ValueError, match="base is the baseline of the board and stands in planned"):
        fit_games(games, count_planned={"base": 40})


def test_canaries_are_shown_and_never_ranked(make_games: Make) -> None:
    """With their numbers and reason, below all others; ranks are those of a board without them."""
    played = [*_ladder("good", 18), *_ladder("bad", 2)]
    without = fit_games(make_games(played))
    board = fit_games(make_games([*played, *_ladder("constant", 20)]), canaries={"constant": CANARY, "absent": CANARY})
    row = board.rows.row(-1, named=True)
    assert (row["model"], row["win_rate"], row["rank_low"], row["is_ranked"], row["reason"]) == (
        "constant", 1.0, None, False, CANARY,
    )  # fmt: skip
    assert board.rows.head(3).equals(without.rows)
    assert "constant" not in board.pairs.models


def test_the_canarys_reason_stands_before_others(make_games: Make) -> None:
    """Whatever else keeps it from a rank, the reader learns first that nobody is behind it."""
    games = make_games([*_ladder("m1", 12), ("q00", "constant", "base", UNREAD)])
    assert _shown(fit_games(games, canaries={"constant": CANARY}), "reason")["constant"] == (CANARY,)
    only = fit_games(make_games(_ladder("constant", 12)), canaries={"constant": CANARY})
    assert _shown(only, "reason") == {"constant": (CANARY,), "base": ("not ranked: no model to compare with",)}


def test_the_baseline_is_whom_most_games_are_against_or_who_is_told(make_games: Make) -> None:
    """Unreadable games say as well whom the board is about; another model of the board can be told."""
    games = make_games([*_ladder("m1", 12), *_ladder("m1", 5, questions=8, baseline="m2"), *_ladder("m2", 9)])
    assert fit_games(games).baseline == "base"
    board = fit_games(games, baseline="m2")
    assert board.baseline == "m2"
    assert _shown(board, "win_rate", "lower", "upper")["m2"] == (0.5, 0.5, 0.5)
    assert _shown(board, "count_planned")["base"] == (80,)
    turned = fit_games(games).rows.filter(model="m2")["win_rate"][0]
    assert board.rows.filter(model="base")["win_rate"][0] == pytest.approx(1 - turned)


def test_nothing_readable_is_a_board_without_ranks(make_games: Make) -> None:
    """All judgments unreadable, or none at all."""
    board = fit_games(make_games([("q", "m1", "base", UNREAD)] * 4))
    assert board.baseline == "base"
    assert _shown(board, "win_rate", "count_planned", "reason") == {
        "m1": (None, 4, "not ranked: 0 % read"),
        "base": (0.5, 0, "not ranked: no model to compare with"),
    }
    empty = fit_games(make_games([]))
    assert empty.baseline is None
    assert empty.rows.is_empty()
    assert fit_games(make_games([]), count_planned={"m1": 8}).rows["reason"].to_list() == ["not ranked: 0 % read"]


def test_several_judges_count_each_or_by_their_median(make_games: Make) -> None:
    """With the median a game counts once, and the plan with it; with each every judgment does."""
    won, lost = _ladder("m1", 20), _ladder("m1", 0)
    unread = [(*match[:3], UNREAD) for match in won]
    orders = pl.Series([True, False] * 20)
    games = pl.concat(
        make_games(matches, judge).with_columns(baseline_first=orders)
        for judge, matches in (("anna", won), ("bert", won), ("carl", lost), ("dora", unread))
    )
    each = fit_games(games, RatingSettings(min_share_readable=0.5))
    assert _shown(each, "win_rate", "count_planned", "count_judgments")["m1"] == (pytest.approx(2 / 3), 160, 120)
    median = fit_games(games, RatingSettings(ensemble="median"))
    assert _shown(median, "win_rate", "count_planned", "count_judgments", "share_readable")["m1"] == (1.0, 40, 40, 1.0)
    nobody = fit_games(games.filter(judge="dora"), RatingSettings(ensemble="median"))
    assert _shown(nobody, "win_rate", "share_readable")["m1"] == (None, 0.0)


def _answers(models: Iterable[str], questions: int = 20) -> pl.DataFrame:
    """Answers of different lengths on each question; the baseline's are all alike."""
    rows = [
        (f"q{number:02}", model, 100 if model == "base" else 60 + 7 * (number * 11 % 17), 0, number % 3, 0)
        for model in models
        for number in range(questions)
    ]
    return pl.DataFrame(rows, schema=ANSWER_SCHEMA, orient="row")


def test_without_both_answers_a_game_has_no_verdict_at_equal_style(make_games: Make) -> None:
    """It leaves the fit and stays in what was planned, so that the gate sees how much of a model is not known."""
    mixed = [(q, model, base, ["A>B", "B>A", "A=B"][n % 3]) for n, (q, model, base, _) in enumerate(_ladder("m1", 0))]
    other = [(q, "m2", base, verdict) for q, _, base, verdict in mixed]
    games = make_games([*mixed, *other])
    answers = _answers(["m1", "m2", "base"])
    known = answers.filter((pl.col("model") != "m2") | (pl.col("question_id") < "q15"))
    chosen = RatingSettings(styles=("length",))
    whole, part = fit_games(games, chosen, answers=answers), fit_games(games, chosen, answers=known)
    assert _shown(whole, "count_planned", "count_judgments", "reason")["m2"] == (40, 40, None)
    assert _shown(part, "count_planned", "count_judgments", "reason")["m2"] == (40, 30, "not ranked: 75 % read")
    assert _shown(part, "count_planned", "count_judgments", "reason")["m1"] == (40, 40, None)
    assert part.style["style"].to_list() == ["length"]
    usable = usable_games(games, chosen, known)
    assert usable["verdict"].null_count() == 10
    assert usable.height == games.height


def test_canaries_do_not_move_a_board_at_equal_style(make_games: Make) -> None:
    """A padded answer would say much about length, but nobody stands behind it: coefficient and scores stay."""
    mixed = [
        (q, m, base, ["A>B", "B>A", "A=B"][n % 3])
        for m in ("m1", "m2")
        for n, (q, _, base, _) in enumerate(_ladder(m, 0))
    ]
    padded = [(q, "padded", base, "A>>B" if n % 5 else "B>A") for n, (q, _, base, _) in enumerate(_ladder("m1", 0))]
    answers = _answers(["m1", "m2", "base"])
    long = _answers(["padded"]).with_columns(count_tokens=pl.col("count_tokens") * 9, count_headers=pl.lit(4, pl.Int64))
    chosen = RatingSettings(styles=("length", "markdown"))
    without = fit_games(make_games(mixed), chosen, answers=answers)
    board = fit_games(
        make_games([*mixed, *padded]), chosen, answers=pl.concat([answers, long]), canaries={"padded": CANARY}
    )
    names = without.style["style"].to_list()
    assert board.style["style"].to_list() == names == ["length", "lists"]
    for column in ("win_rate", "lower", "upper"):
        found = board.rows.filter(pl.col("model") != "padded")[column].to_list()
        assert found == pytest.approx(without.rows[column].to_list(), abs=1e-9)
    assert _shown(board, "is_ranked", "reason")["padded"] == (False, CANARY)


def test_style_cannot_be_held_equal_without_answers(make_games: Make) -> None:
    """Neither where nobody gives them nor where they are of other questions: a wrong wish, not an empty board."""
    games = make_games(_ladder("m1", 12))
    others = _answers(["m1", "base"]).with_columns(question_id=pl.format("x{}", "question_id"))
    for answers in (None, _answers([]), others):
        with pytest.raises(UsageError, match="style cannot be held equal"):
            fit_games(games, RatingSettings(styles=("markdown",)), answers=answers)
    assert fit_games(make_games([]), RatingSettings(styles=("length",))).rows.is_empty()


def test_a_style_that_never_differs_changes_nothing(make_games: Make) -> None:
    """All answers are of one length: the board is that without style, and has no coefficient."""
    games = make_games([*_ladder("m1", 12), *_ladder("m2", 5)])
    answers = _answers(["m1", "m2", "base"]).with_columns(count_tokens=pl.lit(50, pl.Int64))
    board = fit_games(games, RatingSettings(styles=("length",)), answers=answers)
    assert board.rows.equals(fit_games(games).rows)
    assert board.style.is_empty()


def test_verdicts_may_be_categories(make_games: Make) -> None:
    """Frames from a database may have categories there."""
    games = make_games([*_ladder("m1", 12), ("q00", "m1", "base", UNREAD)])
    categories = games.with_columns(pl.col("verdict").cast(pl.Categorical))
    for ensemble in ("each", "median"):
        chosen = RatingSettings(ensemble=ensemble)
        assert fit_games(categories, chosen).rows.equals(fit_games(games, chosen).rows)
