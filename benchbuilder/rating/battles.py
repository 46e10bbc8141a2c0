"""Verdicts → weighted sums per cluster and model: all that scores and intervals are computed from.

A battle is one readable verdict from the model's side: columns question_id, topic_id (may be null), model, baseline,
judge, baseline_first, verdict, where A is the model. A verdict that could not be read is no battle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchbuilder.judging.verdict import Verdict

Cluster = Literal["question", "topic"]
Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

BATTLE_COLUMNS = ("question_id", "topic_id", "model", "baseline", "judge", "baseline_first", "verdict")
SCORE_OF_MODEL = {verdict.value: verdict.score_of_first for verdict in Verdict}
IS_STRONG = {verdict.value: verdict.is_strong for verdict in Verdict}


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What happened, per cluster (row) and model (column).

    Attributes:
        models: names of the columns.
        clusters: names of the rows, sorted; a question or a topic.
        won: S, the sum of weight x score (1, ½, 0) over the games of a cell.
        weight: W, the sum of weights of a cell; 0 where nothing was played.
    """

    models: tuple[str, ...]
    clusters: tuple[str, ...]
    won: Matrix
    weight: Matrix

    @property
    def count_clusters(self) -> NDArray[np.int64]:
        """Q: in how many clusters each model played."""
        return np.count_nonzero(self.weight, axis=0)


def sum_battles(
    battles: pl.DataFrame, models: Sequence[str], *, strong_weight: float = 3.0, cluster: Cluster = "question"
) -> Sums:
    """S and W of every cluster and model, exact and the same for any order of the battles.

    Verdicts of each kind are counted and weighted once, so that no rounding depends on the order.

    Args:
        battles: see `BATTLE_COLUMNS`.
        models: the columns wanted; one without battles gets zeros.
        strong_weight: what A>>B and B>>A weigh; the others weigh 1 (arXiv 2406.11939 counts strong verdicts 3 times).
        cluster: what one row stands for. A question without a topic is a cluster of its own.

    Raises:
        ValueError: a column is missing, a verdict is none of the five, or a battle's model is not in models.
    """
    check_columns(battles, BATTLE_COLUMNS)
    check_values(battles, "model", models)
    check_values(battles, "verdict", SCORE_OF_MODEL)
    clusters = battles.select(cluster_name(cluster))[:, 0]
    names = clusters.unique().sort()
    place = _codes(clusters, names).astype(np.int64) * len(models) + _codes(battles["model"], models)
    verdict = _codes(battles["verdict"], list(SCORE_OF_MODEL))
    won, weight = np.zeros((2, len(names) * len(models)))
    for code, name in enumerate(SCORE_OF_MODEL):
        one = np.bincount(place[verdict == code], minlength=len(won)) * (strong_weight if IS_STRONG[name] else 1.0)
        weight += one
        won += one * SCORE_OF_MODEL[name]
    shape = (len(names), len(models))
    return Sums(tuple(models), tuple(names), won.reshape(shape), weight.reshape(shape))


def _codes(column: pl.Series, names: pl.Series | Sequence[str]) -> NDArray[np.integer]:
    """The position of each value among names; an Enum finds it many times faster than a group_by on strings."""
    return column.cast(pl.String).cast(pl.Enum(names)).to_physical().to_numpy()


def check_columns(frame: pl.DataFrame, columns: Iterable[str]) -> None:
    """Raise ValueError that names the columns which `frame` lacks."""
    if missing := [name for name in columns if name not in frame.columns]:
        raise ValueError(f"the frame has no column {', '.join(missing)}; it has {', '.join(frame.columns)}")


def check_values(battles: pl.DataFrame, column: str, allowed: Iterable[str]) -> None:
    """Raise ValueError that names what stands in a column and is not allowed there."""
    strange = set(battles[column].unique()) - set(allowed)
    if strange:
        shown = ", ".join(sorted(repr(value)[:80] for value in strange)[:3])
        raise ValueError(f"{len(strange)} unknown values in column {column}, such as {shown}")


def sums_of_verdicts(
    battles: pl.DataFrame, keys: Sequence[pl.Expr], strong_weight: float, styles: Sequence[str] = ()
) -> pl.DataFrame:
    """Per group of battles `won` (sum of weight x score) and `weight`; strong and other verdicts are added up apart.

    Args:
        battles: verdict from the model's side.
        keys: what makes a group; their names become columns.
        strong_weight: of A>>B and B>>A.
        styles: columns of which a group has one value, carried along.
    """
    check_values(battles, "verdict", SCORE_OF_MODEL)
    score = pl.col("verdict").replace_strict(SCORE_OF_MODEL, return_dtype=pl.Float64)
    strong = pl.col("verdict").replace_strict(IS_STRONG, return_dtype=pl.Boolean)
    names = [key.meta.output_name() for key in keys]
    summed = (
        battles.lazy()
        .select(*keys, *styles, score.alias("score"), strong.alias("strong"))
        .group_by(names)
        .agg(
            pl.col("score").filter(~pl.col("strong")).sum().alias("plain"),
            pl.col("score").filter(pl.col("strong")).sum().alias("strong"),
            (~pl.col("strong")).sum().alias("count_plain"),
            pl.col("strong").sum().alias("count_strong"),
            *(pl.col(style).first() for style in styles),
        )
    )
    won = pl.col("plain") + strong_weight * pl.col("strong")
    weight = pl.col("count_plain") + strong_weight * pl.col("count_strong")
    return summed.select(*names, won.alias("won"), weight.cast(pl.Float64).alias("weight"), *styles).collect()


def cluster_name(cluster: Cluster) -> pl.Expr:
    """What a battle's cluster is called; the prefixes keep a topic and a question of the same name apart."""
    if cluster == "question":
        return pl.col("question_id")
    return pl.coalesce(pl.lit("topic ") + pl.col("topic_id"), pl.lit("question ") + pl.col("question_id"))
