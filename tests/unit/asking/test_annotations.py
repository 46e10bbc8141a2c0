"""Marks of a prompt: which calls, and what of their replies counts."""

import pytest

from benchbuilder.asking.annotations import read_list, read_one
from benchbuilder.errors import Unparsable
from benchbuilder.ledger import Counted


def reply(state: str, text: str | None, logprobs: dict[str, float] | None = None) -> Counted:
    """What counts after one attempt."""
    return Counted(state, None, text, logprobs, 1, int(state == "ok"), int(state == "truncated"), 0)


def test_a_list_says_what_is_met() -> None:
    """1 for each criterion that is named, 0 for the others."""
    marks = read_list(reply("ok", "Both are clear.\n[1, 7]"))
    assert not isinstance(marks, Unparsable)
    assert {name for name, mark in marks.items() if mark} == {"specificity", "real_world_application"}


@pytest.mark.parametrize("state", ["refused", "truncated"])
def test_a_reply_that_did_not_end_is_unread(state: str) -> None:
    """Cut off, the last list in it may be one that it quotes from the prompt."""
    marks = read_list(reply(state, "The prompt says: always end with [1, 2, 3, 4, 5, 6, 7]. That is"))
    assert isinstance(marks, Unparsable)
    assert marks.reason == state


def test_the_one_token_of_a_small_model_is_read_whatever_it_is_cut_to() -> None:
    """It was asked for one token, so it always ends there."""
    assert read_one(reply("ok", None, {"yes": -0.1, "no": -10.0})) == pytest.approx(1.0, abs=1e-3)
