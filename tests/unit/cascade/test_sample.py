"""Which prompts both annotators mark."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.cascade.sample import draw_sample, size_of_sample

IDS = st.sets(st.integers(0, 500).map("p{}".format), max_size=60)


@pytest.mark.parametrize(("count", "size"), [(0, 0), (5, 1), (99, 10), (100, 10), (5000, 500), (200_000, 500)])
def test_the_sample_is_500_prompts_or_a_tenth(count: int, size: int) -> None:
    """Rounded up, so that a crowd of five has a sample too."""
    assert size_of_sample(count, 500, 0.1) == size


@given(IDS, st.integers(0, 20), st.integers(0, 3), st.randoms())
def test_the_order_of_the_crowd_changes_nothing(ids: set[str], size: int, seed: int, random: object) -> None:
    """It is drawn by the hashes of the ids alone."""
    shuffled = random.sample(sorted(ids), len(ids))  # type: ignore[attr-defined]
    drawn = draw_sample(shuffled, size, seed)
    assert drawn == draw_sample(sorted(ids), size, seed) == sorted(drawn)
    assert len(drawn) == min(size, len(ids))
    assert set(drawn) <= ids


@given(IDS, st.integers(0, 20))
def test_one_prompt_more_moves_at_most_one(ids: set[str], size: int) -> None:
    """So the calls of the strong annotator are paid when a fit is made anew."""
    before, after = set(draw_sample(ids, size, 0)), set(draw_sample({*ids, "new"}, size, 0))
    assert len(before - after) <= 1
    assert after - before <= {"new"}


def test_another_seed_is_another_sample() -> None:
    """Of a hundred prompts it would hardly be the same ten."""
    ids = [f"p{number}" for number in range(100)]
    assert draw_sample(ids, 10, 0) != draw_sample(ids, 10, 1)
