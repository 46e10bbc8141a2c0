"""What a new clustering owes to the topics that stand: a new topic has to show more than one that goes on.

Density alone would name a new topic whenever five prompts that lay outside all topics happen to fall together, and let
it go a week later. So the bar for a newcomer is higher than for a topic that stands (hysteresis).
"""

import numpy as np
from numpy.typing import NDArray

from benchbuilder.topics.density import NO_TOPIC, order_by_size

SIZE_OF_NEWCOMER = 2  # times the size of a topic


def settle_newcomers(
    labels: NDArray[np.intp], standing: NDArray[np.intp], topic_size: int, factor: float = SIZE_OF_NEWCOMER
) -> NDArray[np.intp]:
    """Undo new topics that are too small; their prompts stay where they stood.

    A group goes on with a standing topic when it holds at least half of that topic's prompts. Any other group is a
    newcomer, and stands when it has `factor` times as many prompts as make a topic. Of a smaller one each prompt goes
    to the group that its own topic goes on in, or to none.

    Args:
        labels: (n,) numbers from 0 of the groups found now; -1 for none.
        standing: (n,) numbers from 0 of the topics that the prompts stood in; -1 for none and for new prompts.
        topic_size: the fewest prompts that make a topic.
        factor: of a newcomer's size.

    Returns:
        (n,) numbers from 0 by size, as `order_by_size` gives them.
    """
    heirs = _heirs(labels, standing)
    sizes = np.bincount(labels[labels >= 0], minlength=labels.max(initial=NO_TOPIC) + 1)
    is_too_small = sizes < factor * topic_size
    is_too_small[heirs[heirs >= 0]] = False
    is_undone = (labels >= 0) & np.append(is_too_small, False)[labels]
    settled = labels.copy()
    settled[is_undone] = np.append(heirs, NO_TOPIC)[standing[is_undone]]
    return order_by_size(settled)


def _heirs(labels: NDArray[np.intp], standing: NDArray[np.intp]) -> NDArray[np.intp]:
    """The group that holds at least half of each standing topic, the largest part first; -1 where none does."""
    count_standing = standing.max(initial=NO_TOPIC) + 1
    heirs = np.full(count_standing, NO_TOPIC, np.intp)
    is_shared = (labels >= 0) & (standing >= 0)
    pairs, shared = np.unique(np.stack([standing[is_shared], labels[is_shared]]), axis=1, return_counts=True)
    sizes = np.bincount(standing[standing >= 0], minlength=count_standing)
    for place in np.argsort(shared, kind="stable"):  # a larger part comes later, and counts
        topic, group = pairs[:, place]
        if 2 * shared[place] >= sizes[topic]:
            heirs[topic] = group
    return heirs
