"""Battles from plain tuples, for all tests of rating."""

from collections.abc import Callable, Iterable, Sequence

import polars as pl
import pytest

from benchbuilder.judging.verdict import Verdict

Game = tuple[str, str, str]  # question, model, verdict from the model's side
Match = tuple[str, str, str, str]  # question, model, baseline, verdict from the model's side
MakeBattles = Callable[[Iterable[Game]], pl.DataFrame]
MakeMatches = Callable[[Iterable[Match]], pl.DataFrame]

SCHEMA = {
    "question_id": pl.String,
    "topic_id": pl.String,
    "model": pl.String,
    "baseline": pl.String,
    "judge": pl.String,
    "baseline_first": pl.Boolean,
    "verdict": pl.String,
}


@pytest.fixture(scope="session")
def make_matches() -> MakeMatches:
    """(question, model, baseline, verdict) → a battle; questions that begin alike share a topic."""

    def make(matches: Iterable[Match]) -> pl.DataFrame:
        rows = [
            (question, question[0], model, baseline, "judge", number % 2 == 0, str(verdict))
            for number, (question, model, baseline, verdict) in enumerate(matches)
        ]
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")

    return make


@pytest.fixture(scope="session")
def make_battles(make_matches: MakeMatches) -> MakeBattles:
    """(question, model, verdict) → a battle against `base`."""
    return lambda games: make_matches((question, model, "base", verdict) for question, model, verdict in games)


@pytest.fixture(scope="session")
def make_plan() -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The plan in which every battle was planned and none was unreadable."""
    return lambda battles: battles.group_by("model").agg(count_planned=pl.len(), count_readable=pl.len())


@pytest.fixture(scope="session")
def turn() -> Callable[..., pl.DataFrame]:
    """Battles of which some are told from the other side: names swapped, verdict flipped, style columns negated."""

    def turned(battles: pl.DataFrame, is_turned: Sequence[bool], styles: Sequence[str] = ()) -> pl.DataFrame:
        chosen = pl.Series(list(is_turned), dtype=pl.Boolean)
        flips = {verdict.value: verdict.flip().value for verdict in Verdict}
        others = {
            "model": pl.col("baseline"),
            "baseline": pl.col("model"),
            "verdict": pl.col("verdict").replace_strict(flips, return_dtype=pl.String),
            **{style: -pl.col(style) for style in styles},
        }
        return battles.with_columns(
            pl.when(chosen).then(other).otherwise(pl.col(name)).alias(name) for name, other in others.items()
        )

    return turned
