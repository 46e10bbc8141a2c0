"""What a cheap annotator learns from a sample."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.cascade.cheap_marks import (
    COUNT_FOLDS,
    features_of_likelihoods,
    features_of_vectors,
    fit_cheap_marks,
)


def crowd(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors, and two criteria that are met on one side of the first and of the second axis."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 8))
    return vectors, (vectors[:, :2] > 0).astype(float)


def test_it_ranks_prompts_that_it_has_not_seen() -> None:
    """Held out or outside of the sample, those that meet a criterion are found likelier to."""
    vectors, marks = crowd(400)
    cheap = fit_cheap_marks(vectors[:200], marks[:200], vectors[200:])
    for likelihoods, truth in ((cheap.held_out, marks[:200]), (cheap.others, marks[200:])):
        assert ((likelihoods > 0.5) == truth).mean() > 0.9


def test_no_row_of_the_sample_is_marked_by_what_learned_from_it() -> None:
    """A single prompt whose mark is turned round has the same likelihood as before."""
    vectors, marks = crowd(100)
    before = fit_cheap_marks(vectors, marks, vectors[:0])
    turned = marks.copy()
    turned[17] = 1 - turned[17]
    after = fit_cheap_marks(vectors, turned, vectors[:0])
    same_fold = np.arange(100) % COUNT_FOLDS == 17 % COUNT_FOLDS
    np.testing.assert_array_equal(before.held_out[same_fold], after.held_out[same_fold])
    assert (before.held_out[~same_fold] != after.held_out[~same_fold]).any()


@pytest.mark.parametrize("count_met", [0, 1, 49, 50])
def test_a_criterion_that_all_or_none_meet_has_their_share(count_met: int) -> None:
    """There is nothing to learn, and nothing is taken for certain."""
    vectors, _ = crowd(50)
    marks = np.zeros((50, 1))
    marks[:count_met] = 1
    cheap = fit_cheap_marks(vectors, marks, vectors[:3])
    np.testing.assert_allclose(cheap.others, (count_met + 0.5) / 51)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 30), st.integers(0, 5))
def test_any_sample_gives_likelihoods(count: int, count_others: int) -> None:
    """Also an empty one: rows and columns are those that were asked for, and each is between 0 and 1."""
    vectors, marks = crowd(count + count_others, seed=count)
    cheap = fit_cheap_marks(vectors[:count], marks[:count], vectors[count:])
    assert (cheap.held_out.shape, cheap.others.shape) == ((count, 2), (count_others, 2))
    for likelihoods in cheap:
        assert ((likelihoods >= 0) & (likelihoods <= 1)).all()


def test_the_form_of_a_text_stands_beside_its_vector() -> None:
    """Longer texts, code, digits and questions have other features; an empty text has none of them."""
    features = features_of_vectors(np.ones((3, 4)), ["", "Why?", "def f(x):\n    return x[1]"])
    assert features.shape == (3, 10)
    assert (features[0, 4:] == 0).all()
    assert (features[1, 4:] > 0).tolist() == [True, False, False, True, False, True]
    assert (features[2, 4:] > 0).tolist() == [True, True, True, False, True, False]


@given(st.lists(st.text() | st.text("aZ09\n\r?{}[]()<>=;_/\\\u00c4\u0663\U0001f600"), max_size=4))
def test_the_form_is_counted_in_characters(texts: list[str]) -> None:
    """Lines, digits, capitals, signs of code, questions and the rest, as patterns find them, in any script."""
    patterns = (r".", r"\n", r"[0-9]", r"[A-Z]", r"[(){}\[\]<>=;_/\\]", r"\?")
    counts = [[len(re.findall(pattern, text)) for pattern in patterns] for text in texts]
    form = features_of_vectors(np.empty((len(texts), 0)), texts)
    np.testing.assert_allclose(np.expm1(4 * form), np.reshape(counts, (len(texts), 6)), rtol=1e-4)


def test_likelihoods_of_a_small_model_are_log_odds_without_infinity() -> None:
    """0 and 1 are as sure as a model of few words can be."""
    features = features_of_likelihoods(np.array([[0.0, 0.5, 1.0]]), ["text"])
    assert np.isfinite(features).all()
    assert features[0, 0] == pytest.approx(-features[0, 2])
    assert features[0, 1] == 0


def test_the_same_sample_gives_the_same_marks() -> None:
    """To the last bit, because what is turned away is stored."""
    vectors, marks = crowd(60)
    for one, other in zip(*(fit_cheap_marks(vectors, marks, vectors) for _ in range(2)), strict=True):
        np.testing.assert_array_equal(one, other)
