"""What people said, out of OpenTelemetry spans and events of the GenAI conventions, in the forms that exporters write.

| where the messages stand | since |
|---|---|
| attribute `gen_ai.input.messages`, a list or its JSON, of {role, parts: [{type: text, content}]} | 1.37 |
| event `gen_ai.client.inference.operation.details` with that attribute | 1.37 |
| events `gen_ai.user.message` of span or log: `content` in body or attributes, or JSON `gen_ai.event.content` | 1.28 |
| event `gen_ai.content.prompt` with `gen_ai.prompt`, JSON of {role, content} | before |
| attributes `gen_ai.prompt.0.role` and `gen_ai.prompt.0.content` | OpenLLMetry |

A span carries all of its conversation so far, so a turn is known by conversation and wording, not by span and place: in
later spans it is the same sighting.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

_MESSAGES = "gen_ai.input.messages"
_CONVERSATION = "gen_ai.conversation.id"
_INDEXED = re.compile(r"gen_ai\.prompt\.(\d{1,6})\.(role|content)")
_EVENT = re.compile(r"gen_ai\.(user|system|assistant|tool)\.message")
_OF_OTLP = ("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue")
_STARTS = ("start_time", "startTimeUnixNano", "start_time_unix_nano", "startTime", "timestamp", "timeUnixNano")
_SPAN_IDS = ("spanId", "span_id")
_TRACE_IDS = ("traceId", "trace_id")


def read_spans(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Each span or event in a record that holds messages, as conversation, start, attributes and messages.

    Args:
        record: one span or log record, or a batch of them as collectors write it (resourceSpans, resourceLogs).

    Returns:
        None of them where the record holds no messages. `conversation` is the id of conversation or trace, else None.
    """
    spans = (_laid_out(span) for span in _spans_in(record))
    return [span for span in spans if span["messages"] is not None]


def _spans_in(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found = False
    for outer, inner, kind in (("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords")):
        for resource in _dicts(record.get(outer)):
            for scope in _dicts(resource.get(inner)):
                found = True
                yield from _dicts(scope.get(kind))
    if not found:
        yield record


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _laid_out(span: dict[str, Any]) -> dict[str, Any]:
    attributes = _attributes_of(span)
    context = span.get("context") if isinstance(span.get("context"), dict) else {}
    places = (span, context or {})
    trace = next((place[name] for place in places for name in _TRACE_IDS + _SPAN_IDS if place.get(name)), None)
    return {
        "conversation": attributes.get(_CONVERSATION) or trace,
        "start": next((span[name] for name in _STARTS if span.get(name)), None),
        "attributes": attributes,
        "messages": _messages_of(span, attributes),
    }


def _attributes_of(holder: dict[str, Any]) -> dict[str, Any]:
    """A dict, or OTLP's list of keys and values."""
    attributes = holder.get("attributes")
    if isinstance(attributes, dict):
        return attributes
    return {str(item.get("key")): _plain(item.get("value")) for item in _dicts(attributes)}


def _plain(value: Any) -> Any:
    """A value of OTLP without its type."""
    if not isinstance(value, dict):
        return value
    if isinstance(array := value.get("arrayValue"), dict):
        values = array.get("values")
        return [_plain(item) for item in values] if isinstance(values, list) else []
    if isinstance(pairs := value.get("kvlistValue"), dict):
        return {str(item.get("key")): _plain(item.get("value")) for item in _dicts(pairs.get("values"))}
    return next((value[name] for name in _OF_OTLP if name in value), value)


def _messages_of(span: dict[str, Any], attributes: dict[str, Any]) -> Any:
    """A list of messages with role and content; anything else that stands in its place; None where nothing does."""
    if _MESSAGES in attributes:
        return _decoded(attributes[_MESSAGES])
    events = [*_dicts(span.get("events")), span]
    for event in events:
        told = _attributes_of(event)
        if _MESSAGES in told or "gen_ai.prompt" in told:
            return _decoded(told.get(_MESSAGES, told.get("gen_ai.prompt")))
    said = [message for event in events if (message := _message_of_event(event))]
    return said or _indexed(attributes) or None


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _message_of_event(event: dict[str, Any]) -> dict[str, Any] | None:
    told = _attributes_of(event)
    names = (event.get("name"), event.get("eventName"), event.get("event_name"), told.get("event.name"))
    match = next((match for name in names if isinstance(name, str) and (match := _EVENT.fullmatch(name))), None)
    if match is None:
        return None
    content = _decoded(told["gen_ai.event.content"]) if "gen_ai.event.content" in told else _plain(event.get("body"))
    if isinstance(content, dict):
        content = content.get("content")
    return {"role": match[1], "content": content if content is not None else told.get("content")}


def _indexed(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    messages: dict[int, dict[str, Any]] = {}
    for name, value in attributes.items():
        if match := _INDEXED.fullmatch(name):
            messages.setdefault(int(match[1]), {"role": None})[match[2]] = _parts_or_text(value)
    return [messages[place] for place in sorted(messages)]


def _parts_or_text(value: Any) -> Any:
    """The parts of a message, which some exporters write as JSON; any other JSON is what somebody said."""
    parts = _decoded(value)
    are_parts = isinstance(parts, list) and parts and all(isinstance(part, dict) and "type" in part for part in parts)
    return parts if are_parts else value
