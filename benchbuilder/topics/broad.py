"""A dozen broad topics above the topics, for a report that fits on a page."""

import numpy as np
from numpy.typing import NDArray

from benchbuilder.topics.density import order_by_size

MIN_COUNT = 12
MAX_COUNT = 20


def count_broad_for(count_topics: int) -> int:
    """How many broad topics: the square root of the topics between 12 and 20, never more than half of the topics."""
    wanted = min(max(round(count_topics**0.5), MIN_COUNT), MAX_COUNT)
    return min(wanted, (count_topics + 1) // 2)


def broad_topics(centroids: NDArray[np.float32], count: int | None = None) -> NDArray[np.intp]:
    """Join topics into broad ones by Ward's method on their centroids (Ward 1963).

    Args:
        centroids: (t, d) rows of length 1, in the order of the topics.
        count: of the broad topics; None: by the number of topics, see `count_broad_for`; never more than t.

    Returns:
        (t,) numbers from 0 by how many topics a broad one holds, most first, then by first topic.
    """
    count_topics = len(centroids)
    count = min(count_broad_for(count_topics) if count is None else count, count_topics)
    if count <= 1:
        return np.zeros(count_topics, np.intp)
    from sklearn.cluster import AgglomerativeClustering

    labels = AgglomerativeClustering(n_clusters=count, linkage="ward").fit_predict(np.asarray(centroids, np.float64))
    return order_by_size(labels)
