"""Battles from plain tuples, for all tests of rating."""

from collections.abc import Callable, Iterable

import polars as pl
import pytest

Game = tuple[str, str, str]  # question, model, verdict from the model's side
MakeBattles = Callable[[Iterable[Game]], pl.DataFrame]

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
def make_battles() -> MakeBattles:
    """(question, model, verdict) → a battle against `base`; questions that begin alike share a topic."""

    def make(games: Iterable[Game]) -> pl.DataFrame:
        rows = [
            (question, question[0], model, "base", "judge", number % 2 == 0, str(verdict))
            for number, (question, model, verdict) in enumerate(games)
        ]
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")

    return make


@pytest.fixture(scope="session")
def make_plan() -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The plan in which every battle was planned and none was unreadable."""
    return lambda battles: battles.group_by("model").agg(count_planned=pl.len(), count_readable=pl.len())
