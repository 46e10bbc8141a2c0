"""Battles of arena-hard-auto back to games.

Its code made them from the two games of a pair: a plain verdict is one row, a strong one three equal rows. So n equal
rows are n//3 strong games and n%3 plain ones, and of a pair together at most two games. Ties are never strong. Which
order a game had is lost: the order counts as unknown, and by convention model_a, the baseline, as shown first.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from benchbuilder.judging.verdict import SCALE
from benchbuilder.sources.arena_hard.access import QUESTION_IDS, UnreadableRecordError, label_of, value_of
from benchbuilder.sources.arena_hard.gathering import MAX_RECORDS
from benchbuilder.sources.arena_hard.parts import BATTLES_JUDGE, JUDGMENT_SCHEMA, Fault
from benchbuilder.sources.records import Reason

WEIGHT_STRONG = 3
MAX_GAMES = 2
MAX_ROWS = WEIGHT_STRONG * MAX_GAMES
WINNERS = {"model_a": "model_a", "model_b": "model_b", "tie": "tie", "tie (bothbad)": "tie"}
_CHUNK = 50_000
_PAIR = ("question_ref", "model_a", "model_b")
_ROW = pl.Schema({**dict.fromkeys((*_PAIR, "winner"), pl.String), "line": pl.Int64})
_EQUAL = (*_PAIR, "winner")

BattleRow = tuple[str, str, str, str, int]


def parse_battle(record: dict[str, Any], line: int) -> BattleRow:
    """question_ref, model_a, model_b, winner (`model_a`, `model_b`, `tie`), line.

    Raises:
        UnreadableRecordError: with the reason.
    """
    model_a, model_b = label_of(record, "model_a"), label_of(record, "model_b")
    if model_a == model_b:
        raise UnreadableRecordError(Fault.SAME_MODEL)
    winner = value_of(record, "winner")
    if not isinstance(winner, str):
        raise UnreadableRecordError(Reason.NULL_FIELD if winner is None else Reason.WRONG_TYPE)
    if winner not in WINNERS:
        raise UnreadableRecordError(Fault.UNKNOWN_WINNER)
    return label_of(record, *QUESTION_IDS), model_a, model_b, WINNERS[winner], line


class BattleCounter:
    """Counts equal rows; holds one row per question, pair and winner, however many the file has."""

    def __init__(self) -> None:
        self._rows: list[BattleRow] = []
        self._counted: list[pl.DataFrame] = []

    def add(self, row: BattleRow) -> None:
        """One more row."""
        self._rows.append(row)
        if len(self._rows) >= _CHUNK:
            self._count_chunk()

    def _count_chunk(self) -> None:
        rows = pl.DataFrame(self._rows, schema=_ROW, orient="row")
        self._counted.append(rows.group_by(_EQUAL).agg(pl.len().cast(pl.Int64).alias("count"), pl.col("line").min()))
        self._rows = []

    def pairs(self) -> pl.DataFrame:
        """One row per question and pair: its first line, its count_rows, and how many rows each winner has."""
        self._count_chunk()
        counts = [
            pl.col("count").filter(pl.col("winner") == winner).sum().alias(winner) for winner in set(WINNERS.values())
        ]
        pairs = pl.concat(self._counted).rename({"model_a": "side_a", "model_b": "side_b"})
        pairs = pairs.group_by("question_ref", "side_a", "side_b").agg(
            pl.col("line").min(), pl.col("count").sum().alias("count_rows"), *counts
        )
        return pairs.sort("line")


def count_games(pairs: pl.DataFrame) -> pl.DataFrame:
    """`pairs` with how many games have each of the five verdicts, A being model_a, and the reason to reject them."""
    a, b = pl.col("model_a"), pl.col("model_b")
    games = (a // WEIGHT_STRONG, a % WEIGHT_STRONG, pl.col("tie"), b % WEIGHT_STRONG, b // WEIGHT_STRONG)
    counted = pairs.with_columns(count.alias(str(verdict)) for verdict, count in zip(SCALE, games, strict=True))
    reason = (
        pl.when(pl.col("count_rows") > MAX_ROWS)
        .then(pl.lit(str(Fault.TOO_MANY_ROWS)))
        .when(pl.sum_horizontal(map(str, SCALE)) > MAX_GAMES)
        .then(pl.lit(str(Fault.NOT_TWO_GAMES)))
    )
    return counted.with_columns(reason=reason)


def decode_games(counted: pl.DataFrame) -> pl.DataFrame:
    """The judgments of pairs that are not rejected; replicate 0 is the game that went better for model_a.

    Args:
        counted: what `count_games` gave.

    Returns:
        A frame of `JUDGMENT_SCHEMA`, in the order of first lines.
    """
    steps = [
        counted.select("question_ref", "side_a", "side_b", "line", step=pl.lit(step), count=pl.col(str(verdict)))
        for step, verdict in enumerate(SCALE)
    ]
    games = pl.concat(steps).filter(pl.col("count") > 0).sort("line", "step")
    games = games.select(pl.exclude("count").repeat_by("count").explode())
    return games.select(
        "question_ref",
        pl.col("side_b").alias("model"),
        pl.col("side_a").alias("baseline"),
        pl.lit(BATTLES_JUDGE).alias("judge"),
        pl.lit(value=True).alias("baseline_first"),
        pl.lit(value=False).alias("is_order_known"),
        pl.int_range(pl.len()).over("question_ref", "side_a", "side_b").cast(pl.Int32).alias("replicate"),
        pl.col("step").replace_strict(dict(enumerate(map(str, SCALE))), return_dtype=pl.String).alias("verdict"),
        pl.lit(None, pl.String).alias("reason"),
        pl.lit(None, pl.String).alias("judge_text"),
        "line",
    ).match_to_schema(JUDGMENT_SCHEMA)


def pieces(counted: pl.DataFrame, *, count_before: int) -> Iterator[pl.DataFrame]:
    """`counted` in pieces of no more records than a part may hold, but where one pair alone has more.

    Args:
        counted: what `count_games` gave.
        count_before: records that the first piece shares its part with.
    """
    count_ahead = count_before + pl.col("count_rows").cum_sum() - pl.col("count_rows")
    place = count_ahead // (MAX_RECORDS - MAX_ROWS)
    yield from counted.with_columns(piece=place).partition_by("piece", maintain_order=True, include_key=False)
