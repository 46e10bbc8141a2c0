"""Replies in the shape of OpenAI's API: chat completions, log-probabilities, embeddings, models, errors."""

import base64
import math
import struct
from typing import Any, NamedTuple

from tests.fakes.hashing import unit
from tests.fakes.personas import Question, Reply, max_tokens_of, reply_to
from tests.fakes.script import Script, Trouble
from tests.fakes.vectors import embed

CREATED = 1_700_000_000  # a constant, so that the same request gets the same bytes
LENGTH_TOKEN = 4  # characters
MODELS = ("annotator", "namer", "judge", "judge-b", "model-30", "model-50", "model-70", "embedder")
_NO_VERDICT = "The first is better in most ways, the second in some: [A>B], or [[a>b]], and surely [[A>C]]."
_GARBAGE = ("lorem", "vel", "~~", "quip", "]]", "ssst", "0x", "umbra", "((", "nil")


class Served(NamedTuple):
    """A reply and the state that /counts files it under."""

    state: str
    body: dict[str, Any]


def count_tokens(text: str) -> int:
    """About as many as a real tokenizer finds in English."""
    return math.ceil(len(text) / LENGTH_TOKEN)


def chat_completion(body: dict[str, Any], identity: str, script: Script, trouble: Trouble | None) -> Served:
    """The chat completion that answers `body`; `trouble` may change what it says.

    Args:
        body: the request.
        identity: its hash.
        script: how judges see the world.
        trouble: of the kind that leaves the reply well-formed, or None.
    """
    question = Question.from_body(body)
    reply = _said(question, identity, script, trouble)
    limit = max_tokens_of(body) or 100_000
    if trouble is Trouble.TRUNCATED:
        limit = max(1, count_tokens(reply.text) // 2)
    text, finish_reason = _limited(reply.text, limit)
    state = "truncated" if finish_reason == "length" and not (question.is_one_token and trouble is None) else "ok"
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    match trouble:
        case Trouble.EMPTY:
            message["content"], finish_reason = "", "stop"
        case Trouble.REFUSAL:
            message |= {"content": None, "refusal": "I will not answer this."}
            finish_reason = "stop"
        case Trouble.CONTENT_FILTER:
            message["content"], finish_reason = "", "content_filter"
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": finish_reason,
        "logprobs": _logprobs(text, reply, body) if body.get("logprobs") and message["content"] else None,
    }
    return Served(trouble or state, _envelope(body, identity, choice))


def embeddings(body: dict[str, Any]) -> Served:
    """Vectors of the texts in `body`, as numbers or as base64, whichever it asks for."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    count = sum(count_tokens(text) for text in texts)
    rows = [
        {"object": "embedding", "index": at, "embedding": _encoded(embed(text), body)} for at, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": count, "total_tokens": count}
    return Served("ok", {"object": "list", "model": body["model"], "data": rows, "usage": usage})


def model_list() -> dict[str, Any]:
    """The models that /v1/models names; others answer too."""
    rows = [{"id": name, "object": "model", "created": CREATED, "owned_by": "scripted"} for name in MODELS]
    return {"object": "list", "data": rows}


def error(kind: str, message: str) -> dict[str, Any]:
    """The body of a refused request."""
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


def _envelope(body: dict[str, Any], identity: str, choice: dict[str, Any]) -> dict[str, Any]:
    asked = sum(count_tokens(str(message.get("content") or "")) + LENGTH_TOKEN for message in body["messages"])
    said = count_tokens(choice["message"]["content"] or choice["message"]["refusal"] or "")
    return {
        "id": f"chatcmpl-{identity[:24]}",
        "object": "chat.completion",
        "created": CREATED,
        "model": body["model"],
        "choices": [choice],
        "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
    }


def _said(question: Question, identity: str, script: Script, trouble: Trouble | None) -> Reply:
    match trouble:
        case Trouble.GARBAGE:
            return _garbage(identity)
        case Trouble.WRONG_VERDICT:
            return Reply(_NO_VERDICT, {"The": 0.7, "A": 0.3})
        case _:
            return reply_to(question, script)


def _limited(text: str, limit: int) -> tuple[str, str]:
    """As real servers do, a text that needs exactly the tokens allowed is reported as stopped by the limit."""
    return (text[: limit * LENGTH_TOKEN], "length") if count_tokens(text) >= limit else (text, "stop")


def _garbage(identity: str) -> Reply:
    words = [_GARBAGE[int(unit("garbage", place, identity) * len(_GARBAGE))] for place in range(12)]
    return Reply(" ".join(words), {words[0]: 0.6, words[1]: 0.3, " ": 0.1})


def _logprobs(text: str, reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """One entry a token; the likelihoods of a one-token reply, an almost certain token elsewhere."""
    count_top = int(body.get("top_logprobs") or 0)
    if reply.likelihoods is not None:
        by_likelihood = sorted(reply.likelihoods.items(), key=lambda form: -form[1])
        top = [_token(form, math.log(max(likelihood, 1e-9))) for form, likelihood in by_likelihood]
        return {"content": [{**top[0], "top_logprobs": top[:count_top]}], "refusal": None}
    pieces = [text[at : at + LENGTH_TOKEN] for at in range(0, len(text), LENGTH_TOKEN)]
    tokens = [_token(piece, -0.01) for piece in pieces]
    return {"content": [{**token, "top_logprobs": [token][:count_top]} for token in tokens], "refusal": None}


def _token(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode(errors="replace"))}


def _encoded(vector: list[float], body: dict[str, Any]) -> list[float] | str:
    if body.get("encoding_format") != "base64":
        return vector
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
