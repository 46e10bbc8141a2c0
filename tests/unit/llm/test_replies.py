"""The body of a response becomes a state, whatever the endpoint sends."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.llm.replies import read_chat, read_embeddings


def body(content: object = "Hello", finish_reason: str = "stop", **message: object) -> bytes:
    """A chat completion as endpoints send it."""
    choice = {"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish_reason}
    return orjson.dumps({"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}})


def test_a_plain_answer_is_ok() -> None:
    """Text, tokens and finish reason are taken over."""
    reply = read_chat(body())
    assert (reply.state, reply.text, reply.count_tokens_in, reply.count_tokens_out) == ("ok", "Hello", 7, 3)


@pytest.mark.parametrize(
    ("content", "finish_reason", "state", "reason"),
    [
        ("half a sent", "length", "truncated", "length"),
        ("", "length", "truncated", "length"),
        ("", "stop", "api_error", "empty"),
        ("   \n", "stop", "api_error", "empty"),
        (None, "stop", "api_error", "empty"),
        (None, "content_filter", "refused", "content_filter"),
    ],
)
def test_each_end_has_its_state(content: str | None, finish_reason: str, state: str, reason: str) -> None:
    """What came without an answer is never ok, and says why."""
    reply = read_chat(body(content, finish_reason))
    assert (reply.state, reply.reason) == (state, reason)


def test_a_refusal_is_refused() -> None:
    """A refusal in its own field counts, whatever the text is."""
    assert read_chat(body(None, refusal="I cannot help with that")).state == "refused"


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"{}", b'{"choices": []}', b'{"choices": [{}]}', b"[1, 2]", b"null"]
)
def test_an_unreadable_body_is_an_api_error(content: bytes) -> None:
    """Neither an exception nor an answer."""
    assert (read_chat(content).state, read_chat(content).reason) == ("api_error", "unreadable_body")
    assert read_embeddings(content, 1).state == "api_error"


@given(st.binary(max_size=60))
def test_no_body_raises(content: bytes) -> None:
    """Whatever bytes come, the result is a state."""
    assert read_chat(content).state == "api_error"
    assert read_embeddings(content, 2).state == "api_error"


def test_thinking_is_kept_apart() -> None:
    """In a field of its own or at the head of the text, thinking is no part of the answer."""
    assert read_chat(body("42", reasoning_content="hm")).thinking == "hm"
    reply = read_chat(body("<think>six times seven</think>\n42"))
    assert (reply.text, reply.thinking) == ("42", "six times seven")


def test_an_answer_that_the_thinking_ate_is_truncated() -> None:
    """The tokens ran out before the answer began."""
    reply = read_chat(body("<think>and then", "length"))
    assert (reply.state, reply.text, reply.thinking) == ("truncated", None, "and then")


def test_log_probabilities_of_the_first_token_are_ok_at_one_token() -> None:
    """A reading that stops at its one token is ok; of equal tokens the likelier one counts."""
    told = ((" Yes", -0.2), ("No", -2.0), ("No", -3.0))
    alternatives = [{"token": token, "logprob": logprob} for token, logprob in told]
    choice = {"message": {"content": " Yes"}, "finish_reason": "length"}
    choice["logprobs"] = {"content": [{"token": " Yes", "logprob": -0.2, "top_logprobs": alternatives}]}
    body = orjson.dumps({"choices": [choice]})
    reply = read_chat(body, is_read_by_logprobs=True)
    assert (reply.state, reply.logprobs) == ("ok", {" Yes": -0.2, "No": -2.0})
    unasked = read_chat(body)
    assert (unasked.state, unasked.logprobs) == ("truncated", None)


@pytest.mark.parametrize(
    ("told", "kept"), [("nan", {}), ("inf", {}), ("-inf", {"x": -9999.0}), (-1e300, {"x": -9999.0}), (-1, {"x": -1.0})]
)
def test_log_probabilities_can_be_stored_and_read_again(told: object, kept: dict[str, float]) -> None:
    """JSON knows neither infinities nor nan."""
    first = {"token": "x", "logprob": -1, "top_logprobs": [{"token": "x", "logprob": told}]}
    choice = {"message": {"content": "x"}, "finish_reason": "stop", "logprobs": {"content": [first]}}
    assert (read_chat(orjson.dumps({"choices": [choice]}), is_read_by_logprobs=True).logprobs or {}) == kept


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "for"}, {"type": "image_url"}, {"type": "text", "text": "ty"}], "forty"),
        ("six times seven\n</think>\n\nforty", "forty"),
        ("A tag such as </think> ends it.", "A tag such as </think> ends it."),
        ("for\x00ty", "forty"),
    ],
)
def test_an_answer_is_found_in_what_servers_make_of_it(content: object, text: str) -> None:
    """Parts, thinking without its beginning, characters that no store takes."""
    reply = read_chat(body(content))
    assert (reply.state, reply.text) == ("ok", text)


@pytest.mark.parametrize("logit", ["-Infinity", "NaN"])
def test_what_is_not_quite_json_is_read(logit: str) -> None:
    """Python's own writer makes such bodies; half of a surrogate pair is what a cut emoji leaves."""
    sent = '{"x": LOGIT, "choices": [{"message": {"content": "four\\ud83d"}, "finish_reason": "stop"}]}'
    reply = read_chat(sent.replace("LOGIT", logit).encode())
    assert (reply.state, reply.text) == ("ok", "four\ufffd")


def test_what_was_billed_is_on_a_failed_reply_too() -> None:
    """It was paid, whatever came."""
    usage = {"prompt_tokens": 7.0, "completion_tokens": 3}
    reply = read_chat(orjson.dumps({"choices": [], "usage": usage}))
    assert (reply.state, reply.count_tokens_in, reply.count_tokens_out) == ("api_error", 7, 3)
    reply = read_embeddings(orjson.dumps({"data": [], "usage": usage}), 1)
    assert (reply.state, reply.count_tokens_in) == ("api_error", 7)


@pytest.mark.parametrize(
    "rows", [[], [[1.0, 0.0]], [[1.0], [1.0, 2.0]], [[0.0, 0.0], [1.0, 0.0]], [["x", 1.0], [1.0, 2.0]]]
)
def test_wrong_vectors_are_an_api_error(rows: list[list[object]]) -> None:
    """Too few, of two lengths, all zero, or no numbers."""
    sent = {"data": [{"index": place, "embedding": row} for place, row in enumerate(rows)]}
    assert read_embeddings(orjson.dumps(sent), 2).state == "api_error"


def test_vectors_come_in_the_order_of_their_index() -> None:
    """Whatever order the server sends them in."""
    sent = {"data": [{"index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.0]}]}
    assert read_embeddings(orjson.dumps(sent), 2).vectors == ((1.0, 0.0), (0.0, 1.0))


@pytest.mark.parametrize(
    "usage",
    [
        "much",
        7,
        ["x"],
        {"prompt_tokens": "7"},
        {"prompt_tokens": -1},
        {"prompt_tokens": 2**62},
        {"prompt_tokens": 1.5},
        {},
        None,
    ],
)
def test_a_strange_bill_costs_neither_reply_nor_batch(usage: object) -> None:
    """What is no count is not on record; the answer is."""
    choice = {"message": {"content": "Hello"}, "finish_reason": {"why": "stop"}}
    reply = read_chat(orjson.dumps({"choices": [choice], "usage": usage}))
    assert (reply.state, reply.text) == ("ok", "Hello")
    assert (reply.count_tokens_in, reply.count_tokens_out, reply.finish_reason) == (None, None, None)
    vectors = read_embeddings(orjson.dumps({"data": [{"index": 0, "embedding": [1.0]}], "usage": usage}), 1)
    assert (vectors.state, vectors.count_tokens_in) == ("ok", None)


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_vectors_that_are_not_finite_are_an_api_error(number: str) -> None:
    """They would spoil every neighbourhood that they are compared in."""
    body = orjson.dumps({"data": [{"index": 0, "embedding": [1.0, number]}]})
    assert read_embeddings(body, 1).reason == "wrong_vectors"
