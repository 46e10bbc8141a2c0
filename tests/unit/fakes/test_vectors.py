"""tests/fakes/vectors.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.vectors import LENGTH_VECTOR, embed


def _similarity(one: str, other: str) -> float:
    return sum(a * b for a, b in zip(embed(one), embed(other), strict=True))


@given(st.text())
def test_any_text_has_a_vector_of_length_one(text: str) -> None:
    """Also the empty text, and one that holds no word."""
    vector = embed(text)
    assert len(vector) == LENGTH_VECTOR
    assert math.hypot(*vector) == pytest.approx(1)


def test_texts_about_the_same_thing_are_nearer_than_others() -> None:
    """Shared words bring texts together; order and the small words between them matter little."""
    text = "How do I sort a list of dictionaries by a key in Python?"
    similar = "Python: sort a list of dictionaries by the value of a key"
    other = "What should we cook for a birthday with twelve children?"
    assert _similarity(text, similar) > 0.6
    assert abs(_similarity(text, other)) < 0.3


def test_case_and_spacing_do_not_matter() -> None:
    """The vector is of the words."""
    assert embed("Sort  a LIST") == embed("sort a list")
