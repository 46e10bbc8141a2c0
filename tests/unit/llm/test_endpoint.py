"""An endpoint tries again what passes, and says of the rest what it is, against a real server on loopback."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request as Received
from werkzeug import Response

from benchbuilder.errors import EndpointError, EndpointOutError
from benchbuilder.llm.endpoint import Endpoint
from benchbuilder.llm.limits import Limits, StoppedError, shared_turnstile
from benchbuilder.llm.requests import Reply, Request
from tests.fakes.running import RunningServer

SAMPLING: dict[str, Any] = {"served_model": "model-70", "temperature": 0.0, "max_tokens": 500}
QUESTION = Request("answer", "model-70", "", {"prompt": "Why is the sky blue?"}, SAMPLING)
TEXTS = Request("embed", "e", "", {"0": "one", "1": "two"}, {"served_model": "embedder", "max_input_tokens": 8})
SECRET = "sk-planted-0123456789"


def ask(server: RunningServer | str, *requests: Request, **limits: Any) -> list[Reply]:
    """The replies, asked one after the other by one client."""

    async def ask_all() -> list[Reply]:
        base_url = server if isinstance(server, str) else server.base_url
        endpoint = Endpoint("loopback", base_url, SecretStr(SECRET), Limits(**limits))
        try:
            return [await endpoint.ask(request) for request in requests]
        finally:
            await endpoint.close()

    return asyncio.run(ask_all())


def test_chat_and_embeddings_are_answered(scripted_server: RunningServer) -> None:
    """A text with its tokens; a vector per text."""
    answer, vectors = ask(scripted_server, QUESTION, TEXTS)
    assert answer.state == "ok"
    assert "skill 70" in (answer.text or "")
    assert (answer.count_tokens_in or 0) > 0
    assert [len(vector) for vector in vectors.vectors] == [384, 384]


@pytest.mark.parametrize("trouble", ["429", "500", "502", "503", "dead", "cut"])
def test_passing_trouble_is_waited_out(scripted_server: RunningServer, trouble: str) -> None:
    """The call that failed once is answered the next time, as one reply."""
    scripted_server.fail(trouble, times=1)
    assert ask(scripted_server, QUESTION)[0].state == "ok"
    assert scripted_server.counts().count_requests == 2


def test_retry_after_is_honoured_by_the_whole_endpoint(scripted_server: RunningServer) -> None:
    """After one 429 no call goes out before the time that the server asked for."""
    scripted_server.fail("429", times=1, retry_after_seconds=1)
    started = time.monotonic()
    assert [reply.state for reply in ask(scripted_server, QUESTION, TEXTS)] == ["ok", "ok"]
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    ("trouble", "state", "reason"),
    [
        ("unreadable", "api_error", "unreadable_body"),
        ("empty", "api_error", "empty"),
        ("truncated", "truncated", "length"),
        ("refusal", "refused", "refusal"),
        ("content_filter", "refused", "content_filter"),
        ("400", "api_error", "BadRequestError 400"),
    ],
)
def test_what_does_not_pass_is_a_state(scripted_server: RunningServer, trouble: str, state: str, reason: str) -> None:
    """It is asked once, and told by its reason."""
    scripted_server.fail(trouble)
    reply = ask(scripted_server, QUESTION)[0]
    assert (reply.state, reply.reason) == (state, reason)
    assert scripted_server.counts().count_requests == 1


@pytest.mark.parametrize("trouble", ["401", "404"])
def test_what_no_call_can_pass_ends_the_endpoint(scripted_server: RunningServer, trouble: str) -> None:
    """A wrong key or an unknown model raises, without the provider's own text, in which keys leak."""
    scripted_server.fail(trouble)
    with pytest.raises(EndpointError, match="endpoint loopback") as caught:
        ask(scripted_server, QUESTION)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "told", "least"),
    [
        (429, "0.9", 0.9),
        (503, "0.9", 0.9),
        (503, format_datetime(datetime.now(UTC) + timedelta(days=-1), usegmt=True), 0.0),
        (503, None, 0.5),  # a date that is one to two seconds ahead when the server says it
        (503, "soon", 0.25),
        (503, "nan", 0.25),
    ],
)
def test_retry_after_is_honoured(httpserver: HTTPServer, status: int, told: str | None, least: float) -> None:
    """Seconds or a date, on 429 and on 5xx; what nobody can read is none, and then there is a pause of our own."""
    good = {"choices": [{"message": {"content": "four"}, "finish_reason": "stop"}]}
    where = "/v1/chat/completions"
    told = told or format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    httpserver.expect_oneshot_request(where).respond_with_json({}, status, {"Retry-After": told})
    httpserver.expect_oneshot_request(where).respond_with_json(good)

    async def run() -> float:
        endpoint = Endpoint("loopback", httpserver.url_for("/v1"), None, Limits())
        started = time.monotonic()
        assert (await endpoint.ask(QUESTION)).state == "ok"
        await endpoint.close()
        return time.monotonic() - started

    assert asyncio.run(run()) >= least


def test_a_pause_of_a_day_ends_the_endpoint(scripted_server: RunningServer) -> None:
    """A spent quota of a day is told at once; nobody sleeps through it."""
    scripted_server.fail("429", retry_after_seconds=86_400)
    with pytest.raises(EndpointOutError, match="wants a pause of 86,400 s"):
        ask(scripted_server, QUESTION)


def test_retry_after_zero_is_no_leave_to_hammer(scripted_server: RunningServer) -> None:
    """Our own pauses are the least, and grow."""
    scripted_server.fail("429", retry_after_seconds=0)
    with pytest.raises(EndpointOutError):
        ask(scripted_server, QUESTION, deadline_seconds=2)
    assert scripted_server.counts().count_requests <= 4


def test_a_reply_that_trickles_ends_with_the_timeout_of_its_try(httpserver: HTTPServer) -> None:
    """A blank now and then keeps no call alive."""

    def trickle(_: Received) -> Response:
        return Response((time.sleep(0.1) or b" " for _ in range(40)), content_type="application/json")

    httpserver.expect_request("/v1/chat/completions").respond_with_handler(trickle)

    async def run() -> Reply:
        endpoint = Endpoint("l", httpserver.url_for("/v1"), None, Limits(timeout_seconds=0.4, deadline_seconds=0.5))
        try:
            return await endpoint.ask(QUESTION)
        finally:
            await endpoint.close()

    reply = asyncio.run(run())
    assert (reply.state, reply.reason) == ("api_error", "TimeoutError")


async def answer_with(writer: asyncio.StreamWriter, reader: asyncio.StreamReader, answer: bytes) -> None:
    """One response, whatever it is, behind the head of a request that is told back to who sent it."""
    head = await reader.readuntil(b"\r\n\r\n")
    key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"authorization"))
    writer.write(answer.replace(b"KEY", key))
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-You-Sent <KEY>\r\n\r\n{}",
        b"KEY\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: KEY\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"KEY" * 9000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nKEY\r\n",
    ],
)
def test_what_is_no_http_is_an_api_error_that_quotes_nothing(answer: bytes) -> None:
    """The transport would quote the bytes that it could not read, and a hostile server sends our key in them."""

    async def run() -> Reply:
        server = await asyncio.start_server(lambda r, w: answer_with(w, r, answer), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        limits = Limits(timeout_seconds=2, deadline_seconds=0.1)
        endpoint = Endpoint("l", f"http://127.0.0.1:{port}/v1", SecretStr(SECRET), limits)
        try:
            return await endpoint.ask(QUESTION)
        finally:
            await endpoint.close()
            server.close()

    told = ""
    try:
        told = str(asyncio.run(run()))
    except EndpointOutError as error:
        told = str(error)
    assert "api_error" in told or "nobody answered" in told
    assert SECRET not in told


def test_forbidden_for_one_prompt_is_the_end_of_that_call_alone(scripted_server: RunningServer) -> None:
    """As moderation answers; of several in a row it is said of the model."""
    scripted_server.fail("403", times=4)
    replies = ask(scripted_server, *[QUESTION] * 6)
    assert [reply.state for reply in replies] == ["api_error"] * 4 + ["ok"] * 2
    scripted_server.fail("403")
    with pytest.raises(EndpointError, match="PermissionDeniedError 403"):
        ask(scripted_server, *[QUESTION] * 6)


@pytest.mark.parametrize("trouble", ["503", "stall"])
def test_an_endpoint_that_only_fails_is_out_after_a_few_calls(scripted_server: RunningServer, trouble: str) -> None:
    """Dead behind its gateway, or silent: the fifth call in a row says so, for ten thousand would take days."""
    scripted_server.fail(trouble)

    async def run() -> list[Reply]:
        limits = Limits(timeout_seconds=0.2, deadline_seconds=0.3)
        endpoint = Endpoint("loopback", scripted_server.base_url, None, limits)
        try:
            replies = [await endpoint.ask(QUESTION) for _ in range(4)]
            with pytest.raises(EndpointOutError):
                await endpoint.ask(QUESTION)
            return replies
        finally:
            await endpoint.close()

    assert [reply.state for reply in asyncio.run(run())] == ["api_error"] * 4


def test_a_content_filter_that_answers_with_an_error_is_a_refusal(httpserver: HTTPServer) -> None:
    """As Azure's does."""
    error = {"error": {"code": "content_filter", "message": "no"}}
    httpserver.expect_request("/v1/chat/completions").respond_with_json(error, 400)
    (reply,) = ask(httpserver.url_for("/v1"), QUESTION)
    assert (reply.state, reply.reason) == ("refused", "content_filter")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(httpserver: HTTPServer, status: int) -> None:
    """A prompt goes to whom the settings name."""
    elsewhere = httpserver.url_for("/elsewhere")
    httpserver.expect_request("/v1/chat/completions").respond_with_data("", status, {"Location": elsewhere})
    (reply,) = ask(httpserver.url_for("/v1"), QUESTION)
    assert reply.state == "api_error"
    assert len(httpserver.log) == 1


def test_no_try_begins_once_the_batch_is_stopping(scripted_server: RunningServer) -> None:
    """A call that waits for its next try gives up, instead of waiting out a minute for nothing."""
    scripted_server.fail("503")

    async def run() -> None:
        endpoint = Endpoint("loopback", scripted_server.base_url, None, Limits())
        stopping = asyncio.Event()
        asking = asyncio.create_task(endpoint.ask(QUESTION, stopping))
        await asyncio.sleep(0.2)
        stopping.set()
        try:
            await asking
        finally:
            await endpoint.close()

    with pytest.raises(StoppedError):
        asyncio.run(run())
    assert scripted_server.counts().count_requests == 1


def test_a_dead_endpoint_is_out_past_its_deadline(scripted_server: RunningServer) -> None:
    """Nobody answers: it is given up, as trouble that may pass."""
    scripted_server.stop()
    with pytest.raises(EndpointOutError, match="nobody answered"):
        ask(scripted_server, QUESTION, deadline_seconds=1)


def test_a_stalled_call_ends_with_its_timeout(scripted_server: RunningServer) -> None:
    """The next try is answered."""
    scripted_server.fail("stall", times=1)
    assert ask(scripted_server, QUESTION, timeout_seconds=0.5)[0].state == "ok"


def test_long_texts_are_cut_for_the_embedder(scripted_server: RunningServer) -> None:
    """Two texts that differ only behind the cut have one vector."""
    long = "word " * 100
    texts = {"0": long, "1": long + "more"}
    first, second = ask(scripted_server, Request("embed", "e", "", texts, TEXTS.sampling))[0].vectors
    assert first == second


@pytest.mark.parametrize("trouble", ["429", "503"])
def test_trouble_that_outlasts_the_deadline(scripted_server: RunningServer, trouble: str) -> None:
    """A spent quota is nobody's fault but the endpoint's, which counts as out; a 5xx may be the call's own fault."""
    scripted_server.fail(trouble)
    if trouble == "429":
        with pytest.raises(EndpointOutError, match=r"nobody answered for 0\.6 s"):
            ask(scripted_server, QUESTION, deadline_seconds=0.6)
    else:
        (reply,) = ask(scripted_server, QUESTION, deadline_seconds=0.6)
        assert (reply.state, reply.reason) == ("api_error", "InternalServerError 503")


@pytest.mark.parametrize("trouble", ["cut", "dead", "429"])
def test_a_call_that_fails_alone_does_not_end_the_endpoint(scripted_server: RunningServer, trouble: str) -> None:
    """A prompt that its server dies of, or that is larger than the quota, costs itself; the others are answered."""

    async def run() -> tuple[Reply, list[Reply]]:
        endpoint = Endpoint("loopback", scripted_server.base_url, None, Limits(deadline_seconds=1.5))

        async def ask_others() -> list[Reply]:
            replies = []
            while not alone.done():
                replies.append(await endpoint.ask(QUESTION))
                await asyncio.sleep(0.05)
            return replies

        try:
            alone = asyncio.create_task(endpoint.ask(replace(QUESTION, sampling={"served_model": "too-much"})))
            others = await ask_others()
            return await alone, others
        finally:
            await endpoint.close()

    scripted_server.fail(trouble, model="too-much", retry_after_seconds=0.1)
    reply, others = asyncio.run(run())
    assert reply.state == "api_error"
    assert {other.state for other in others} == {"ok"}


def test_a_call_that_is_limited_alone_does_not_stop_the_others(scripted_server: RunningServer) -> None:
    """Its own pauses grow, those of the others do not, as long as they are answered."""
    scripted_server.fail("429", model="too-much")

    async def run() -> float:
        endpoint = Endpoint("loopback", scripted_server.base_url, None, Limits(deadline_seconds=60))
        await endpoint.ask(QUESTION)
        alone = asyncio.create_task(endpoint.ask(replace(QUESTION, sampling={"served_model": "too-much"})))
        longest, until = 0.0, time.monotonic() + 4
        try:
            while (started := time.monotonic()) < until:
                assert (await endpoint.ask(QUESTION)).state == "ok"
                longest = max(longest, time.monotonic() - started)
                await asyncio.sleep(0.05)
        finally:
            alone.cancel()
            await endpoint.close()
        return longest

    assert asyncio.run(run()) < 0.9


def test_a_reply_that_always_breaks_off_is_at_fault_itself(scripted_server: RunningServer) -> None:
    """Somebody began to answer, so the endpoint is there, even where nothing else is asked."""
    scripted_server.fail("cut")
    (reply,) = ask(scripted_server, QUESTION, deadline_seconds=0.6)
    assert (reply.state, reply.reason) == ("api_error", "ContentLengthError")


def test_waiting_for_the_first_turn_is_no_trouble(scripted_server: RunningServer) -> None:
    """The deadline counts from the first try, so a crowded endpoint still has its second one."""

    async def run() -> Reply:
        limits = Limits(deadline_seconds=0.8)
        endpoint = Endpoint("loopback", scripted_server.base_url, None, limits)
        shared_turnstile(scripted_server.base_url, limits).pause(0.9)
        try:
            return await endpoint.ask(QUESTION)
        finally:
            await endpoint.close()

    scripted_server.fail("500", times=1)
    assert asyncio.run(run()).state == "ok"


@pytest.mark.parametrize("body", ["<html>welcome</html>", "{}", "[1]", '{"data": 3}', '{"data": ['])
def test_who_lists_no_models_is_no_endpoint(httpserver: HTTPServer, body: str) -> None:
    """A page, or JSON of another kind, under the address of a server that is up."""

    async def count() -> int:
        endpoint = Endpoint("loopback", httpserver.url_for("/v1"), None, Limits())
        try:
            return await endpoint.count_models()
        finally:
            await endpoint.close()

    httpserver.expect_request("/v1/models").respond_with_data(body, content_type="text/html")
    with pytest.raises(EndpointError, match="endpoint loopback: what answers is no OpenAI-compatible server"):
        asyncio.run(count())
