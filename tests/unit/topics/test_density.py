"""Dense regions and their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.topics.density import fit_density, min_cluster_size_for, order_by_size


@pytest.mark.parametrize(
    ("count_prompts", "size"), [(0, 5), (70, 5), (3500, 5), (4200, 6), (10_000, 14), (10_001, 15), (200_000, 32)]
)
def test_topics_of_a_larger_crowd_are_larger(count_prompts: int, size: int) -> None:
    """n/700 between 5 and 15, the fourth root above ten thousand."""
    assert min_cluster_size_for(count_prompts) == size


def test_islands_are_topics_and_what_lies_between_is_in_none() -> None:
    """Three islands are numbered by size; a point far from all is in none."""
    random = np.random.default_rng(0)
    islands = [random.normal(centre, 0.1, size=(size, 5)) for centre, size in ((0, 12), (5, 30), (10, 20))]
    points = np.concatenate([*islands, np.full((1, 5), 100.0)]).astype(np.float32)
    labels = fit_density(points, min_cluster_size=5)
    assert labels.tolist() == [2] * 12 + [0] * 30 + [1] * 20 + [-1]


def test_equal_points_do_no_harm() -> None:
    """Points on one spot are as dense as can be: no warning, no error."""
    points = np.repeat(np.array([[0.0, 0], [1, 1]], np.float32), 20, axis=0)
    assert fit_density(points, min_cluster_size=5).tolist() == [0] * 20 + [1] * 20


@given(labels=st.lists(st.integers(-1, 5), min_size=1, max_size=60))
def test_order_by_size_renames_groups_and_moves_nobody(labels: list[int]) -> None:
    """Who was together is together, who was alone is alone; larger groups come first, then earlier ones."""
    old, new = np.array(labels), order_by_size(np.array(labels))
    assert ((old == -1) == (new == -1)).all()
    assert ((old[:, None] == old) == (new[:, None] == new)).all()
    groups = range(new.max() + 1)
    keys = [(-int((new == group).sum()), int(np.argmax(new == group))) for group in groups]
    assert keys == sorted(keys)
    assert all((new == group).any() for group in groups)
