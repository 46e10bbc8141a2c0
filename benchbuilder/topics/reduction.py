"""From hundreds of dimensions to five, where density means something, and to two, for the picture (UMAP)."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchbuilder.topics.neighbours import Neighbours, one_thread

MAP_EPOCHS = 100
MAP_MIN_DISTANCE = 0.1
# How far the standing topics pull their members together, 0 to 1. UMAP's own 0.5 keeps no more of them, and at 0.2 what
# the crowd sends now has more of a say.
WEIGHT_OF_STANDING = 0.2


def fit_reduction(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    *,
    count_dimensions: int = 5,
    seed: int = 0,
    standing: NDArray[np.intp] | None = None,
) -> NDArray[np.float32]:
    """`vectors` laid out in few dimensions so that near ones stay near (McInnes et al. 2018).

    Where topics stand already, rows of one topic are pulled together (UMAP's semi-supervised form): laid out by the
    vectors alone, one topic in ten of a real crowd would be torn or lost whenever a twentieth of the prompts is new.

    Args:
        vectors: (n, d), of which the start is the principal components: a spectral start takes longer and is no better.
        neighbours: of the vectors, at least two a row.
        count_dimensions: of the result; needs as many rows and columns in `vectors`.
        seed: makes it repeat bit for bit, which is why it runs on one thread.
        standing: (n,) the topic that each row stands in, -1 where it stands in none; None: no topics stand.

    Returns:
        (n, count_dimensions) float32.
    """
    layout = _Layout(count_dimensions, min_distance=0.0, count_epochs=None, seed=seed)
    return _fit_umap(vectors, neighbours, layout, standing)


def fit_map(points: NDArray[np.float32], neighbours: Neighbours, *, seed: int = 0) -> NDArray[np.float32]:
    """Coordinates for the picture.

    Starts from the reduced points rather than from the vectors, so that a topic is an island on the map too and a fifth
    of the epochs will do.

    Args:
        points: (n, 2 or more) from `fit_reduction`.
        neighbours: of the vectors that the points stand for.
        seed: as in `fit_reduction`.

    Returns:
        (n, 2) float32.
    """
    return _fit_umap(points, neighbours, _Layout(2, MAP_MIN_DISTANCE, MAP_EPOCHS, seed))


def project_flat(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The two principal components of a crowd that is too small for UMAP: (n, 2) float32, zero where there are none."""
    coordinates = np.zeros((len(vectors), 2), np.float32)
    if len(vectors) > 1:
        with one_thread():
            left, lengths, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
        components = (left * lengths)[:, :2]
        # A component has no sign of its own: its largest entry is made positive.
        largest = components[np.abs(components).argmax(axis=0), np.arange(components.shape[1])]
        coordinates[:, : components.shape[1]] = components * np.where(largest < 0, -1, 1)
    return coordinates


@dataclass(frozen=True, slots=True)
class _Layout:
    """How UMAP lays points out; `count_epochs` None: as many as it finds right for the number of points."""

    count_dimensions: int
    min_distance: float
    count_epochs: int | None
    seed: int


def _fit_umap(
    start: NDArray[np.float32], neighbours: Neighbours, layout: _Layout, standing: NDArray[np.intp] | None = None
) -> NDArray[np.float32]:
    from umap import UMAP

    # Of n points UMAP wants n - 1 neighbours at most; it writes into what it is given, hence the copies.
    indices, distances = (part[:, : len(start) - 1].copy() for part in neighbours)
    reducer = UMAP(
        n_neighbors=indices.shape[1],
        n_components=layout.count_dimensions,
        min_dist=layout.min_distance,
        n_epochs=layout.count_epochs,
        random_state=layout.seed,
        metric="cosine",
        init="pca",
        n_jobs=1,
        precomputed_knn=(indices, distances),
        disconnection_distance=np.inf,  # else a point opposite to all its neighbours has no place at all
        target_weight=WEIGHT_OF_STANDING,
    )
    with warnings.catch_warnings(), one_thread():
        # It says that new rows cannot be transformed later; topics place new prompts by centroid.
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]", category=UserWarning)
        return np.asarray(reducer.fit_transform(start, y=standing), np.float32)
