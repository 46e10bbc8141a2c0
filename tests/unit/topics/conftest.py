"""A crowd with planted topics, and its clustering, which is fitted once for all tests."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from benchbuilder.topics.clustering import Clustering, ClusteringSettings, fit_clustering


class Crowd(NamedTuple):
    """Prompts whose topics are known: `planted` is -1 for a stray prompt."""

    prompt_ids: list[str]
    vectors: NDArray[np.float32]
    planted: NDArray[np.intp]


def unit(vectors: NDArray) -> NDArray[np.float32]:
    """Rows of length 1."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def crowd() -> Crowd:
    """Five topics of 200 to 60 prompts around random directions, in mixed order, and twenty strays anywhere."""
    random = np.random.default_rng(20240617)
    planted = np.repeat(np.arange(5), [200, 150, 120, 90, 60])
    around = unit(random.normal(size=(5, 384)))[planted]
    noise = random.normal(size=around.shape) * 0.7 / 384**0.5
    strays = random.normal(size=(20, 384))
    vectors = unit(np.concatenate([around + noise, strays]))
    order = random.permutation(len(vectors))
    planted = np.concatenate([planted, np.full(20, -1)])[order]
    return Crowd([f"{row:06x}" for row in range(len(vectors))], vectors[order], planted)


@pytest.fixture(scope="session")
def clustering(crowd: Crowd) -> Clustering:
    """Of the crowd; UMAP compiles on the way."""
    return fit_clustering(crowd.prompt_ids, crowd.vectors, "embedder@1", ClusteringSettings())
