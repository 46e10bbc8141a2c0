"""benchbuilder.text: identity, length and display of any text."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.text import (
    LENGTH_PROMPT_ID,
    clean_text,
    count_markdown,
    count_tokens,
    count_tokens_of_each,
    cut_middle,
    digest_of,
    escape_for_message,
    normal_form,
    prompt_id_of,
    without_code_blocks,
)

any_text = st.text(st.characters())  # lone surrogates too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(any_text)
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    """Normalising twice changes nothing, so that an id does not depend on how often it was done."""
    assert normal_form(normal_form(text)) == normal_form(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Write a  poem\n", "write a poem"),
        ("Stra\u00dfe", "STRASSE"),
        ("\ufb01ne", "fine"),  # a ligature
        ("e\u0301tude", "\u00e9tude"),  # composed and decomposed
        ("\u3000\uff21\uff22", "ab"),  # full width, with an ideographic space
    ],
)
def test_texts_that_differ_in_form_only_are_the_same_prompt(one: str, other: str) -> None:
    """Case, white space and the way a character is encoded make no new prompt."""
    assert prompt_id_of(one) == prompt_id_of(other)


def test_a_prompt_id_is_32_hex_digits_that_another_word_changes() -> None:
    """Ids are short, hexadecimal and tell texts apart."""
    assert len(prompt_id_of("one")) == LENGTH_PROMPT_ID
    assert int(prompt_id_of("one"), 16) != int(prompt_id_of("two"), 16)


@given(any_text)
def test_any_text_has_an_id_a_length_and_a_message(text: str) -> None:
    """Nothing that a crowd or a model sends makes these functions fail."""
    assert prompt_id_of(text)
    assert count_tokens(text) <= 4 * len(text)
    assert len(escape_for_message(text, 20)) <= 20
    assert min(count_markdown(text)) >= 0


@given(JSON)
def test_a_digest_does_not_depend_on_the_order_of_keys(value: object) -> None:
    """The same JSON gives the same digest, whatever order its keys were written in."""
    reordered = json.loads(json.dumps({"b": value, "a": [value]}))
    assert digest_of({"a": [value], "b": value}) == digest_of(reordered)


def test_a_digest_is_that_of_the_written_canonical_json() -> None:
    """Anyone can recompute a digest from sorted keys without spaces."""
    assert digest_of({"b": [1, None], "a": "ü"}) == hashlib.sha256('{"a":"ü","b":[1,null]}'.encode()).hexdigest()


def test_what_is_no_json_has_no_digest() -> None:
    """A set has no order, hence no canonical form."""
    with pytest.raises(TypeError):
        digest_of({"a": {1, 2}})


def test_tokens_are_counted_as_plain_text() -> None:
    """Counts are those of o200k_base; the name of a special token is no special token."""
    assert count_tokens("Hello, world!") == 4
    assert count_tokens("<|endoftext|>") > 1
    assert count_tokens_of_each(["", "Hello, world!"]) == [0, 4]


def test_clean_text_keeps_everything_but_surrogates_and_nul() -> None:
    """What a database or a server refuses is replaced; everything else stays, control characters too."""
    assert clean_text("a\x00b\ud83dc\x1b😀\n") == "ab\ufffdc\x1b😀\n"


def test_markdown_is_counted_outside_of_code() -> None:
    """Headers, list items and bold spans count; inside a fenced block they are code."""
    prose = "# One\n\n- a\n* b\n1. c\n 2) d\n\n**bold** and __bold__ and 2 ** 3 ** 4 and snake__case__name\n"
    assert count_markdown(prose + "```\n# no\n- no\n```\n## Two") == (2, 4, 2)


def test_what_only_looks_like_markdown_is_not_counted() -> None:
    """A hash sign without a space, a rule and a lone asterisk are no style."""
    assert count_markdown("#hashtag\n---\n5 * 3\n-5\n3.14\n**") == (0, 0, 0)


def test_an_open_fence_runs_to_the_end() -> None:
    """An answer cut in its code block has no prose behind the fence."""
    assert without_code_blocks("a\n~~~py\n# b") == "a\n\n"
    assert without_code_blocks("a\n```\nb\n```\nc") == "a\n\n\nc"


@given(any_text, st.integers(1, 30))
def test_cut_middle_keeps_head_and_tail(text: str, width: int) -> None:
    """A short text stays; a long one takes exactly the width, with its beginning and its end."""
    cut = cut_middle(text, width)
    assert cut == text if len(text) <= width else len(cut) == width and cut[:1] in {text[:1], "…"}


def test_a_width_of_nothing_is_refused() -> None:
    """No text fits into no characters."""
    with pytest.raises(ValueError, match="at least 1"):
        cut_middle("text", 0)


@given(any_text, st.integers(1, 100))
def test_a_message_holds_printable_characters_on_one_line(text: str, width: int) -> None:
    """Nothing in a message can move the cursor, colour the terminal or turn the reading direction."""
    shown = escape_for_message(text, width)
    assert shown.isprintable()
    assert len(shown) <= width


def test_escapes_can_be_read() -> None:
    """A control character is shown as Python writes it; letters of all scripts stay."""
    assert escape_for_message("a\n\x1b[31m\u202eß漢") == "a\\n\\x1b[31m\\u202eß漢"
