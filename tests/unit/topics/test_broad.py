"""Broad topics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.topics.broad import broad_topics, count_broad_for


@given(count_topics=st.integers(0, 2000))
def test_there_are_twelve_to_twenty_and_fewer_of_few_topics(count_topics: int) -> None:
    """Never more than half of the topics, so that a broad topic joins something."""
    count = count_broad_for(count_topics)
    assert count <= 20
    assert count >= 12 or count == (count_topics + 1) // 2


def test_near_topics_are_joined_most_first() -> None:
    """Two directions with three and five topics each give two broad topics; the one of five comes first."""
    centroids = np.array([[1, 0.01 * i] for i in range(3)] + [[0.01 * i, 1] for i in range(5)], np.float32)
    assert broad_topics(centroids, 2).tolist() == [1] * 3 + [0] * 5


@pytest.mark.parametrize("count_topics", [0, 1, 2])
def test_one_topic_or_none_is_one_broad_topic_or_none(count_topics: int) -> None:
    """Nothing has to be joined where there is nothing to join."""
    assert broad_topics(np.ones((count_topics, 3), np.float32)).tolist() == [0] * count_topics


def test_more_broad_topics_than_topics_are_not_made() -> None:
    """A wish for twenty of three topics gives three."""
    assert broad_topics(np.eye(3, dtype=np.float32), 20).tolist() == [0, 1, 2]
