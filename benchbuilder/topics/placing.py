"""Which topic a prompt belongs to when the topics stand: the nearest centroid, with a flag where that is too far."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchbuilder.topics.neighbours import blocks, one_thread


class Membership(NamedTuple):
    """One entry per prompt, in the order of the prompts.

    Attributes:
        topic_ids: n ids; None only where there is no topic at all.
        is_outlier: (n,) bool; the topic is merely the nearest one, and the prompt is not eligible as a question.
        similarities: (n,) float32 cosine to the topic's centroid; 0 where there is no topic.
    """

    topic_ids: tuple[str | None, ...]
    is_outlier: NDArray[np.bool_]
    similarities: NDArray[np.float32]


def place(
    vectors: NDArray[np.float32], centroids: NDArray[np.float32], topic_ids: Sequence[str], similarity: float
) -> Membership:
    """Put new prompts into standing topics; the share of outliers among them says when to cluster anew.

    Args:
        vectors: (n, d) rows of length 1, from the embedder that the centroids come from.
        centroids: (t, d) rows of length 1, in the order of `topic_ids`.
        topic_ids: t ids.
        similarity: the least cosine to a centroid that makes a prompt a member rather than an outlier.
    """
    topics, similarities = nearest_centroids(vectors, centroids)
    return membership(topics, similarities, similarities < similarity, topic_ids)


def membership(
    topics: NDArray[np.intp], similarities: NDArray[np.float32], is_outlier: NDArray[np.bool_], topic_ids: Sequence[str]
) -> Membership:
    """The same with ids instead of numbers: `topics` (n,) counts in `topic_ids`, and is -1 where there is none."""
    ids = (*topic_ids, None)  # so that -1 finds it
    return Membership(tuple(ids[topic] for topic in topics), is_outlier | (topics < 0), similarities)


def nearest_centroids(
    vectors: NDArray[np.float32], centroids: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Row number of the nearest centroid, the first of equal ones, and the cosine to it: (n,) each; -1, 0 if none."""
    topics = np.full(len(vectors), -1, np.intp)
    similarities = np.zeros(len(vectors), np.float32)
    with one_thread():
        for rows in blocks(len(vectors), len(centroids)) if len(centroids) else ():
            to_all = vectors[rows] @ centroids.T
            topics[rows] = to_all.argmax(axis=1)
            similarities[rows] = to_all.max(axis=1)
    return topics, similarities


def place_on_map(
    vectors: NDArray[np.float32],
    standing_vectors: NDArray[np.float32],
    standing_coordinates: NDArray[np.float32],
    *,
    count_nearest: int = 5,
) -> NDArray[np.float32]:
    """Coordinates of new prompts among those that are on the map.

    The middle of the nearest ones' coordinates, each axis by its median: a mean of two islands would lie in the sea.

    Args:
        vectors: (n, d) rows of length 1.
        standing_vectors: (m, d) of the prompts on the map, m ≥ 1.
        standing_coordinates: (m, 2) of the same.
        count_nearest: how many are asked.

    Returns:
        (n, 2) float32.
    """
    coordinates = np.empty((len(vectors), 2), np.float32)
    skipped = max(len(standing_vectors) - count_nearest, 0)
    with one_thread():
        for rows in blocks(len(vectors), len(standing_vectors)):
            nearest = np.argpartition(vectors[rows] @ standing_vectors.T, skipped, axis=1)[:, skipped:]
            coordinates[rows] = np.median(standing_coordinates[nearest], axis=1)
    return coordinates
