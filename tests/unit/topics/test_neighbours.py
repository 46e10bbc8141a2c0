"""Nearest neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchbuilder.topics import neighbours
from benchbuilder.topics.neighbours import blocks, find_neighbours


def _unit(seed: int, count: int, count_dimensions: int = 8) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(count, count_dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@given(seed=st.integers(0, 999), count=st.integers(1, 40), k=st.integers(1, 12))
@settings(deadline=None)
def test_neighbours_are_those_that_comparing_all_pairs_finds(seed: int, count: int, k: int) -> None:
    """The distances are the k smallest of each row, in order, and belong to the rows that are named."""
    vectors = _unit(seed, count)
    found = find_neighbours(vectors, k)
    distances = 1 - vectors.astype(float) @ vectors.T.astype(float)
    np.fill_diagonal(distances, 0)
    assert found.indices.shape == found.distances.shape == (count, min(k, count))
    np.testing.assert_allclose(found.distances, np.sort(distances, axis=1)[:, :k], atol=1e-6)
    np.testing.assert_allclose(found.distances, np.take_along_axis(distances, found.indices, axis=1), atol=1e-6)


def test_a_row_is_its_own_first_neighbour_even_among_many_copies() -> None:
    """Thirty equal texts have themselves first and all others at distance 0, in the order of the rows."""
    vectors = np.repeat(_unit(1, 1), 30, axis=0)
    found = find_neighbours(vectors, 5)
    assert found.indices[:, 0].tolist() == list(range(30))
    assert (found.distances == 0).all()
    assert all(row[1:].tolist() == sorted(row[1:].tolist()) for row in found.indices)


def test_opposite_vectors_are_two_apart() -> None:
    """The distance is within 0 and 2 whatever rounding does."""
    vectors = np.array([[1, 0], [-1, 0]], np.float32)
    assert find_neighbours(vectors, 15).distances.tolist() == [[0, 2], [0, 2]]


def test_no_rows_have_no_neighbours() -> None:
    """An empty crowd gives empty arrays."""
    assert find_neighbours(np.empty((0, 8), np.float32), 15).indices.shape == (0, 0)


def test_the_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows compared a few at a time have the neighbours that they have at once."""
    vectors = _unit(2, 50)
    at_once = find_neighbours(vectors, 6)
    monkeypatch.setattr(neighbours, "CELLS_PER_BLOCK", 7 * 50)
    in_blocks = find_neighbours(vectors, 6)
    assert (at_once.indices == in_blocks.indices).all()
    np.testing.assert_allclose(at_once.distances, in_blocks.distances, atol=1e-6)


@given(count_rows=st.integers(0, 10**7), count_columns=st.integers(0, 10**7))
def test_blocks_cover_every_row_once(count_rows: int, count_columns: int) -> None:
    """Slices follow each other without gaps, and none is empty; wide rows come one by one."""
    if count_rows * count_columns > 10**9:
        count_rows %= 100
    slices = list(blocks(count_rows, count_columns))
    edges = [0, *(rows.stop for rows in slices)]
    assert [rows.start for rows in slices] == edges[:-1]
    assert edges[-1] == count_rows
    assert all(rows.stop > rows.start for rows in slices)


def test_approximate_neighbours_are_nearly_the_exact_ones_and_repeat() -> None:
    """Above the limit NN-descent finds at least 95 of 100, itself first, and the same with the same seed."""
    random = np.random.default_rng(3)
    vectors = np.repeat(_unit(3, 20, 16), 40, axis=0) + random.normal(scale=0.1, size=(800, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    vectors[100:130] = vectors[100]
    exact = find_neighbours(vectors, 10)
    first, second = (find_neighbours(vectors, 10, seed=7, max_exact=100) for _ in range(2))
    assert (first.indices == second.indices).all()
    assert (first.distances == second.distances).all()
    assert first.indices[:, 0].tolist() == list(range(800))
    assert np.mean(np.isclose(first.distances, exact.distances, atol=1e-5)) > 0.95
