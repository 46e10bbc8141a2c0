"""A full run of clustering."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from benchbuilder.topics.clustering import Clustering, ClusteringSettings, Standing, clustering_id_of, fit_clustering
from benchbuilder.topics.matching import match_topics

ROOT = Path(__file__).parents[3]
FIT_AND_SAVE = """
import sys
import numpy as np
from benchbuilder.topics.clustering import ClusteringSettings, fit_clustering
crowd = np.load(sys.argv[1])
found = fit_clustering(crowd["prompt_ids"].tolist(), crowd["vectors"], "embedder@1", ClusteringSettings())
np.savez(
    sys.argv[2], clustering_id=found.clustering_id, topic_ids=found.topic_ids, topic_of=found.members.topic_ids,
    is_outlier=found.members.is_outlier, similarities=found.members.similarities, coordinates=found.coordinates,
    centroids=found.centroids,
)
"""


def _fit(vectors: NDArray[np.float32], **settings: Any) -> Clustering:
    prompt_ids = [f"{row:03}" for row in range(len(vectors))]
    return fit_clustering(prompt_ids, vectors, "embedder@1", ClusteringSettings(**settings))


def _spread(count: int, count_dimensions: int = 12) -> NDArray[np.float32]:
    vectors = np.random.default_rng(count).normal(size=(count, count_dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_planted_topics_are_found_largest_first(crowd: Any, clustering: Clustering) -> None:
    """Each planted topic is one topic, and they come by size."""
    topics = [clustering.topic_ids.index(topic_id) for topic_id in clustering.members.topic_ids]
    is_planted = crowd.planted >= 0
    assert len(clustering.topic_ids) == 5
    assert (np.array(topics)[is_planted] == crowd.planted[is_planted]).mean() > 0.98
    sizes = [len(members) for members in clustering.members_by_topic().values()]
    assert sizes == sorted(sizes, reverse=True)


def test_outliers_belong_to_the_nearest_topic_but_do_not_count_in_it() -> None:
    """A flagged prompt has a topic id, is missing from the members, and does not pull the centroid."""
    vectors = _spread(200)
    found = _fit(vectors)
    members, by_topic = found.members, found.members_by_topic()
    topics = np.array([found.topic_ids.index(str(topic_id)) for topic_id in members.topic_ids])
    outliers = np.flatnonzero(members.is_outlier)
    assert len(outliers) > 10
    assert (topics[outliers] == (vectors[outliers] @ found.centroids.T).argmax(axis=1)).all()
    assert sum(map(len, by_topic.values())) == 200 - len(outliers)
    assert found.share_unassigned() == len(outliers) / 200
    for number, topic_id in enumerate(found.topic_ids):
        mean = vectors[[found.prompt_ids.index(prompt_id) for prompt_id in by_topic[topic_id]]].mean(axis=0)
        np.testing.assert_allclose(found.centroids[number], mean / np.linalg.norm(mean), atol=1e-5)
    np.testing.assert_allclose(members.similarities, (vectors * found.centroids[topics]).sum(axis=1), atol=1e-5)


def test_members_of_a_topic_lie_together_on_the_map(crowd: Any, clustering: Clustering) -> None:
    """On average a prompt is nearer to the middle of its own topic than to any other's."""
    is_planted = crowd.planted >= 0
    middles = np.array([clustering.coordinates[crowd.planted == topic].mean(axis=0) for topic in range(5)])
    nearest = np.linalg.norm(clustering.coordinates[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == crowd.planted)[is_planted].mean() > 0.95


def test_another_process_finds_the_same_bit_for_bit(crowd: Any, clustering: Clustering, tmp_path: Path) -> None:
    """Ids, numbers and coordinates repeat in a process with another hash seed and another number of threads."""
    np.savez(tmp_path / "crowd.npz", prompt_ids=np.array(crowd.prompt_ids), vectors=crowd.vectors)
    subprocess.run(
        [sys.executable, "-c", FIT_AND_SAVE, str(tmp_path / "crowd.npz"), str(tmp_path / "found.npz")],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        check=True,
        timeout=300,
    )
    found = np.load(tmp_path / "found.npz")
    assert found["clustering_id"] == clustering.clustering_id
    assert found["topic_ids"].tolist() == list(clustering.topic_ids)
    assert found["topic_of"].tolist() == list(clustering.members.topic_ids)
    assert found["centroids"].tobytes() == clustering.centroids.tobytes()
    assert found["coordinates"].tobytes() == clustering.coordinates.tobytes()
    assert found["is_outlier"].tobytes() == clustering.members.is_outlier.tobytes()
    assert found["similarities"].tobytes() == clustering.members.similarities.tobytes()


def test_the_identity_rests_on_prompts_embedder_and_settings() -> None:
    """Each of them makes another clustering; the same ones make the same."""
    settings = ClusteringSettings()
    ids = {
        clustering_id_of(["a", "b"], "embedder@1", settings),
        clustering_id_of(["a", "b"], "embedder@1", ClusteringSettings()),
        clustering_id_of(["a", "c"], "embedder@1", settings),
        clustering_id_of(["a", "b"], "embedder@2", settings),
        clustering_id_of(["a", "b"], "embedder@1", ClusteringSettings(seed=1)),
        clustering_id_of(["a", "b"], "embedder@1", settings, "of last week"),
    }
    assert len(ids) == 5
    assert all(len(clustering_id) == 16 for clustering_id in ids)


def test_topics_that_stand_go_on_and_what_is_new_becomes_a_topic(crowd: Any) -> None:
    """One planted topic and a twentieth of the others come later: the four keep theirs, the fifth is found."""
    row = np.arange(len(crowd.prompt_ids))
    earlier = np.flatnonzero((crowd.planted != 3) & (row % 20 > 0))
    before = fit_clustering([crowd.prompt_ids[i] for i in earlier], crowd.vectors[earlier], "e", ClusteringSettings())
    old_members = before.members_by_topic()
    topic_of = {one: topic for topic, prompt_ids in old_members.items() for one in prompt_ids}
    standing = Standing(before.clustering_id, topic_of)
    found = fit_clustering(crowd.prompt_ids, crowd.vectors, "e", ClusteringSettings(), standing)
    members = found.members_by_topic()
    matched = match_topics(old_members, {}, members, {})
    assert len(old_members) == 4
    of_new, *of_old = sorted(match.share_members for match in matched.values())
    assert of_new == 0
    assert len(of_old) == 4
    assert min(of_old) > 0.98
    (new,) = (members[topic] for topic, match in matched.items() if match.old_topic_id is None)
    assert {crowd.planted[crowd.prompt_ids.index(one)] for one in new} - {-1} == {3}
    assert found.clustering_id == clustering_id_of(crowd.prompt_ids, "e", found.settings, before.clustering_id)


def test_a_standing_clustering_without_topics_changes_nothing_but_the_identity() -> None:
    """Where nobody stood in a topic there is nothing to begin from."""
    vectors = _spread(60)
    prompt_ids = [f"{row:03}" for row in range(60)]
    first = fit_clustering(prompt_ids, vectors, "e", ClusteringSettings())
    again = fit_clustering(prompt_ids, vectors, "e", ClusteringSettings(), Standing("empty", {}))
    assert (again.coordinates == first.coordinates).all()
    assert again.clustering_id != first.clustering_id


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_crowd_smaller_than_a_topic_has_none(count: int) -> None:
    """Every prompt is an outlier of no topic, and still lies on the map."""
    found = _fit(_spread(count))
    assert found.topic_ids == ()
    assert found.members.topic_ids == (None,) * count
    assert found.members.is_outlier.all()
    assert found.coordinates.shape == (count, 2)
    assert found.centroids.shape == (0, 12)
    assert found.share_unassigned() == (1.0 if count else 0.0)


@pytest.mark.parametrize("count", [5, 9])
def test_a_crowd_too_small_for_two_topics_is_one(count: int) -> None:
    """Nobody is an outlier where there is nothing to lie outside of."""
    found = _fit(_spread(count))
    assert len(found.topic_ids) == 1
    assert found.members_by_topic() == {found.topic_ids[0]: set(found.prompt_ids)}


def test_a_crowd_of_copies_is_one_topic() -> None:
    """Many prompts with few distinct vectors cannot be laid out, so they are not split."""
    found = _fit(np.repeat(_spread(2), 30, axis=0))
    assert len(found.topic_ids) == 1
    assert np.isfinite(found.coordinates).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("count", "count_dimensions"), [(10, 12), (11, 3), (16, 12), (40, 12)])
def test_a_small_crowd_is_clustered_without_a_warning(count: int, count_dimensions: int) -> None:
    """With no more prompts than neighbours, or fewer dimensions than wanted, there are topics all the same."""
    found = _fit(_spread(count, count_dimensions))
    assert found.topic_ids
    assert np.isfinite(found.coordinates).all()


def test_a_topics_id_is_that_of_its_smallest_prompt() -> None:
    """A crowd that is one topic under other ids has another topic id."""
    vectors = _spread(6)
    ids = [fit_clustering([f"{name}{row}" for row in range(6)], vectors, "e", ClusteringSettings()) for name in "ab"]
    assert ids[0].topic_ids != ids[1].topic_ids


@pytest.mark.parametrize(
    ("prompt_ids", "vectors", "message"),
    [
        (["b", "a"], np.eye(2), "sorted"),
        (["a", "a"], np.eye(2), "distinct"),
        (["a"], np.eye(2), "as many rows"),
        (["a", "b"], np.array([[1, 0], [2, 0]]), "prompt b has length 2, not 1"),
        (["a", "b"], np.array([[np.nan, 0], [1, 0]]), "prompt a has length nan"),
    ],
)
def test_wrong_input_is_named(prompt_ids: list[str], vectors: NDArray, message: str) -> None:
    """Unsorted or repeated ids, missing vectors and vectors that are not of length 1 are refused."""
    with pytest.raises(ValueError, match=message):
        fit_clustering(prompt_ids, vectors.astype(np.float32), "embedder@1", ClusteringSettings())


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"count_neighbours": 1}, "count_neighbours"),
        ({"min_cluster_size": 1}, "min_cluster_size"),
        ({"sead": 1}, "sead"),
    ],
)
def test_a_settings_file_cannot_say_nonsense(wrong: dict[str, int], key: str) -> None:
    """Read by pydantic, a number out of range and an unknown key are errors that name the key."""
    with pytest.raises(ValidationError) as error:
        TypeAdapter(ClusteringSettings).validate_python(wrong)
    assert error.value.errors()[0]["loc"][0] == key
