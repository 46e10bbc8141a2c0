"""How the judgments of several judges become one board."""

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.judging.verdict import SCALE, Verdict
from benchbuilder.rating.ensemble import RULES, combine

JUDGES = ("anna", "bert", "carl", "dora")
SCHEMA = {
    "question_id": pl.String,
    "topic_id": pl.String,
    "model": pl.String,
    "baseline": pl.String,
    "judge": pl.String,
    "baseline_first": pl.Boolean,
    "replicate": pl.Int64,
    "verdict": pl.String,
}


def _game(
    verdicts: Sequence[str | None], question: str = "q", *, baseline_first: bool | None = True, replicate: int = 0
) -> list[tuple[object, ...]]:
    """One game as the first judges read it."""
    return [
        (question, None, "m", "base", judge, baseline_first, replicate, verdict)
        for judge, verdict in zip(JUDGES, verdicts, strict=False)
    ]


def _games(*rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame([row for game in rows for row in game], schema=SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("verdicts", "middle"),
    [
        (["A>B", "A>B"], "A>B"),
        (["A>>B", "A>B"], "A>B"),  # between two steps the one nearer to the tie
        (["B>A", "B>>A"], "B>A"),
        (["A>B", "A=B"], "A=B"),
        (["A=B", "B>A"], "A=B"),
        (["A>>B", "B>>A"], "A=B"),
        (["A>B", "B>>A"], "A=B"),  # half a step to the other side
        (["A>>B", "B>A"], "A=B"),
        (["A>>B", "A=B"], "A>B"),
        (["A>>B", "A>B", "B>>A"], "A>B"),
        (["A>>B", "B>>A", "B>>A"], "B>>A"),
        (["A>B", "A=B", "A>>B"], "A>B"),
        (["A>>B", "A>>B", "A>B", "B>A"], "A>B"),  # between >> and >
        (["A>B", None, None], "A>B"),
        (["A>>B", None, "B>A"], "A=B"),
        ([None, "A>>B"], "A>>B"),
        ([None, None, None], None),
    ],
)
def test_the_median_of_a_game(verdicts: list[str | None], middle: str | None) -> None:
    """The middle of those that could be read; one that nobody could read stays unread, and is no tie."""
    combined = combine(_games(_game(verdicts)), "median")
    assert combined.select("verdict", "judge").rows() == [(middle, "median of the judges")]


def test_each_order_and_replicate_is_a_game_of_its_own() -> None:
    """Judges are put together, games are not: two orders, two replicates and an unknown order stay apart."""
    games = _games(
        _game(["A>B", "A>B"]),
        _game(["B>A", "B>A"], baseline_first=False),
        _game(["A=B", "A=B"], baseline_first=None),
        _game(["A>>B", "A>>B"], replicate=1),
        _game(["B>>A", "B>>A"], question="r"),
    )
    combined = combine(games, "median")
    assert combined["verdict"].to_list() == ["A>B", "B>A", "A=B", "A>>B", "B>>A"]
    assert combined["baseline_first"].to_list() == [True, False, None, True, True]
    assert combined["replicate"].to_list() == [0, 0, 0, 1, 0]


def test_a_game_that_one_judge_read_counts_as_that_judge_said() -> None:
    """Judges need not have read the same games."""
    games = _games(_game(["A>>B", "A>B", "A>B"]), _game(["B>>A"], question="r"))
    assert combine(games, "median").select("question_id", "verdict").rows() == [("q", "A>B"), ("r", "B>>A")]


def test_what_belongs_to_the_game_is_kept() -> None:
    """Names of topics and categories are the same for all judges, and boards by topic need them."""
    games = _games(_game(["A>B", "A>B"]), _game(["B>A", "B>A"], question="r"))
    games = games.with_columns(topic_name=pl.format("about {}", "question_id"), category=pl.lit(None, pl.String))
    combined = combine(games, "median")
    assert set(combined.columns) == set(games.columns)
    assert combined["topic_name"].to_list() == ["about q", "about r"]


def test_each_judgment_counts_unless_something_else_is_set() -> None:
    """The rule `each` changes nothing, and one judge alone is its own median under its own name."""
    games = _games(_game(["A>B", "B>A", None]))
    assert combine(games, "each") is games
    alone = games.filter(judge="anna")
    assert combine(alone, "median").equals(alone)
    assert combine(games.head(0), "median").is_empty()


def test_every_rule_says_what_it_does() -> None:
    """A board prints the rule as a clause."""
    assert RULES == {
        "each": "each judgment counts",
        "median": "the median verdict of the judges counts, once per game",
    }


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([*SCALE, None]), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_neither_judges_nor_sides_have_an_advantage(verdicts: list[Verdict | None], random: object) -> None:
    """Flipped verdicts give the flipped median, judges in another order the same; it lies between two readings."""

    def median(told: Sequence[Verdict | None]) -> str | None:
        return combine(_games(_game([None if verdict is None else verdict.value for verdict in told])), "median")[
            "verdict"
        ][0]

    found = median(verdicts)
    readable = sorted(SCALE.index(verdict) for verdict in verdicts if verdict is not None)
    shuffled = list(verdicts)
    random.shuffle(shuffled)  # pyright: ignore[reportAttributeAccessIssue]
    assert median(shuffled) == found
    if found is None:
        assert not readable
        return
    assert median([None if verdict is None else verdict.flip() for verdict in verdicts]) == Verdict(found).flip()
    assert readable[0] <= SCALE.index(Verdict(found)) <= readable[-1]
