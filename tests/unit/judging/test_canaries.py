"""Answers that should never win: made from the baseline's, the same every time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.judging.canaries import Canary, CanaryKind

KINDS: tuple[CanaryKind, ...] = ("constant", "other_question", "padded")
ANSWERS = {"q2": "two", "q1": "one", "q3": "three"}


def test_names_and_reasons_tell_them_apart() -> None:
    """A name that fits among models, and a reason that says what it is."""
    assert [Canary(kind).model for kind in KINDS] == ["canary-constant", "canary-other-question", "canary-padded"]
    assert len({Canary(kind).reason for kind in KINDS}) == 3
    assert all(Canary(kind).reason.startswith("canary: ") for kind in KINDS)


def test_the_constant_one_says_the_same_to_everything() -> None:
    """Whatever the baseline said."""
    answers = Canary("constant").answers(ANSWERS)
    assert answers.keys() == ANSWERS.keys()
    assert len({*answers.values(), *Canary("constant").answers({"q9": "nine"}).values()}) == 1


def test_another_question_is_the_next_one() -> None:
    """In the order of the questions, whatever the order of the mapping; the last one has the first one's."""
    assert Canary("other_question").answers(ANSWERS) == {"q1": "two", "q2": "three", "q3": "one"}


def test_one_question_alone_has_no_other() -> None:
    """So there is no answer, rather than the right one."""
    assert Canary("other_question").answers({"q1": "one"}) == {}
    assert Canary("other_question").answers({}) == {}


@given(st.text(max_size=2000))
def test_the_padded_one_is_longer_by_half(text: str) -> None:
    """It begins with the whole answer and goes on for a passage at least, and half as long again about."""
    padded = Canary("padded").answers({"q": text})["q"]
    assert padded.startswith(text)
    count_added = len(padded) - len(text)
    assert len(text) / 2 <= count_added + 1
    assert 100 < count_added < len(text) / 2 + 500


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_answers_give_the_same_canaries(kind: CanaryKind) -> None:
    """No randomness: a second night finds them all there."""
    assert Canary(kind).answers(ANSWERS) == Canary(kind).answers(dict(sorted(ANSWERS.items())))
