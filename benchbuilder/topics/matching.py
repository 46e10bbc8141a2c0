"""Which topics of a new clustering are those of the last one, so that they keep id and name."""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MIN_SHARE = 0.5
MIN_SIMILARITY = 0.9


class MatchedTopic(NamedTuple):
    """What a new topic continues.

    Attributes:
        old_topic_id: the topic that it is; None for a new one.
        share_members: of the old topic's members that are in the new one; 0 for a new one.
        similarity: cosine of the two centroids; 0 for a new one and where there is no centroid to compare.
    """

    old_topic_id: str | None
    share_members: float
    similarity: float


Centroids = Mapping[str, NDArray[np.float32]]


def match_topics(
    old_members: Mapping[str, AbstractSet[str]],
    old_centroids: Centroids,
    new_members: Mapping[str, AbstractSet[str]],
    new_centroids: Centroids,
    *,
    min_share: float = MIN_SHARE,
    min_similarity: float = MIN_SIMILARITY,
) -> dict[str, MatchedTopic]:
    """Carry topics over from one clustering to the next, one to one.

    First by members: a new topic that holds at least `min_share` of an old one's members continues it, the largest
    overlap first. What is left then by centroids, the most similar first, which finds topics with replaced members.

    Args:
        old_members: prompt_ids by topic_id, without outliers.
        old_centroids: (d,) of length 1 by topic_id; empty where another embedder made them.
        new_members: as `old_members`; its keys are those of the result, in their order. With its outliers a topic keeps
            members that merely drifted to its edge.
        new_centroids: as `old_centroids`.
        min_share: of the old members.
        min_similarity: least cosine of the centroids.
    """
    overlaps = count_overlaps(old_members, new_members)
    shares = {(old, new): count / len(old_members[old]) for (old, new), count in overlaps.items()}
    by_members = sorted((-count, *pair) for pair, count in overlaps.items() if shares[pair] >= min_share)
    pairs = _one_to_one((old, new) for _, old, new in by_members)

    left_old = {topic: vector for topic, vector in old_centroids.items() if topic not in pairs}
    left_new = {topic: vector for topic, vector in new_centroids.items() if topic not in pairs.values()}
    near = sorted((-cosine, *pair) for pair, cosine in _cosines(left_old, left_new).items() if cosine >= min_similarity)
    pairs |= _one_to_one((old, new) for _, old, new in near)

    continued = {new: old for old, new in pairs.items()}
    return {
        new: MatchedTopic(old, shares.get((old, new), 0.0), _cosine(old_centroids.get(old), new_centroids.get(new)))
        if (old := continued.get(new)) is not None
        else MatchedTopic(None, 0.0, 0.0)
        for new in new_members
    }


def count_overlaps(
    old: Mapping[str, AbstractSet[str]], new: Mapping[str, AbstractSet[str]]
) -> Counter[tuple[str, str]]:
    """How many prompts each old topic shares with each new one, where it is any."""
    new_of = {prompt_id: topic_id for topic_id, members in new.items() for prompt_id in members}
    return Counter(
        (topic_id, new_of[prompt_id])
        for topic_id, members in old.items()
        for prompt_id in members
        if prompt_id in new_of
    )


def _one_to_one(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Old to new: a pair counts if neither side was taken by an earlier one."""
    taken: dict[str, str] = {}
    taken_new: set[str] = set()
    for old, new in pairs:
        if old not in taken and new not in taken_new:
            taken[old] = new
            taken_new.add(new)
    return taken


def _cosines(old: Centroids, new: Centroids) -> dict[tuple[str, str], float]:
    if not old or not new:
        return {}
    cosines = np.einsum("ad,bd->ab", np.stack(list(old.values())), np.stack(list(new.values())))
    return {(a, b): float(cosines[i, j]) for i, a in enumerate(old) for j, b in enumerate(new)}


def _cosine(one: NDArray[np.float32] | None, other: NDArray[np.float32] | None) -> float:
    return 0.0 if one is None or other is None else float(one @ other)
