"""Dense regions of the reduced points: one is a topic (HDBSCAN)."""

import numpy as np
from numpy.typing import NDArray

NO_TOPIC = -1
PROMPTS_OF_A_BIG_CROWD = 10_000


def min_cluster_size_for(count_prompts: int) -> int:
    """How many prompts make a topic: n/700 between 5 and 15, and 15·(n/10⁴)^¼ above 10⁴ prompts.

    Held on 11,685 prompts of a real arena: smaller and topics shatter, larger and half of the crowd is in none.
    """
    if count_prompts > PROMPTS_OF_A_BIG_CROWD:
        return round(15 * (count_prompts / PROMPTS_OF_A_BIG_CROWD) ** 0.25)
    return min(max(count_prompts // 700, 5), 15)


def fit_density(points: NDArray[np.float32], *, min_cluster_size: int, min_samples: int = 5) -> NDArray[np.intp]:
    """Number the dense regions (Campello et al. 2013, excess of mass).

    Args:
        points: (n, d), at least two rows.
        min_cluster_size: a region of fewer points is none.
        min_samples: how many points around one make it dense; larger leaves more points outside.

    Returns:
        (n,) numbers from 0 by size, largest first, then by first row; -1 for a point in no region.
    """
    from hdbscan import HDBSCAN

    clusterer = HDBSCAN(
        min_cluster_size=min_cluster_size,
        min_samples=min_samples,
        cluster_selection_method="eom",
        core_dist_n_jobs=1,  # more would start processes, each with a copy of the points
    )
    return order_by_size(clusterer.fit(np.asarray(points, np.float64)).labels_)


def order_by_size(labels: NDArray[np.integer]) -> NDArray[np.intp]:
    """The same groups numbered by size, largest first, then by first row; negative labels become -1."""
    groups, first_rows, group_of, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    is_group = groups >= 0
    rank = np.full(len(groups), NO_TOPIC, np.intp)
    ordered = np.lexsort((first_rows, -sizes))
    ordered = ordered[is_group[ordered]]
    rank[ordered] = np.arange(len(ordered))
    return rank[group_of]
