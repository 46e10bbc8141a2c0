"""benchbuilder.curation.shared_passages: which text stands inside another one."""

import random

from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.curation.shared_passages import MAX_TEXTS_WITH_RUN, MIN_WORDS, SharedPassages

ITEM = (
    "A train leaves the station at noon with sixty passengers and halves its speed every ten miles until it"
    " reaches the sea; how many miles has it gone when it crawls?"
)
OTHER = " ".join(f"word{number}" for number in range(30))
NUMBERS = st.lists(st.integers(0, 9).map(str), max_size=40)


def test_an_item_inside_a_longer_prompt_is_found() -> None:
    """However much stands around it."""
    padding = " ".join(f"before{number}" for number in range(200))
    assert SharedPassages([OTHER, ITEM], 0.8).most_shared(f"{padding} {ITEM.upper()} Think step by step.") == (1, 1.0)


def test_a_prompt_inside_a_longer_item_is_found() -> None:
    """A question without its options is still that question."""
    assert SharedPassages([f"{ITEM} {OTHER}"], 0.8).most_shared(ITEM) == (0, 1.0)


def test_a_changed_word_costs_the_words_that_lie_in_no_shared_run() -> None:
    """In the middle of thirty words it leaves what is left and right of it."""
    words = OTHER.split()
    changed = " ".join([*words[:10], "changed", *words[11:]])
    assert SharedPassages([OTHER], 0.8).most_shared(changed) == (0, 29 / 30)


def test_a_short_text_is_never_a_passage() -> None:
    """A turn of phrase is not a question."""
    phrase = " ".join(OTHER.split()[: MIN_WORDS - 1])
    assert SharedPassages([OTHER], 0.5).most_shared(phrase) is None
    assert SharedPassages([phrase], 0.5).most_shared(OTHER) is None


def test_the_wording_that_all_items_share_is_left_out() -> None:
    """A prompt with the same instruction and another question repeats none of them."""
    wording = "Answer the following question with the letter of the right option and nothing else please, no reasons:"
    draw = random.Random(3)  # noqa: S311 - the same questions each time
    questions = [" ".join(f"w{draw.randrange(9999)}" for _ in range(18)) for _ in range(MAX_TEXTS_WITH_RUN + 2)]
    passages = SharedPassages([f"{wording} {question}" for question in questions[1:]], 0.4)
    assert passages.most_shared(f"{wording} {questions[0]}") is None
    assert passages.most_shared(f"{wording} {questions[1]}") == (0, 1.0)


def test_of_several_the_one_that_shares_most_is_named() -> None:
    """And of equals the first."""
    half = " ".join([*OTHER.split()[:20], *(f"new{number}" for number in range(10))])
    assert SharedPassages([half, OTHER, OTHER], 0.5).most_shared(OTHER) == (1, 1.0)


@given(NUMBERS, NUMBERS)
def test_sharing_goes_both_ways(ours: list[str], theirs: list[str]) -> None:
    """A share lies between the threshold and 1, and is the same from either side."""
    one = SharedPassages([" ".join(ours)], 0.3).most_shared(" ".join(theirs))
    other = SharedPassages([" ".join(theirs)], 0.3).most_shared(" ".join(ours))
    if len(ours) != len(theirs):
        assert one == other
    assert one is None or 0.3 <= one[1] <= 1
