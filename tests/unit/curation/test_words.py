"""benchbuilder.curation.words: what counts as a word."""

from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.curation.words import list_words, similarity_of, words_of
from benchbuilder.text import normal_form

SETS = st.sets(st.sampled_from("abcdef"))


def test_words_keep_their_order_and_number() -> None:
    """Case, punctuation and white space do not count; scripts without spaces give a word per character."""
    assert list_words("The cat, the CAT!\n") == ["the", "cat", "the", "cat"]
    assert list_words("Größe: 春天 A1") == ["grösse", "春", "天", "a1"]


@given(st.text(max_size=40))
def test_a_text_has_the_words_of_its_normal_form(text: str) -> None:
    """Which is what makes re-cased copies equal."""
    assert words_of(normal_form(text)) == words_of(text)


@given(SETS, SETS)
def test_similarity_is_symmetric_and_one_for_equals_alone(ours: set[str], theirs: set[str]) -> None:
    """Between 0 and 1; two empty sets are not alike."""
    similarity = similarity_of(ours, theirs)
    assert similarity == similarity_of(theirs, ours)
    assert 0 <= similarity <= 1
    assert (similarity == 1) == (ours == theirs and bool(ours))
