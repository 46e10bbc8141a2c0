"""The body of a response, read into a `Reply`: pure, and as distrustful as the endpoints deserve.

Bodies are parsed here and not by the client library, so that an unreadable one is a state and not an exception.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

import orjson

from benchbuilder.llm.requests import Reply, State

_THINKING = re.compile(r"\A\s*<think>(.*?)(?:</think>|\Z)", re.DOTALL)


def read_chat(body: bytes) -> Reply:
    """A reply to a chat completion.

    What came without an answer is never ok: an empty text is api_error (reason empty), one that the thinking ate up is
    truncated, an unreadable body is api_error. A log-probability reading that stops at its one token is ok.
    """
    try:
        parsed = orjson.loads(body)
        choice, usage = parsed["choices"][0], parsed.get("usage")
        message, finish_reason = choice["message"], _text_or_none(choice.get("finish_reason"))
        content, refusal = message.get("content"), message.get("refusal")
        thinking = message.get("reasoning_content") or message.get("reasoning")
        logprobs = _first_token(choice.get("logprobs"))
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError, ValueError):
        return Reply("api_error", reason="unreadable_body")
    text, thinking = _apart(_text_or_none(content) or "", _text_or_none(thinking))
    state, reason = _state(text, refusal, finish_reason, logprobs)
    return Reply(
        state=state,
        reason=reason,
        text=text or None,
        thinking=thinking,
        logprobs=logprobs,
        finish_reason=finish_reason,
        count_tokens_in=_count(usage, "prompt_tokens"),
        count_tokens_out=_count(usage, "completion_tokens"),
    )


def read_embeddings(body: bytes, count_texts: int) -> Reply:
    """A reply to an embeddings call; api_error where it does not hold `count_texts` vectors of one length."""
    try:
        parsed = orjson.loads(body)
        rows = sorted(parsed["data"], key=lambda row: row["index"])
        vectors = tuple(tuple(float(number) for number in row["embedding"]) for row in rows)
        usage = parsed.get("usage")
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError, ValueError):
        return Reply("api_error", reason="unreadable_body")
    are_alike = len(vectors) == count_texts and len({len(vector) for vector in vectors}) == 1
    if not are_alike or not all(0 < math.hypot(*vector) < math.inf for vector in vectors):
        return Reply("api_error", reason="wrong_vectors")
    return Reply("ok", count_tokens_in=_count(usage, "prompt_tokens"), count_tokens_out=0, vectors=vectors)


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _count(usage: Any, name: str) -> int | None:
    """A count of the bill; None where it is no count, so that a strange one costs us neither reply nor batch."""
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if type(count) is int and 0 <= count < 2**63 else None


def _apart(content: str, thinking: str | None) -> tuple[str, str | None]:
    """Answer and thinking: some servers send the thinking in a field of its own, some in the text."""
    found = _THINKING.match(content)
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
        token, logprob = str(alternative["token"]), float(alternative["logprob"])
        found[token] = max(logprob, found.get(token, logprob))
    return found or None
