"""The nearest prompts of each prompt, found once and used for every picture and clustering of them.

Exact up to 20,000 prompts, because a matrix product is quicker there than building an index; approximate above.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_EXACT = 20_000
CELLS_PER_BLOCK = 1 << 24  # of float32: 64 MB
# Rounding in float32 leaves about 1e-7 between two equal texts; UMAP must see them as one point.
SAME_DISTANCE = 1e-6
_GROUP_SIZE = 32


class Neighbours(NamedTuple):
    """What UMAP takes as ``precomputed_knn``.

    Attributes:
        indices: (n, k) int32 row numbers, the row itself first, then by distance and row number.
        distances: (n, k) float32 cosine distances, 0 to 2.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]


def find_neighbours(
    vectors: NDArray[np.float32], count_neighbours: int, *, seed: int = 0, max_exact: int = MAX_EXACT
) -> Neighbours:
    """The `count_neighbours` nearest rows of each row by cosine, the row itself counted as its first.

    Args:
        vectors: (n, d) rows of length 1.
        count_neighbours: k; cut to n where there are fewer rows.
        seed: of the approximate search; the exact one has no use for it.
        max_exact: above this many rows the search is approximate (Dong et al. 2011, NN-descent).
    """
    k = min(count_neighbours, len(vectors))
    if len(vectors) <= max_exact:
        return _exact(vectors, k)
    return _approximate(vectors, k, seed)


def blocks(count_rows: int, count_columns: int) -> Iterator[slice]:
    """Slices of rows that together cover `count_rows`, each small enough for a matrix of `count_columns` in memory."""
    step = max(CELLS_PER_BLOCK // max(count_columns, 1), 1)
    for start in range(0, count_rows, step):
        yield slice(start, min(start + step, count_rows))


def one_thread() -> AbstractContextManager[object]:
    """Linear algebra on one thread, for libraries that are imported by now.

    Another number of threads adds up in another order: 3,345 real prompts had 139 topics on one thread and 134 on two.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


def _exact(vectors: NDArray[np.float32], k: int) -> Neighbours:
    found = Neighbours(np.empty((len(vectors), k), np.int32), np.empty((len(vectors), k), np.float32))
    whole_groups = np.pad(vectors, ((0, -len(vectors) % _GROUP_SIZE), (0, 0)))
    with one_thread():
        for rows in blocks(len(vectors), len(whole_groups)):
            similarities = vectors[rows] @ whole_groups.T
            similarities[:, len(vectors) :] = -np.inf
            # A text that stands there a hundred times must not push itself out of its own neighbours.
            similarities[np.arange(len(similarities)), np.arange(rows.start, rows.stop)] = np.inf
            indices = _largest(similarities, k)
            found.indices[rows], found.distances[rows] = _ordered(
                indices, np.take_along_axis(similarities, indices, axis=1)
            )
    return found


def _largest(similarities: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Columns of the k largest of each row, in any order.

    Columns are looked at in groups first: the k groups with the largest maxima hold the k largest, and a maximum costs
    a tenth of a selection.
    """
    count_rows, count_columns = similarities.shape
    count_groups = count_columns // _GROUP_SIZE
    if count_groups <= k:
        return np.argpartition(similarities, count_columns - k, axis=1)[:, count_columns - k :]
    # Members of a group lie `count_groups` columns apart, so that their maximum runs along whole rows.
    maxima = similarities.reshape(count_rows, _GROUP_SIZE, count_groups).max(axis=1)
    groups = np.argpartition(maxima, count_groups - k, axis=1)[:, count_groups - k :]
    columns = (np.arange(_GROUP_SIZE)[:, None] * count_groups + groups[:, None, :]).reshape(count_rows, -1)
    candidates = np.take_along_axis(similarities, columns, axis=1)
    best = np.argpartition(candidates, columns.shape[1] - k, axis=1)[:, columns.shape[1] - k :]
    return np.take_along_axis(columns, best, axis=1)


def _approximate(vectors: NDArray[np.float32], k: int, seed: int) -> Neighbours:
    from pynndescent import NNDescent

    # With a seed it still finds others on another number of threads.
    found: Any = NNDescent(vectors, metric="dot", n_neighbors=k, random_state=seed, n_jobs=1).neighbor_graph
    indices = found[0]
    rows = np.arange(len(vectors))
    is_missing_itself = ~(indices == rows[:, None]).any(axis=1)
    indices[is_missing_itself, -1] = rows[is_missing_itself]
    # The index keeps distances in a form of its own; the true ones cost little and make both ways agree.
    similarities = np.empty(indices.shape, np.float32)
    for block in blocks(len(vectors), k * vectors.shape[1]):
        similarities[block] = np.einsum("nd,nkd->nk", vectors[block], vectors[indices[block]])
    similarities[indices == rows[:, None]] = np.inf
    return _ordered(indices, similarities)


def _ordered(indices: NDArray[np.integer], similarities: NDArray[np.float32]) -> Neighbours:
    order = np.lexsort((indices, -similarities), axis=1)
    distances = np.clip(1 - np.take_along_axis(similarities, order, axis=1), 0, 2)
    distances[distances < SAME_DISTANCE] = 0
    return Neighbours(
        np.take_along_axis(indices, order, axis=1).astype(np.int32, order="C"), distances.astype(np.float32, order="C")
    )
