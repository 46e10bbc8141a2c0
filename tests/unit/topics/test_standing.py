"""A new topic has to show more than one that goes on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.topics.standing import settle_newcomers


def _labels(*counts: tuple[int, int]) -> np.ndarray:
    return np.repeat([label for label, _ in counts], [count for _, count in counts])


def test_a_newcomer_stands_from_twice_the_size_of_a_topic() -> None:
    """One prompt less, and its prompts are in no topic again."""
    standing = _labels((-1, 20))
    assert settle_newcomers(_labels((0, 10), (-1, 10)), standing, 5).tolist() == [0] * 10 + [-1] * 10
    assert settle_newcomers(_labels((0, 9), (-1, 11)), standing, 5).tolist() == [-1] * 20


def test_a_topic_that_goes_on_may_be_as_small_as_any() -> None:
    """It holds half of the topic that stood, and that is enough."""
    standing = _labels((0, 10), (-1, 5))
    assert settle_newcomers(_labels((0, 5), (-1, 10)), standing, 5).tolist() == [0] * 5 + [-1] * 10


def test_a_small_part_that_split_off_goes_back_to_its_topic() -> None:
    """Where that goes on in another group; prompts of no topic go back to none."""
    standing = _labels((0, 20), (-1, 2))
    labels = _labels((0, 14), (1, 6), (1, 2))
    assert settle_newcomers(labels, standing, 5).tolist() == [0] * 20 + [-1] * 2


def test_a_large_part_that_split_off_is_a_topic() -> None:
    """Twice the size of a topic is evidence enough."""
    standing = _labels((0, 30))
    labels = _labels((0, 20), (1, 10))
    assert settle_newcomers(labels, standing, 5).tolist() == labels.tolist()


def test_groups_are_numbered_by_size_again() -> None:
    """Prompts that went back can make another topic the largest."""
    standing = _labels((0, 20), (1, 21))
    labels = _labels((1, 14), (2, 6), (0, 21))
    assert settle_newcomers(labels, standing, 5).tolist() == [1] * 20 + [0] * 21
    labels = _labels((0, 14), (-1, 6), (1, 10), (2, 5), (-1, 6))
    assert settle_newcomers(labels, _labels((0, 20), (1, 15), (-1, 6)), 5).tolist() == (
        [1] * 14 + [-1] * 6 + [0] * 15 + [-1] * 6
    )


@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 5)), max_size=80), st.integers(1, 8))
def test_nothing_is_made_up(pairs: list[tuple[int, int]], topic_size: int) -> None:
    """A prompt in no group stays in none, and a group that is large enough stays whole."""
    labels = np.array([label for label, _ in pairs], np.intp)
    standing = np.array([topic for _, topic in pairs], np.intp)
    groups = np.unique(labels[labels >= 0])
    labels[labels >= 0] = np.searchsorted(groups, labels[labels >= 0])
    settled = settle_newcomers(labels, standing, topic_size)
    assert settled.shape == labels.shape
    assert (settled[labels < 0] < 0).all()
    for group in range(labels.max(initial=-1) + 1):
        there = settled[labels == group]
        if len(there) >= 2 * topic_size:
            assert len(set(there.tolist())) == 1
            assert there[0] >= 0
