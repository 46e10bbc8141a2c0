"""benchbuilder.curation.near_duplicates: who repeats whom."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.curation.near_duplicates import find_near_duplicates
from benchbuilder.curation.similar_texts import bands_for
from benchbuilder.curation.words import similarity_of, words_of

TEXT = "write a short story about a lighthouse keeper who finds a message in a bottle from his younger self"
CHANGED = TEXT.replace("bottle", "box")
WORDS = st.lists(st.sampled_from("abcdefghij"), max_size=12).map(" ".join)


def test_a_changed_word_in_twenty_is_found() -> None:
    """One word changed is a near duplicate of the first in the given order, with the exact similarity."""
    [found] = find_near_duplicates(["z", "a"], [TEXT, CHANGED])
    shared, total = words_of(TEXT) & words_of(CHANGED), words_of(TEXT) | words_of(CHANGED)
    assert found == ("a", "z", len(shared) / len(total))


def test_the_accepted_one_represents_the_group_wherever_it_stands() -> None:
    """A prompt accepted on an earlier night stays, and the new ones repeat it, also those that come before it."""
    texts = [TEXT, CHANGED, TEXT.upper()]
    assert [row[:2] for row in find_near_duplicates(["a", "b", "c"], texts, accepted=["b"])] == [("a", "b"), ("c", "b")]


def test_accepted_prompts_are_never_reported() -> None:
    """Two accepted prompts that resemble each other both stay."""
    assert find_near_duplicates(["a", "b"], [TEXT, CHANGED], accepted=["a", "b"]) == []


def test_a_prompt_near_to_a_duplicate_only_is_kept() -> None:
    """Similarity does not travel along a chain: only representatives are compared with."""
    texts = ["a b c d e f g h i j", "a b c d e f g h i k", "a b c d e f g h l k"]
    assert [row[:2] for row in find_near_duplicates(["1", "2", "3"], texts)] == [("2", "1")]


def test_the_most_similar_representative_is_named() -> None:
    """Of two that a prompt resembles, the nearer one counts."""
    texts = ["a b c d e f g h x y", "a b c d e f g h i j", "a b c d e f g h i j y"]
    assert [row[:2] for row in find_near_duplicates(["1", "2", "3"], texts, threshold=0.7)] == [("3", "2")]


def test_texts_without_a_word_resemble_nothing() -> None:
    """Punctuation is no content: two lines of dots are left to the rule about length."""
    assert find_near_duplicates(["1", "2"], ["...", "..."]) == []


def test_scripts_without_spaces_are_compared_by_character() -> None:
    """A changed character in a Chinese sentence makes a near duplicate, not another word."""
    texts = [
        "请写一首关于春天的短诗并解释其中的比喻",
        "请写一首关于秋天的短诗并解释其中的比喻",
        "如何用三个步骤修好漏水的龙头",
    ]
    assert [row[:2] for row in find_near_duplicates(["1", "2", "3"], texts)] == [("2", "1")]


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, max_size=12), st.sampled_from([0.5, 0.8, 1.0]))
def test_what_is_found_is_what_comparing_everybody_finds(texts: list[str], threshold: float) -> None:
    """The result is that of comparing each text with every representative before it."""
    ids = [str(place) for place in range(len(texts))]
    kept: list[int] = []
    expected: list[str] = []
    for place, text in enumerate(texts):
        words = words_of(text)
        if any(similarity_of(words, words_of(texts[other])) >= threshold for other in kept) and words:
            expected.append(str(place))
        else:
            kept.append(place)
    found = find_near_duplicates(ids, texts, threshold)
    assert [row.prompt_id for row in found] == expected
    assert all(row.similarity >= threshold and int(row.duplicate_of) in kept for row in found)


def test_planted_duplicates_are_all_found_in_a_crowd_and_nothing_else() -> None:
    """Of 2,000 random texts and 200 copies with one word changed, exactly the copies are found; twice the same."""
    draw = random.Random(5)  # noqa: S311 - a crowd that is the same each time
    vocabulary = [f"word{number}" for number in range(3000)]
    texts = [" ".join(draw.sample(vocabulary, 30)) for _ in range(2000)]
    copies = [text.replace(text.split()[4], "changed") for text in texts[:200]]
    ids = [f"{number:04d}" for number in range(2200)]
    found = find_near_duplicates(ids, texts + copies)
    assert [(row.prompt_id, row.duplicate_of) for row in found] == list(zip(ids[2000:], ids[:200], strict=True))
    assert found == find_near_duplicates(ids, texts + copies)


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.8, 0.95, 1.0])
def test_bands_use_the_hashes_that_there_are(threshold: float) -> None:
    """Bands times hashes never exceed the signature, and a higher threshold never has shorter bands."""
    count, length = bands_for(threshold)
    assert 1 <= count * length <= 256
    assert length >= bands_for(threshold / 2)[1]


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1])
def test_an_impossible_threshold_is_refused(threshold: float) -> None:
    """Zero would make everybody everybody's duplicate."""
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        find_near_duplicates([], [], threshold)


def test_ids_without_texts_are_refused() -> None:
    """A caller's mistake is not cut to the shorter list."""
    with pytest.raises(ValueError, match="zip"):
        find_near_duplicates(["a"], [])
