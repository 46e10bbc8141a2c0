"""Verdicts → one weighted sum per question and pair of models: what a fit needs where there is no single baseline.

All games of one question and pair compare the same two answers, so they share the answers' style too, and their sums
say all that the likelihood sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchbuilder.rating.battles import Cluster, Flags, Matrix, Vector, check_values, cluster_name, sums_of_verdicts

Positions = NDArray[np.int64]
Design = Any  # a scipy.sparse.csr_matrix; the stubs at hand do not know its operators


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """One entry per cluster, pair of models (and question, where the cluster is a topic and style counts).

    Attributes:
        models: whom to fit, the baseline last: its rating is 0.
        styles: names of the style columns.
        clusters: names of the clusters, sorted.
        cluster: position in clusters, shape (cells,), ascending.
        first: position in models of the one whose side `won` and `style` take, below `second`; shape (cells,).
        second: position of the other.
        won: S, the sum of weight x score of `first`, shape (cells,).
        weight: W, the sum of weights, over 0.
        style: how the first's answer differs from the second's, shape (cells, styles).
    """

    models: tuple[str, ...]
    styles: tuple[str, ...]
    clusters: tuple[str, ...]
    cluster: Positions
    first: Positions
    second: Positions
    won: Vector
    weight: Vector
    style: Matrix

    def among(self, chosen: Flags) -> "Cells":
        """The cells between some of the models, which get positions of their own; chosen has shape (models,)."""
        inside = self._where(chosen[self.first] & chosen[self.second])
        position = np.cumsum(chosen) - 1
        models = tuple(name for name, is_in in zip(self.models, chosen, strict=True) if is_in)
        return replace(inside, models=models, first=position[inside.first], second=position[inside.second])

    def where_played(self) -> "Cells":
        """Without the cells that a resampling has emptied."""
        return self._where(self.weight > 0)

    def _where(self, chosen: Flags) -> "Cells":
        columns = ("cluster", "first", "second", "won", "weight", "style")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    @property
    def count_clusters(self) -> Positions:
        """Q: in how many clusters each model played, shape (models,)."""
        size = len(self.models)
        played = np.unique(np.concatenate([self.cluster * size + self.first, self.cluster * size + self.second]))
        return np.bincount(played % size, minlength=size)

    def design(self) -> Design:
        """One row per cell: +1 for the first, -1 for the second, then the styles; the baseline has no column."""
        from scipy.sparse import csr_matrix, hstack

        count, size = len(self.won), len(self.models)
        row = np.arange(count)
        sign = np.ones(count)
        places = (np.concatenate([row, row]), np.concatenate([self.first, self.second]))
        models = csr_matrix((np.concatenate([sign, -sign]), places), shape=(count, size))
        return csr_matrix(hstack([models[:, :-1], csr_matrix(self.style)]))


def cells_of(
    battles: pl.DataFrame,
    models: Sequence[str],
    baseline: str,
    *,
    strong_weight: float = 3.0,
    cluster: Cluster = "question",
    styles: Sequence[str] = (),
) -> Cells:
    """The cells of battles between any models.

    Args:
        battles: see `battles.BATTLE_COLUMNS`, and a column for each style.
        models: whom to fit, without the baseline; one that played nothing has no cells.
        baseline: whose rating is 0.
        strong_weight: see `battles.sum_battles`.
        cluster: see `battles.sum_battles`.
        styles: columns that hold, for the model's side, how the two answers differ.

    Raises:
        ValueError: a verdict is none of the five, a model meets itself, or is not in models.
    """
    if battles.filter(pl.col("model") == pl.col("baseline")).height:
        raise ValueError("a model is judged against itself")
    models = (*models, baseline)
    check_values(battles, "model", models)
    check_values(battles, "baseline", models)
    keys = [cluster_name(cluster).alias("cluster"), pl.col("model"), pl.col("baseline")]
    if styles:
        keys.append(pl.col("question_id"))
    cells = sums_of_verdicts(battles, keys, strong_weight, styles).sort([key.meta.output_name() for key in keys])
    clusters = cells["cluster"].unique().sort()
    first, second = (cells[side].cast(pl.Enum(models)).to_physical().to_numpy() for side in ("model", "baseline"))
    won, weight = cells["won"].to_numpy(), cells["weight"].to_numpy()
    style = cells.select(styles).to_numpy().reshape(len(won), len(styles)).astype(np.float64)
    is_turned = first > second
    return Cells(
        models=models,
        styles=tuple(styles),
        clusters=tuple(clusters),
        cluster=cells["cluster"].cast(pl.Enum(clusters)).to_physical().to_numpy().astype(np.int64),
        first=np.minimum(first, second).astype(np.int64),
        second=np.maximum(first, second).astype(np.int64),
        won=np.where(is_turned, weight - won, won),
        weight=weight,
        style=np.where(is_turned[:, None], -style, style),
    )
