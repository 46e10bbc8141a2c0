"""benchbuilder.curation.offensive: a plain list of words."""

import pytest

from benchbuilder.curation.offensive import is_offensive, offensive_words
from benchbuilder.curation.words import list_words


def test_every_word_of_the_list_is_one_that_a_text_can_have() -> None:
    """In normal form and a single word, or it would never be found."""
    assert all(list_words(word) == [word] for word in offensive_words())
    assert len(offensive_words()) > 50


@pytest.mark.parametrize(("text", "is_found"), [("What the FUCK?", True), ("Scunthorpe", False), ("f*ck it", False)])
def test_a_word_counts_as_a_word_of_its_own(text: str, is_found: bool) -> None:  # noqa: FBT001 - a case
    """Case does not matter; inside another word it is none; with a letter hidden it is missed."""
    assert is_offensive(text) is is_found
