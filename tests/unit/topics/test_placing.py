"""New prompts into topics that stand."""

import numpy as np
import pytest

from benchbuilder.topics.placing import place, place_on_map

CENTROIDS = np.array([[1, 0, 0], [0, 1, 0]], np.float32)


def test_a_prompt_goes_to_the_nearest_topic_and_is_an_outlier_where_that_is_far() -> None:
    """The similarity decides about the flag alone; on the threshold is near enough."""
    vectors = np.array([[0.8, 0.6, 0], [0, 0.5, 0.8660254], [0, 0, 1]], np.float32)
    placed = place(vectors, CENTROIDS, ["a", "b"], 0.5)
    assert placed.topic_ids == ("a", "b", "a")
    assert placed.is_outlier.tolist() == [False, False, True]
    np.testing.assert_allclose(placed.similarities, [0.8, 0.5, 0], atol=1e-6)


def test_without_topics_every_prompt_is_an_outlier_of_none() -> None:
    """There is no id to give, and a threshold of 0 does not help."""
    placed = place(CENTROIDS, np.empty((0, 3), np.float32), [], 0.0)
    assert placed.topic_ids == (None, None)
    assert placed.is_outlier.tolist() == [True, True]
    assert placed.similarities.tolist() == [0, 0]


def test_a_prompt_lies_on_the_island_of_most_of_its_neighbours() -> None:
    """Three of the five nearest on one island and two on another put it on the first, not into the sea between."""
    standing = np.repeat(np.eye(3, dtype=np.float32), [3, 2, 20], axis=0)
    coordinates = np.repeat(np.array([[0, 0], [10, 10], [50, 50]], np.float32), [3, 2, 20], axis=0)
    vector = np.array([[0.8, 0.6, 0]], np.float32)
    assert place_on_map(vector, standing, coordinates).tolist() == [[0, 0]]


@pytest.mark.parametrize("count_standing", [1, 2, 5])
def test_a_map_of_few_prompts_is_used_as_it_is(count_standing: int) -> None:
    """With fewer than five on the map all are asked."""
    coordinates = np.arange(2 * count_standing, dtype=np.float32).reshape(-1, 2)
    placed = place_on_map(CENTROIDS, np.ones((count_standing, 3), np.float32), coordinates)
    np.testing.assert_allclose(placed, np.tile(np.median(coordinates, axis=0), (2, 1)))
