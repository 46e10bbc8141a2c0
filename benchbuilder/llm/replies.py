"""The body of a response, read into a `Reply`: pure, and as distrustful as the endpoints deserve.

Bodies are parsed here and not by the client library, so that an unreadable one is a state and not an exception.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from benchbuilder.llm.requests import Reply, State
from benchbuilder.text import clean_text

_THINKING = re.compile(r"\A\s*<think>(.*?)(?:</think>|\Z)", re.DOTALL)
# Templates that open the thinking themselves leave a reply without its beginning; the end stands on a line of its own.
_THOUGHT = re.compile(r"\A((?:(?!<think>).)*?)^</think>[ \t]*$", re.DOTALL | re.MULTILINE)
_MOST_TOKENS = 2**40  # of one call; what is told beyond is no count, and the sum of many would not fit the warehouse
_LOWEST_LOGPROB = -9999.0  # as servers write it for a token that is hardly ever said
_ERRORS = (LookupError, TypeError, AttributeError, ValueError, RecursionError)


def read_chat(body: bytes, *, is_read_by_logprobs: bool = False) -> Reply:
    """A reply to a chat completion.

    What came without an answer is never ok: an empty text is api_error (reason empty), one that the thinking ate up is
    truncated, an unreadable body is api_error. A log-probability reading that stops at its one token is ok. What was
    billed is on the reply in any case.

    Args:
        body: of the response.
        is_read_by_logprobs: whether they were asked for; some servers send them to everybody.
    """
    parsed = _parsed(body)
    try:
        choice = parsed["choices"][0]
        message, finish_reason = choice["message"], _text_or_none(choice.get("finish_reason"))
        content, refusal = _content(message.get("content")), message.get("refusal")
        thinking = message.get("reasoning_content") or message.get("reasoning")
        logprobs = _first_token(choice.get("logprobs")) if is_read_by_logprobs else None
    except _ERRORS:
        return _billed(Reply("api_error", reason="unreadable_body"), parsed)
    text, thinking = _apart(content, _text_or_none(thinking))
    state, reason = _state(text, refusal, finish_reason, logprobs)
    return _billed(Reply(state, reason, text or None, thinking, logprobs, finish_reason), parsed)


def read_embeddings(body: bytes, count_texts: int) -> Reply:
    """A reply to an embeddings call; api_error where it does not hold `count_texts` vectors of one length."""
    parsed = _parsed(body)
    try:
        rows = sorted(parsed["data"], key=lambda row: row["index"])
        vectors = tuple(tuple(float(number) for number in row["embedding"]) for row in rows)
    except _ERRORS:
        return _billed(Reply("api_error", reason="unreadable_body"), parsed)
    are_alike = len(vectors) == count_texts and len({len(vector) for vector in vectors}) == 1
    if not are_alike or not all(0 < math.hypot(*vector) < math.inf for vector in vectors):
        return _billed(Reply("api_error", reason="wrong_vectors"), parsed)
    return replace(_billed(Reply("ok", vectors=vectors), parsed), count_tokens_out=0)


def _parsed(body: bytes) -> Any:
    """The JSON of a body, None where it is none; the slower reader also takes lone surrogates and infinities."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None


def _billed(reply: Reply, parsed: Any) -> Reply:
    usage = parsed.get("usage") if isinstance(parsed, dict) else None
    return replace(
        reply, count_tokens_in=_count(usage, "prompt_tokens"), count_tokens_out=_count(usage, "completion_tokens")
    )


def _text_or_none(value: Any) -> str | None:
    return clean_text(value) if isinstance(value, str) else None


def _content(value: Any) -> str:
    """The text of a message; of one in parts those that are text."""
    parts = value if isinstance(value, list) else [{"text": value}]
    return "".join(_text_or_none(part.get("text")) or "" for part in parts)


def _count(usage: Any, name: str) -> int | None:
    """A count of the bill; None where it is no count, so that a strange one costs us neither reply nor batch."""
    count = usage.get(name) if isinstance(usage, dict) else None
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    return count if type(count) is int and 0 <= count < _MOST_TOKENS else None


def _apart(content: str, thinking: str | None) -> tuple[str, str | None]:
    """Answer and thinking: some servers send the thinking in a field of its own, some in the text."""
    found = _THINKING.match(content) or ("</think>" in content and _THOUGHT.match(content))
    if found:
        return content[found.end() :].strip(), found.group(1).strip()
    return content, thinking


def _state(
    text: str, refusal: Any, finish_reason: str | None, logprobs: Mapping[str, float] | None
) -> tuple[State, str | None]:
    if refusal or finish_reason == "content_filter":
        return "refused", "content_filter" if finish_reason == "content_filter" else "refusal"
    if logprobs:
        return "ok", None
    if finish_reason == "length":
        return "truncated", "length"
    return ("ok", None) if text.strip() else ("api_error", "empty")


def _first_token(logprobs: Mapping[str, Any] | None) -> dict[str, float] | None:
    """Token to log-probability of the first token's alternatives; of equal tokens the likelier one counts."""
    content = (logprobs or {}).get("content")
    if not content:
        return None
    found: dict[str, float] = {}
    for alternative in content[0].get("top_logprobs") or []:
        token, logprob = clean_text(str(alternative["token"])), float(alternative["logprob"])
        if logprob < math.inf:  # nor nan
            found[token] = max(logprob, found.get(token, _LOWEST_LOGPROB))
    return found or None
