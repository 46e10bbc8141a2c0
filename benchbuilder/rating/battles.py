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

    Strong and other verdicts are added up apart and weighted once, so the sums before weighting are multiples of ½
    and no rounding depends on the order.

    Args:
        battles: see `BATTLE_COLUMNS`.
        models: the columns wanted; one without battles gets zeros.
        strong_weight: what A>>B and B>>A weigh; the others weigh 1 (arXiv 2406.11939 counts strong verdicts 3 times).
        cluster: what one row stands for. A question without a topic is a cluster of its own.

    Raises:
        ValueError: a column is missing, a verdict is none of the five, or a battle's model is not in models.
    """
    check_columns(battles, BATTLE_COLUMNS)
    _check_values(battles, "verdict", SCORE_OF_MODEL)
    _check_values(battles, "model", models)
    cells = _cells(battles, cluster)
    names = cells["cluster"].unique().sort()
    row = cells["cluster"].cast(pl.Enum(names)).to_physical()
    column = cells["model"].cast(pl.Enum(models)).to_physical()
    won, weight = np.zeros((2, len(names), len(models)))
    won[row, column] = cells["won"] + strong_weight * cells["won_strong"]
    weight[row, column] = cells["count"] + strong_weight * cells["count_strong"]
    return Sums(tuple(models), tuple(names), won, weight)


def check_columns(frame: pl.DataFrame, columns: Iterable[str]) -> None:
    """Raise ValueError that names the columns which `frame` lacks."""
    if missing := [name for name in columns if name not in frame.columns]:
        raise ValueError(f"the frame has no column {', '.join(missing)}; it has {', '.join(frame.columns)}")


def _check_values(battles: pl.DataFrame, column: str, allowed: Iterable[str]) -> None:
    strange = set(battles[column].unique()) - set(allowed)
    if strange:
        shown = ", ".join(sorted(repr(value)[:80] for value in strange)[:3])
        raise ValueError(f"{len(strange)} unknown values in column {column}, such as {shown}")


def _cells(battles: pl.DataFrame, cluster: Cluster) -> pl.DataFrame:
    """One row per cluster and model: wins and counts, of strong verdicts and of the others."""
    score = pl.col("verdict").replace_strict(SCORE_OF_MODEL, return_dtype=pl.Float64)
    strong = pl.col("verdict").replace_strict(IS_STRONG, return_dtype=pl.Boolean)
    return (
        battles.lazy()
        .select(_cluster_name(cluster).alias("cluster"), "model", score.alias("score"), strong.alias("strong"))
        .group_by("cluster", "model")
        .agg(
            pl.col("score").filter(~pl.col("strong")).sum().alias("won"),
            pl.col("score").filter(pl.col("strong")).sum().alias("won_strong"),
            (~pl.col("strong")).sum().alias("count"),
            pl.col("strong").sum().alias("count_strong"),
        )
        .collect()
    )


def _cluster_name(cluster: Cluster) -> pl.Expr:
    """The prefixes keep a topic and a question of the same name apart."""
    if cluster == "question":
        return pl.col("question_id")
    return pl.coalesce(pl.lit("topic ") + pl.col("topic_id"), pl.lit("question ") + pl.col("question_id"))
