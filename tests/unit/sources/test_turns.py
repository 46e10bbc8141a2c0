"""benchbuilder.sources.turns: from one record to the user's turns."""

from typing import Any

import pytest

from benchbuilder.sources import FieldMap, Source
from benchbuilder.sources.source import Preset
from benchbuilder.sources.turns import read_turns


def turns(
    record: dict[str, Any], preset: Preset | None = None, **mapping: str
) -> tuple[list[tuple[int, str]], str | None]:
    """(turn, text) of each turn of the record, and the reason."""
    source = Source(name="crowd", paths=("a",), preset=preset, mapping=FieldMap(**mapping), max_prompt_bytes=1000)
    found = read_turns(record, source, source.field_map, "a.jsonl", 1)
    return [(row.turn, row.text) for row in found.records], found.reason


def user(content: Any) -> dict[str, Any]:
    """A message of the user."""
    return {"role": "user", "content": content}


def test_each_turn_of_the_user_is_a_record_of_its_own() -> None:
    """What system and assistant say is left out; turns are counted, and later ones can be told apart."""
    record = {
        "id": "c1",
        "messages": [{"role": "system", "content": "x"}, user("one"), {"role": "assistant"}, user("two")],
    }
    assert turns(record, "openai_messages") == ([(1, "one"), (2, "two")], None)


def test_references_of_a_conversation() -> None:
    """The first turn goes by the conversation's id, the others by the id and their number."""
    source = Source(name="crowd", paths=("a",), preset="arena_conversation")
    record = {"question_id": "q1", "conversation_a": [user("one"), user("two")], "tstamp": 1682354167.285, "judge": "j"}
    first, second = read_turns(record, source, source.field_map, "a.jsonl", 9).records
    assert (first.source_ref, second.source_ref) == ("q1", "q1#2")
    assert first.conversation_ref == second.conversation_ref == "q1"
    assert first.sender == second.sender != "j"
    assert first.line == 9
    assert str(first.seen_at) == "2023-04-24 16:36:07.285000+00:00"


def test_the_parts_of_a_message_that_are_text_make_its_text() -> None:
    """An image is left out; a message of images alone is empty."""
    image = {"type": "image_url", "image_url": {"url": "x"}}
    record = {"messages": [user([{"type": "text", "text": "What is"}, image, {"type": "text", "text": "this?"}])]}
    assert turns(record, "openai_messages") == ([(1, "What is\nthis?")], None)
    assert turns({"messages": [user([image])]}, "openai_messages") == ([], "empty")


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (None, "null_field"),
        ("hello", "wrong_type"),
        ({"role": "user"}, "wrong_type"),
        (["hello"], "wrong_type"),
        ([{"content": "hello"}], "missing_field"),
        ([{"role": "user"}], "missing_field"),
        ([user(None)], "null_field"),
        ([user(3)], "wrong_type"),
        ([], "empty"),
        ([{"role": "assistant", "content": "hello"}], "empty"),
        ([user("x" * 1001)], "too_large"),
        ([user("\u00e9" * 501)], "too_large"),
    ],
)
def test_a_conversation_that_cannot_be_read_has_a_reason(messages: Any, reason: str) -> None:
    """Each way in which a list of messages can be wrong is told."""
    assert turns({"messages": messages}, "openai_messages") == ([], reason)


def test_a_bad_turn_does_not_cost_the_good_ones() -> None:
    """The good turns keep their number, and the record is told with the first reason."""
    record = {"messages": [user("one"), user(None), user("three"), user("")]}
    assert turns(record, "openai_messages") == ([(1, "one"), (3, "three")], "null_field")


def test_a_mapping_stands_over_the_preset() -> None:
    """One field is changed, the others stay those of the preset."""
    assert turns({"text": "hello", "prompt": "no", "turn": 3}, "prompt", prompt="text") == ([(3, "hello")], None)


def test_without_a_preset_text_and_messages_are_both_read() -> None:
    """The shape of what stands at the path decides."""
    assert turns({"a": {"b": ["x", "hello"]}}, prompt="a.b.1") == ([(1, "hello")], None)
    assert turns({"a": [user("hello")]}, prompt="a") == ([(1, "hello")], None)
    assert turns({"conversation_a": [user("hello")]}, prompt="conversation_a.0.content") == ([(1, "hello")], None)


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        *[(2, 2), ("2", 2), (10**6, 10**6), (0, 1), (None, 1), ("second", 1), ([], 1), (1.5, 1)],
        *[(2**31, 1), (-(2**40), 1), ("2147483648", 1), pytest.param("1" * 5000, 1, id="of 5,000 digits")],
    ],
)
def test_the_turn_of_a_single_message(turn: Any, expected: int) -> None:
    """A record per message may say its turn; what cannot be read counts as the first."""
    assert turns({"prompt": "hello", "turn": turn}, "prompt") == ([(expected, "hello")], None)
