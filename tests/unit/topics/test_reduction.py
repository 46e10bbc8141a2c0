"""Reduction to few dimensions, and the map."""

import warnings

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from benchbuilder.topics.neighbours import find_neighbours
from benchbuilder.topics.reduction import fit_map, fit_reduction, project_flat


def test_reduction_repeats_bit_for_bit_and_leaves_its_input_alone() -> None:
    """The same seed gives the same points, another one others; the neighbours can be used again for the map."""
    vectors = np.random.default_rng(5).normal(size=(40, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[10:20] = vectors[10]
    neighbours = find_neighbours(vectors, 15)
    before = [part.copy() for part in neighbours]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, same, other = (fit_reduction(vectors, neighbours, seed=seed) for seed in (1, 1, 2))
        coordinates = fit_map(one, neighbours, seed=1)
    assert one.shape == (40, 5)
    assert coordinates.shape == (40, 2)
    assert np.isfinite(one).all()
    assert np.isfinite(coordinates).all()
    assert (one == same).all()
    assert (one != other).any()
    assert all((now == then).all() for now, then in zip(neighbours, before, strict=True))


def test_the_number_of_threads_makes_no_difference() -> None:
    """A machine with more cores, or a process that is allowed fewer, finds the same points bit for bit."""
    vectors = np.random.default_rng(4).normal(size=(700, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    neighbours = find_neighbours(vectors, 5)
    found = []
    for count_threads in (1, 2):
        with threadpool_limits(limits=count_threads):
            found.append(fit_reduction(vectors, neighbours, count_dimensions=2).tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_and_one_point_lie_at_zero(count: int) -> None:
    """There is no direction to lay them out along."""
    assert project_flat(np.ones((count, 4), np.float32)).tolist() == [[0, 0]] * count


def test_a_flat_projection_keeps_the_distances_of_flat_data() -> None:
    """Points in a plane of many dimensions keep their distances; the largest coordinate of an axis is positive."""
    flat = np.array([[0, 0], [4, 0], [0, 1], [3, 3]])
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0][:2]
    coordinates = project_flat((flat @ turned).astype(np.float32))
    distances = [np.linalg.norm(points[:, None] - points, axis=2) for points in (flat, coordinates)]
    np.testing.assert_allclose(*distances, atol=1e-5)
    assert (coordinates.max(axis=0) >= -coordinates.min(axis=0)).all()


def test_vectors_of_one_dimension_lie_on_a_line() -> None:
    """The second coordinate is zero where the data has none."""
    coordinates = project_flat(np.array([[1.0], [-1.0]], np.float32))
    np.testing.assert_allclose(coordinates, [[1, 0], [-1, 0]], atol=1e-6)
