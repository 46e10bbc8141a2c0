"""benchbuilder.curation.keys: what counts as random."""

import pytest

from benchbuilder.curation.keys import find_keys, is_random


@pytest.mark.parametrize("value", ["a8F3kQ92mZx7Lp0R", "d41d8cd98f00b204e9800998ecf8427e", "Xy12-Zw34_Ab56cd78"])
def test_a_string_that_changes_its_kind_of_character_all_the_time_is_random(value: str) -> None:
    """Lower case, upper case and digits alternate in what was drawn by chance."""
    assert is_random(value)


@pytest.mark.parametrize(
    "value", ["your_api_key_here", "process.env.KEY_2", "1234567890123456", "sessionStorage.getItem1"]
)
def test_words_names_and_plain_numbers_are_not_random(value: str) -> None:
    """Placeholders and code beside the word `key` are no credentials."""
    assert not is_random(value)


def test_spans_point_at_the_credential_alone() -> None:
    """The word in front of a value, and its quotation marks, are not part of the span."""
    text = 'api_key = "a8F3kQ92mZx7Lp0R"'
    assert [text[start:end] for start, end in find_keys(text)] == ["a8F3kQ92mZx7Lp0R"]
