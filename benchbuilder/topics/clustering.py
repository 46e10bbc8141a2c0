"""A full run of clustering: which topics a crowd has, and where each prompt stands among them.

A crowd that does not split is one topic, if it is large enough for a topic, else it has none: UMAP and HDBSCAN are
asked only where two topics are possible at all, and where they find no second one the same rule holds.

Where a clustering stands already, the new one begins from its topics: they pull their prompts together, and a new topic
has to be larger than one that goes on. So most topics survive, and what is new in the crowd still becomes a topic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from benchbuilder.text import digest_of
from benchbuilder.topics.density import NO_TOPIC, fit_density, min_cluster_size_for
from benchbuilder.topics.neighbours import find_neighbours
from benchbuilder.topics.placing import Membership, membership, nearest_centroids
from benchbuilder.topics.reduction import fit_map, fit_reduction, project_flat
from benchbuilder.topics.standing import settle_newcomers

# Raised with every change of the steps below, so that an old clustering is not taken for a new one.
VERSION = 1
LENGTH_ID = 16
MAX_LENGTH_ERROR = 1e-3


@dataclass(frozen=True, slots=True)
class ClusteringSettings:
    """What a clustering rests on; together with the prompts and the embedder it is the clustering's identity.

    Attributes:
        seed: of every random step.
        count_neighbours: of each prompt, itself included.
        count_dimensions: that the density is looked for in.
        min_samples: how many prompts around one make it dense.
        min_cluster_size: how many prompts make a topic; None: by the size of the crowd, see `min_cluster_size_for`.
    """

    # The settings file fills it in: a wrong value is an error of its key, an unknown key an error too.
    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    count_neighbours: Annotated[int, Field(ge=2)] = 15
    count_dimensions: Annotated[int, Field(ge=2)] = 5
    min_samples: Annotated[int, Field(ge=1)] = 5
    min_cluster_size: Annotated[int, Field(ge=2)] | None = None

    def topic_size_for(self, count_prompts: int) -> int:
        """The fewest prompts that make a topic in a crowd of this size."""
        return self.min_cluster_size or min_cluster_size_for(count_prompts)


class Standing(NamedTuple):
    """The clustering that stands when a new one is made.

    Attributes:
        clustering_id: its identity.
        topic_of: its members' topic_ids by prompt_id, without outliers.
    """

    clustering_id: str
    topic_of: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """The topics of a crowd, largest first (by members that are no outliers), then by smallest prompt_id.

    Attributes:
        clustering_id: hash of prompt_ids, embedder, settings and the clustering that stood.
        settings: that it was made with.
        prompt_ids: n, sorted.
        topic_ids: t; hash of the clustering_id and the topic's smallest prompt_id.
        centroids: (t, d) float32 rows of length 1, the means of the members that are no outliers.
        members: where each prompt stands, in the order of prompt_ids; a prompt in no dense region is an outlier of the
            nearest topic.
        coordinates: (n, 2) float32 on the map.
    """

    clustering_id: str
    settings: ClusteringSettings
    prompt_ids: tuple[str, ...]
    topic_ids: tuple[str, ...]
    centroids: NDArray[np.float32]
    members: Membership
    coordinates: NDArray[np.float32]

    def members_by_topic(self) -> dict[str, set[str]]:
        """The prompt_ids of each topic without its outliers, in the order of the topics."""
        found: dict[str, set[str]] = {topic_id: set() for topic_id in self.topic_ids}
        for prompt_id, topic_id, is_outlier in zip(
            self.prompt_ids, self.members.topic_ids, self.members.is_outlier, strict=True
        ):
            if topic_id is not None and not is_outlier:
                found[topic_id].add(prompt_id)
        return found

    def share_unassigned(self) -> float:
        """The share of prompts in no topic, outliers included; 0 of an empty crowd."""
        return float(self.members.is_outlier.mean()) if self.prompt_ids else 0.0


def clustering_id_of(
    prompt_ids: Sequence[str], embedder: str, settings: ClusteringSettings, standing_id: str | None = None
) -> str:
    """The identity of a clustering, known before it is computed.

    Args:
        prompt_ids: sorted.
        embedder: name and revision, in one string.
        settings: of the clustering.
        standing_id: of the clustering that it began from.
    """
    rests_on = [VERSION, list(prompt_ids), embedder, asdict(settings)]
    return digest_of(rests_on if standing_id is None else [*rests_on, standing_id])[:LENGTH_ID]


def fit_clustering(
    prompt_ids: Sequence[str],
    vectors: NDArray[np.float32],
    embedder: str,
    settings: ClusteringSettings,
    standing: Standing | None = None,
) -> Clustering:
    """Find the topics of a crowd.

    Args:
        prompt_ids: n distinct ids, sorted.
        vectors: (n, d) float32 rows of length 1, in the order of prompt_ids.
        embedder: name and revision of what made the vectors, in one string.
        settings: of the clustering.
        standing: the clustering whose topics it begins from; None for the first one.

    Raises:
        ValueError: the ids are not sorted, or a vector is missing, not finite or not of length 1.
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    _check(prompt_ids, vectors)
    clustering_id = clustering_id_of(prompt_ids, embedder, settings, standing.clustering_id if standing else None)
    labels, coordinates = _fit_labels(vectors, settings, _standing_labels(prompt_ids, standing))
    firsts = [int(np.argmax(labels == topic)) for topic in range(labels.max(initial=NO_TOPIC) + 1)]
    topic_ids = tuple(digest_of([clustering_id, prompt_ids[first]])[:LENGTH_ID] for first in firsts)
    centroids = _centroids(vectors, labels, len(topic_ids))
    return Clustering(
        clustering_id=clustering_id,
        settings=settings,
        prompt_ids=tuple(prompt_ids),
        topic_ids=topic_ids,
        centroids=centroids,
        members=_members(vectors, labels, centroids, topic_ids),
        coordinates=coordinates,
    )


def _check(prompt_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
    if vectors.ndim != 2 or len(vectors) != len(prompt_ids):  # noqa: PLR2004 - rows and columns
        raise ValueError(f"{len(prompt_ids)} prompts need as many rows of vectors, not an array of {vectors.shape}")
    if any(former >= later for former, later in pairwise(prompt_ids)):
        raise ValueError("prompt_ids must be sorted and distinct, else the same crowd has several clusterings")
    lengths = np.linalg.norm(vectors, axis=1)
    # Written so that a nan is wrong too.
    if not (np.abs(lengths - 1) <= MAX_LENGTH_ERROR).all():
        worst = int(np.argmax(~(np.abs(lengths - 1) <= MAX_LENGTH_ERROR)))
        raise ValueError(f"the vector of prompt {prompt_ids[worst]} has length {lengths[worst]:.4g}, not 1")


def _standing_labels(prompt_ids: Sequence[str], standing: Standing | None) -> NDArray[np.intp] | None:
    """(n,) numbers of the standing topics, -1 for a prompt in none; None where no prompt stands in any."""
    topic_of = standing.topic_of if standing else {}
    numbers = {topic_id: number for number, topic_id in enumerate(sorted(set(topic_of.values())))}
    labels = np.array([numbers.get(topic_of.get(one, ""), NO_TOPIC) for one in prompt_ids], np.intp)
    return labels if (labels >= 0).any() else None


def _fit_labels(
    vectors: NDArray[np.float32], settings: ClusteringSettings, standing: NDArray[np.intp] | None
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Topic numbers (n,), -1 for none, and coordinates (n, 2)."""
    count_prompts = len(vectors)
    topic_size = settings.topic_size_for(count_prompts)
    count_dimensions = min(settings.count_dimensions, vectors.shape[1])
    labels = np.full(count_prompts, NO_TOPIC, np.intp)
    if not _has_distinct(vectors, max(2 * topic_size, count_dimensions + 2)):
        coordinates = project_flat(vectors)
    else:
        neighbours = find_neighbours(vectors, settings.count_neighbours, seed=settings.seed)
        points = fit_reduction(
            vectors, neighbours, count_dimensions=count_dimensions, seed=settings.seed, standing=standing
        )
        labels = fit_density(points, min_cluster_size=topic_size, min_samples=settings.min_samples)
        if standing is not None:
            labels = settle_newcomers(labels, standing, topic_size)
        coordinates = fit_map(points, neighbours, seed=settings.seed)
    if (labels == NO_TOPIC).all() and count_prompts >= topic_size:
        labels = np.zeros(count_prompts, np.intp)
    return labels, coordinates


def _has_distinct(vectors: NDArray[np.float32], count: int) -> bool:
    """Whether there are `count` different rows, without looking at more of them than it takes."""
    seen: set[bytes] = set()
    for vector in vectors:
        seen.add(vector.tobytes())
        if len(seen) >= count:
            return True
    return False


def _centroids(vectors: NDArray[np.float32], labels: NDArray[np.intp], count_topics: int) -> NDArray[np.float32]:
    centroids = np.zeros((count_topics, vectors.shape[1]), np.float32)
    for topic in range(count_topics):
        mean = vectors[labels == topic].mean(axis=0, dtype=np.float64)
        centroids[topic] = mean / max(float(np.linalg.norm(mean)), np.finfo(np.float32).tiny)
    return centroids


def _members(
    vectors: NDArray[np.float32],
    labels: NDArray[np.intp],
    centroids: NDArray[np.float32],
    topic_ids: Sequence[str],
) -> Membership:
    """Outliers go to the nearest centroid; a member stays in its own topic even where another centroid is nearer."""
    topics, similarities = nearest_centroids(vectors, centroids)
    is_outlier = labels == NO_TOPIC
    topics[~is_outlier] = labels[~is_outlier]
    similarities[~is_outlier] = np.einsum("nd,nd->n", vectors[~is_outlier], centroids[labels[~is_outlier]])
    return membership(topics, similarities, is_outlier, topic_ids)
