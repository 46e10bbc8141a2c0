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


def plant_crowd(sizes: list[int], *, count_strays: int = 0, count_dimensions: int = 32, spread: float = 0.5) -> Crowd:
    """Topics of the given sizes around random directions, in mixed order, with strays anywhere."""
    random = np.random.default_rng(20240617)
    planted = np.repeat(np.arange(len(sizes)), sizes)
    around = unit(random.normal(size=(len(sizes), count_dimensions)))[planted]
    noise = random.normal(size=around.shape) * spread / count_dimensions**0.5
    strays = random.normal(size=(count_strays, count_dimensions))
    vectors = unit(np.concatenate([around + noise, strays]))
    order = random.permutation(len(vectors))
    planted = np.concatenate([planted, np.full(count_strays, -1)])[order]
    return Crowd([f"{row:06x}" for row in range(len(vectors))], vectors[order], planted)


@pytest.fixture(scope="session")
def crowd() -> Crowd:
    """Five topics of 60, 50, 40, 30 and 20 prompts and ten strays."""
    return plant_crowd([60, 50, 40, 30, 20], count_strays=10)


@pytest.fixture(scope="session")
def clustering(crowd: Crowd) -> Clustering:
    """Of the crowd; UMAP compiles on the way."""
    return fit_clustering(crowd.prompt_ids, crowd.vectors, "embedder@1", ClusteringSettings())
