"""How two answers differ in style, and what a board is at equal style."""

import math
from collections.abc import Callable
from typing import cast, get_args

import numpy as np
import polars as pl
import pytest

from benchbuilder.rating.board_of_games import fit_games
from benchbuilder.rating.leaderboard import Leaderboard
from benchbuilder.rating.options import RatingSettings
from benchbuilder.rating.style import ANSWER_SCHEMA, COLUMNS, Style, columns_of, varying_columns, with_style

Make = Callable[..., pl.DataFrame]
Answer = tuple[str, str, int | None, int, int, int]  # question, model, tokens, headers, list items, bold spans
BOTH: tuple[Style, ...] = get_args(Style)


def _answers(*rows: Answer) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=ANSWER_SCHEMA, orient="row")


def _raw(battles: pl.DataFrame, answers: pl.DataFrame, styles: tuple[Style, ...] = BOTH) -> dict[str, list[float]]:
    """Columns before scaling: each value over one of them, so that the standard deviation cancels out."""
    styled = with_style(battles, answers, styles)
    return {name: styled[name].to_list() for name in columns_of(styles)}


def test_worked_by_hand(make_battles: Make) -> None:
    """Length is (a-b)/(a+b); Markdown is taken per token first; each column over its standard deviation, not centred.

    q1: 300 against 100 tokens: ½; headers 6/300 against 1/100: ⅓; lists 0 against 0: 0; bold .01 against 0: 1.
    q2: 100 against 100 tokens: 0; headers 0 against .03: -1; lists .02 against .06: -½; bold 0 against 0: 0.
    """
    battles = make_battles([("q1", "m", "A>B"), ("q2", "m", "B>A"), ("q1", "m", "A=B")])
    answers = _answers(
        ("q1", "m", 300, 6, 0, 3), ("q1", "base", 100, 1, 0, 0), ("q2", "m", 100, 0, 2, 0), ("q2", "base", 100, 3, 6, 0)
    )
    by_hand = {"length": [0.5, 0, 0.5], "headers": [1 / 3, -1, 1 / 3], "lists": [0, -0.5, 0], "bold": [1, 0, 1]}
    found = _raw(battles, answers)
    assert list(found) == ["length", "headers", "lists", "bold"]
    for name, values in by_hand.items():
        mean = sum(values) / 3
        spread = math.sqrt(sum((value - mean) ** 2 for value in values) / 3)
        assert found[name] == pytest.approx([value / spread for value in values]), name


def test_zero_is_equal_style_whatever_the_mean(make_battles: Make) -> None:
    """Nothing is centred: two answers of equal length are 0, also where all others differ to one side."""
    battles = make_battles([("q1", "m", "A>B"), ("q2", "m", "B>A"), ("q3", "m", "B>A")])
    longer = [("q1", "m", 50, 0, 0, 0), ("q2", "m", 90, 0, 0, 0), ("q3", "m", 70, 0, 0, 0)]
    answers = _answers(*longer, *[(question, "base", 50, 0, 0, 0) for question in ("q1", "q2", "q3")])
    length = with_style(battles, answers, ("length",))["length"]
    assert length[0] == 0
    assert length.std(ddof=0) == pytest.approx(1)
    assert cast("float", length.mean()) > 0.5


def test_no_tokens_and_no_marks_are_no_difference(make_battles: Make) -> None:
    """Two empty answers, and two without a mark, differ by 0; nothing is divided by 0."""
    battles = make_battles([("q1", "m", "A>B"), ("q2", "m", "B>A")])
    answers = _answers(
        ("q1", "m", 0, 0, 0, 0), ("q1", "base", 0, 0, 0, 0), ("q2", "m", 0, 0, 0, 1), ("q2", "base", 10, 0, 0, 1)
    )
    found = _raw(battles, answers)
    assert found["length"] == pytest.approx([0, -2])  # 0 and -1, of standard deviation ½
    assert (found["headers"], found["lists"]) == ([0, 0], [0, 0])
    assert found["bold"] == pytest.approx([0, 2])  # 1 per token against .1: .9/1.1, of standard deviation .45/1.1


def test_the_other_side_differs_by_the_opposite(make_matches: Make) -> None:
    """What a is to b, b is to a with the other sign, and models meet in any columns."""
    battles = make_matches([("q1", "m", "n", "A>B"), ("q1", "n", "m", "B>A"), ("q1", "base", "m", "A=B")])
    answers = _answers(("q1", "m", 80, 1, 2, 0), ("q1", "n", 30, 1, 0, 0), ("q1", "base", 80, 0, 2, 0))
    for values in _raw(battles, answers).values():
        assert values[0] == pytest.approx(-values[1])
    assert _raw(battles, answers)["length"][2] == 0


@pytest.mark.parametrize(
    "answers",
    [
        _answers(("q1", "m", 5, 0, 0, 0), ("q1", "base", 9, 1, 0, 0), ("q2", "m", 7, 0, 0, 0)),
        _answers(("q1", "m", 5, 0, 0, 0), ("q1", "base", 9, 1, 0, 0), ("q2", "base", 7, 0, 0, 0)),
        _answers(
            ("q1", "m", 5, 0, 0, 0), ("q1", "base", 9, 1, 0, 0), ("q2", "m", None, 0, 0, 0), ("q2", "base", 7, 0, 0, 0)
        ),
    ],
)
def test_an_answer_that_is_not_known_has_no_style(make_battles: Make, answers: pl.DataFrame) -> None:
    """Missing on either side, or its tokens not counted: null, never 0; the battle stays in its place."""
    battles = make_battles([("q2", "m", "A>B"), ("q1", "m", "B>A")])
    styled = with_style(battles, answers, BOTH)
    assert styled.select(battles.columns).equals(battles)
    assert styled.select(columns_of(BOTH)).row(0) == (None,) * 4
    assert None not in styled.select(columns_of(BOTH)).row(1)


def test_the_columns_go_by_name() -> None:
    """Length alone, Markdown alone, or both in one order, however they are asked for."""
    assert columns_of(()) == ()
    assert columns_of(("length",)) == ("length",)
    assert columns_of(("markdown",)) == ("headers", "lists", "bold")
    both = ("length", "headers", "lists", "bold")
    assert columns_of(("length", "markdown")) == columns_of(("markdown", "length")) == both
    assert columns_of(("length", "length")) == ("length",)
    assert sorted(column for columns in COLUMNS.values() for column in columns) == sorted(both)


def test_answers_may_have_their_columns_in_any_order(make_battles: Make) -> None:
    """Columns are found by name, never by position; others do not matter."""
    battles = make_battles([("q1", "m", "A>B"), ("q2", "m", "B>A")])
    answers = _answers(
        ("q1", "m", 30, 3, 0, 1), ("q1", "base", 40, 1, 2, 0), ("q2", "m", 50, 0, 1, 5), ("q2", "base", 60, 1, 1, 1)
    )
    moved = answers.select(*reversed(ANSWER_SCHEMA), pl.lit("x").alias("length")).sample(
        fraction=1, shuffle=True, seed=1
    )
    assert with_style(battles, moved, BOTH).equals(with_style(battles, answers, BOTH))


def test_a_column_that_never_differs_is_left_out(make_battles: Make) -> None:
    """Also where it is constant up to rounding; a column that one question alone bends has no coefficient either."""
    games = [(f"q{n}", "m", verdict) for n in range(6) for verdict in ("A>B", "B>A")]
    battles = make_battles(games)
    rows: list[Answer] = []
    for n in range(6):
        # length: ⅓ always. headers: ½ of densities that round differently. lists: one question. bold: two questions.
        tokens = 100 + 7 * n
        rows.append((f"q{n}", "m", 2 * tokens, 6 * (n + 1), int(n == 2), int(n in {1, 4})))
        rows.append((f"q{n}", "base", tokens, n + 1, 0, 0))
    styled = with_style(battles, _answers(*rows), BOTH)
    assert styled["length"].to_list() == [0.0] * 12
    assert styled["headers"].to_list() == [0.0] * 12
    assert varying_columns(styled, BOTH) == ("bold",)
    assert varying_columns(styled, ("length",)) == ()
    assert varying_columns(styled.head(0), BOTH) == ()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (_answers().drop("count_bold"), "no column count_bold"),
        (_answers(("q", "m", 1, 0, 0, 0), ("q", "m", 2, 0, 0, 0)), "hold a question and model twice"),
    ],
)
def test_wrong_answers_are_named(make_battles: Make, answers: pl.DataFrame, message: str) -> None:
    """A missing column, or two answers to one question, of which nobody knows which was judged."""
    with pytest.raises(ValueError, match=message):
        with_style(make_battles([("q", "m", "A>B")]), answers, ("length",))


QUESTIONS = 600
EFFECT = 2.0  # log-odds per unit of the relative difference of lengths


@pytest.fixture(scope="module")
def judged(make_battles: Make) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Games and answers of a judge that likes length: `equal` is as good as the baseline and longer, `better` not."""
    random = np.random.default_rng(11)
    truth = {"equal": (0.0, 0.5), "better": (0.6, -0.5)}  # rating at equal length, mean of log of the ratio of lengths
    games, rows = [], []
    for n in range(QUESTIONS):
        question = f"q{n:03}"
        base = int(random.integers(100, 900))
        rows.append((question, "base", base, 0, 0, 0))
        for model, (rating, longer) in truth.items():
            tokens = max(1, round(base * math.exp(random.normal(longer, 0.8))))
            rows.append((question, model, tokens, int(random.integers(0, 4)), 0, int(random.integers(0, 9))))
            log_odds = rating + EFFECT * (tokens - base) / (tokens + base)
            wins = random.random(2) < 1 / (1 + math.exp(-log_odds))
            games.extend((question, model, "A>B" if is_won else "B>A") for is_won in wins)
    return make_battles(games).with_columns(replicate=pl.lit(0)), _answers(*rows)


def _board(judged: tuple[pl.DataFrame, pl.DataFrame], *styles: Style) -> Leaderboard:
    games, answers = judged
    return fit_games(games, RatingSettings(styles=styles), answers=answers)


def _win_rate(board: Leaderboard, model: str) -> tuple[float, float, float]:
    return board.rows.filter(model=model).select("win_rate", "lower", "upper").row(0)


def test_a_known_effect_of_length_is_found(judged: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """The coefficient has its sign and holds what generated it; win rates at equal length hold the truth."""
    plain, equal = _board(judged), _board(judged, "length")
    games, answers = judged
    raw = games.join(answers, on=["question_id", "model"]).join(
        answers, left_on=["question_id", "baseline"], right_on=["question_id", "model"], suffix="_of_baseline"
    )
    mine, theirs = raw["count_tokens"], raw["count_tokens_of_baseline"]
    truth = EFFECT * cast("float", ((mine - theirs) / (mine + theirs)).std(ddof=0))
    assert plain.style.height == 0
    ((name, coefficient, lower, upper),) = equal.style.rows()
    assert name == "length"
    assert 0 < lower < truth < upper
    assert coefficient == pytest.approx(truth, abs=0.15)
    for model, rating in (("equal", 0.0), ("better", 0.6)):
        true_rate = 1 / (1 + math.exp(-rating))
        _, low, high = _win_rate(plain, model)
        assert not low < true_rate < high
        found, low, high = _win_rate(equal, model)
        assert low < true_rate < high
        assert abs(found - true_rate) < abs(_win_rate(plain, model)[0] - true_rate)


def test_length_alone_markdown_alone_and_both(judged: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Each holds what it says equal, lists that nobody wrote have no coefficient, and the order of words is nothing."""
    wishes: list[tuple[Style, ...]] = [("length",), ("markdown",), BOTH]
    boards = {styles: _board(judged, *styles) for styles in wishes}
    assert {styles: board.style["style"].to_list() for styles, board in boards.items()} == {
        ("length",): ["length"],
        ("markdown",): ["headers", "bold"],
        BOTH: ["length", "headers", "bold"],
    }
    one, other = _board(judged, "length", "markdown"), _board(judged, "markdown", "length")
    assert one.rows.equals(other.rows)
    assert one.style.equals(other.style)
    assert _win_rate(boards["markdown",], "equal")[0] > _win_rate(boards[BOTH], "equal")[0] + 0.05


def test_the_order_of_rows_changes_nothing(judged: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Shuffled games and answers give the same board to 1e-12."""
    games, answers = judged
    shuffled = (games.sample(fraction=1, shuffle=True, seed=1), answers.sample(fraction=1, shuffle=True, seed=2))
    one, other = _board(judged, *BOTH), _board(shuffled, *BOTH)
    for column in ("win_rate", "lower", "upper", "rating"):
        assert one.rows[column].to_list() == pytest.approx(other.rows[column].to_list(), abs=1e-12)
    assert one.style["coefficient"].to_list() == pytest.approx(other.style["coefficient"].to_list(), abs=1e-12)
