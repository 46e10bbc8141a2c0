"""The presets on records of the shapes that published data sets and exporters have, made up here."""

import json
from typing import Any

import pytest

from benchbuilder.sources import Record, Source
from benchbuilder.sources.source import Preset
from benchbuilder.sources.turns import read_turns


def records(preset: Preset, record: dict[str, Any]) -> list[Record]:
    """The turns of one record, which must all be readable."""
    source = Source(name="crowd", paths=("a",), preset=preset)
    turns = read_turns(record, source, source.field_map, "a.jsonl", 1)
    assert turns.reason is None
    return list(turns.records)


def test_lmsys_chat() -> None:
    """The field `turn` counts turns and says nothing of a message's place; there is no time."""
    talk = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "x"}]
    record = {"conversation_id": "c1", "model": "m", "conversation": [*talk, talk[0] | {"content": "two"}], "turn": 2}
    first, second = records("lmsys_chat", record | {"language": "English", "redacted": False})
    assert (first.text, first.turn, first.source_ref, first.seen_at) == ("one", 1, "c1", None)
    assert (second.text, second.turn, second.source_ref, second.language) == ("two", 2, "c1#2", "English")


def test_wildchat() -> None:
    """Two people who send the same words are two sightings, though the conversations share their hash."""
    talk = [{"role": "user", "content": "Hi there", "hashed_ip": "ip", "timestamp": None, "turn_identifier": 1}]
    record = {"conversation_hash": "h", "timestamp": "2023-04-09T00:02:53+00:00", "conversation": talk, "turn": 1}
    (first,) = records("wildchat", record | {"hashed_ip": "ip-1", "language": "English"})
    talk[0]["turn_identifier"] = 2
    (second,) = records("wildchat", record | {"hashed_ip": "ip-2", "language": "English"})
    assert (first.source_ref, second.source_ref) == ("1", "2")
    assert first.sender != second.sender
    assert str(first.seen_at) == "2023-04-09 00:02:53+00:00"


def test_sharegpt() -> None:
    """People are called human, in some files user; messages have a value."""
    talk = [{"from": "human", "value": "one"}, {"from": "gpt", "value": "x"}, {"from": "user", "value": "two"}]
    first, second = records("sharegpt", {"id": "Ab_0", "conversations": [{"from": "system", "value": "s"}, *talk]})
    assert [(row.text, row.source_ref) for row in (first, second)] == [("one", "Ab_0"), ("two", "Ab_0#2")]


PARTS = [
    {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
    {"role": "user", "parts": [{"type": "text", "content": "one"}, {"type": "blob", "content": "aGk="}]},
    {"role": "assistant", "parts": [{"type": "text", "content": "x"}]},
    {"role": "user", "parts": [{"type": "text", "content": "two"}]},
]
PLAIN = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "two"}]


def otlp(attributes: dict[str, str]) -> list[dict[str, Any]]:
    """Attributes as OTLP writes them."""
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]


def typed(value: Any) -> dict[str, Any]:
    """A structured value as OTLP writes it."""
    if isinstance(value, list):
        return {"arrayValue": {"values": [typed(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": typed(item)} for key, item in value.items()]}}
    return {"stringValue": value}


def event(role: str, content: str) -> dict[str, Any]:
    """One message as the older conventions have it."""
    return {"name": f"gen_ai.{role}.message", "attributes": {"content": content}}


SPANS = {
    "a list": {"attributes": {"gen_ai.input.messages": PARTS}},
    "JSON": {"attributes": {"gen_ai.input.messages": json.dumps(PARTS)}},
    "OTLP": {"attributes": otlp({"gen_ai.input.messages": json.dumps(PARTS)})},
    "OTLP with structure": {"attributes": [{"key": "gen_ai.input.messages", "value": typed(PARTS)}]},
    "details": {
        "events": [
            {
                "name": "gen_ai.client.inference.operation.details",
                "attributes": {"gen_ai.input.messages": json.dumps(PARTS)},
            }
        ]
    },
    "events": {"events": [event("system", "s"), event("user", "one"), event("assistant", "x"), event("user", "two")]},
    "events with JSON": {
        "events": [
            {"name": f"gen_ai.{row['role']}.message", "attributes": {"gen_ai.event.content": json.dumps(row)}}
            for row in PLAIN
        ]
    },
    "content.prompt": {
        "events": [{"name": "gen_ai.content.prompt", "attributes": {"gen_ai.prompt": json.dumps(PLAIN)}}]
    },
    "numbered": {
        "attributes": {
            f"gen_ai.prompt.{place}.{key}": value for place, row in enumerate(PLAIN) for key, value in row.items()
        }
    },
    "numbered with parts": {
        "attributes": {
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": json.dumps([{"type": "text", "text": "one"}, {"type": "image_url"}]),
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "two",
        }
    },
}


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS.keys())
def test_otel_spans_in_each_form(span: dict[str, Any]) -> None:
    """What people said is read; what system and model said, and what is no text, is left out."""
    first, second = records("otel_genai", span | {"traceId": "t1", "spanId": "s1", "startTimeUnixNano": 1.7e18})
    assert [(row.text, row.turn, row.conversation_ref) for row in (first, second)] == [
        ("one", 1, "t1"),
        ("two", 2, "t1"),
    ]
    assert str(first.seen_at) == "2023-11-14 22:13:20+00:00"


@pytest.mark.parametrize("text", ["[1, 2]", "[]", '{"type": "text"}', '[{"name": "anna"}]', "42"])
def test_json_that_somebody_wrote_is_a_prompt(text: str) -> None:
    """Only a list of typed parts is taken apart."""
    [turn] = records("otel_genai", {"attributes": {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": text}})
    assert turn.text == text


def test_a_log_record_of_the_older_conventions() -> None:
    """One message, with its content in the body."""
    log = {
        "traceId": "t1",
        "timeUnixNano": "1700000000000000000",
        "attributes": otlp({"event.name": "gen_ai.user.message"}),
        "body": {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": "one"}}]}},
    }
    batch = {"resourceLogs": [{"scopeLogs": [{"logRecords": [log, log | {"attributes": []}]}]}]}
    assert [row.text for row in records("otel_genai", batch)] == ["one"]


def test_a_turn_that_later_spans_repeat_is_one_sighting() -> None:
    """A conversation's spans carry all of it so far, also where the beginning was cut off in the meantime."""
    attributes = {"gen_ai.conversation.id": "c1", "user.id": "anna"}
    spans = [
        {"spanId": f"s{number}", "attributes": attributes | {"gen_ai.input.messages": messages}}
        for number, messages in enumerate([PARTS[:2], PARTS, PARTS[3:]])
    ]
    scoped = [
        span
        | {"attributes": otlp({k: v if isinstance(v, str) else json.dumps(v) for k, v in span["attributes"].items()})}
        for span in spans
    ]
    found = records("otel_genai", {"resourceSpans": [{"scopeSpans": [{"spans": scoped}]}]})
    assert [row.text for row in found] == ["one", "one", "two", "two"]
    assert len({row.source_ref for row in found}) == 2
    assert {row.source_ref.split("#")[0] for row in found} == {"c1"}
    assert len({row.sender for row in found}) == 1
    assert found == [row for span in spans for row in records("otel_genai", span)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"attributes": {"http.route": "/chat"}}, "missing_field"),
        ({"resourceSpans": [{"scopeSpans": [{"spans": []}]}]}, "missing_field"),
        ({"resourceSpans": "x", "attributes": 3, "events": [1]}, "missing_field"),
        ({"attributes": {"gen_ai.input.messages": "no json"}}, "wrong_type"),
        ({"attributes": {"gen_ai.input.messages": [1]}}, "wrong_type"),
        ({"attributes": {"gen_ai.input.messages": [{"parts": []}]}}, "missing_field"),
        ({"attributes": {"gen_ai.input.messages": [{"role": "tool", "parts": []}]}}, "empty"),
        ({"attributes": {"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "uri"}]}]}}, "empty"),
    ],
)
def test_spans_without_a_prompt_have_a_reason(record: dict[str, Any], reason: str) -> None:
    """Spans of something else, and messages that are none."""
    source = Source(name="crowd", paths=("a",), preset="otel_genai")
    assert read_turns(record, source, source.field_map, "a.jsonl", 1) == ((), reason)
