"""tests/fakes/scripted_server.py: a real server over real HTTP."""

import http.client
import json
import math
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fakes.running import ROOT, RunningServer
from tests.fakes.script import Trouble

PARENT = """
import os, subprocess, sys, time
command = [sys.executable, "-m", "tests.fakes.scripted_server", "--parent", str(os.getpid())]
child = subprocess.Popen(command, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def _chat(model: str = "model-70", prompt: str = "Why is the sky blue?", **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": prompt}], **fields}


def _post(
    server: RunningServer, body: Any, path: str = "/v1/chat/completions", *, timeout: float = 10, key: str = "none"
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the reply."""
    connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=timeout)
    try:
        connection.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def _choice(server: RunningServer, body: Any) -> dict[str, Any]:
    return json.loads(_post(server, body)[2])["choices"][0]


def test_openais_own_client_understands_it(scripted_server: RunningServer) -> None:
    """Completions, log-probabilities, embeddings in base64 and the list of models, all as the client parses them."""
    import openai

    with openai.OpenAI(base_url=scripted_server.base_url, api_key="none", max_retries=0) as client:
        said = client.chat.completions.create(
            model="annotator",
            messages=[{"role": "user", "content": "Is it clear?"}],
            max_tokens=1,
            logprobs=True,
            top_logprobs=4,
        )
        vector = client.embeddings.create(model="embedder", input=["sort a list"]).data[0].embedding
        models = [model.id for model in client.models.list()]
    logprobs = said.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert {entry.token for entry in logprobs.content[0].top_logprobs} == {"Yes", "yes", "No", "no"}
    assert said.usage is not None
    assert (said.usage.prompt_tokens, said.usage.completion_tokens) == (7, 1)
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)
    assert "judge" in models


def test_the_same_request_gets_the_same_bytes(scripted_server: RunningServer) -> None:
    """Whatever came between."""
    first = _post(scripted_server, _chat())[2]
    _post(scripted_server, _chat(prompt="Something else"))
    assert _post(scripted_server, _chat())[2] == first


def test_it_counts_models_states_tokens_and_repeated_bodies(scripted_server: RunningServer) -> None:
    """The books of the other side: what was asked, what was returned, what was paid and paid again."""
    scripted_server.fail("500", model="model-30")
    for model in ("model-70", "model-70", "model-50", "model-30"):
        _post(scripted_server, _chat(model))
    _post(scripted_server, {"model": "embedder", "input": "sort a list"}, "/v1/embeddings")
    counts = scripted_server.counts()
    assert counts.by_model == {
        "model-70": {"ok": 2},
        "model-50": {"ok": 1},
        "model-30": {"500": 1},
        "embedder": {"ok": 1},
    }
    assert (counts.count_requests, counts.count_in_flight) == (5, 0)
    assert (counts.count_repeated, counts.count_paid_again) == (1, 1)
    assert sorted(counts.bodies.values()) == [1, 1, 1, 2]
    assert counts.tokens_by_model["model-70"]["prompt_tokens"] == 2 * 9
    assert counts.count_state("ok") == 4


def test_a_test_begins_with_good_behaviour_and_no_counts(scripted_server: RunningServer) -> None:
    """Whatever the test before it did."""
    assert scripted_server.counts().count_requests == 0
    assert scripted_server.script()["rules"] == []


@pytest.mark.parametrize("status", ["400", "401", "404", "429", "500", "502", "503"])
def test_a_status_comes_with_an_error_body(scripted_server: RunningServer, status: str) -> None:
    """In OpenAI's shape."""
    scripted_server.fail(status)
    code, _, body = _post(scripted_server, _chat())
    assert code == int(status)
    assert json.loads(body)["error"]["message"]


@pytest.mark.parametrize(("seconds", "header"), [(1.5, "1.5"), (2, "2"), (None, None)])
def test_retry_after_is_sent_when_it_is_asked_for(
    scripted_server: RunningServer, seconds: float | None, header: str | None
) -> None:
    """With and without, because clients must cope with both."""
    scripted_server.fail("429", retry_after_seconds=seconds)
    assert _post(scripted_server, _chat())[1].get("Retry-After") == header


@pytest.mark.parametrize(
    ("trouble", "finish_reason", "content"),
    [("empty", "stop", ""), ("content_filter", "content_filter", ""), ("refusal", "stop", None)],
)
def test_a_reply_can_hold_no_text(
    scripted_server: RunningServer, trouble: str, finish_reason: str, content: str | None
) -> None:
    """Empty, filtered, or refused in the field of its own."""
    scripted_server.fail(trouble)
    choice = _choice(scripted_server, _chat())
    assert (choice["finish_reason"], choice["message"]["content"]) == (finish_reason, content)
    assert bool(choice["message"]["refusal"]) == (trouble == "refusal")


def test_a_truncated_reply_is_the_beginning_of_the_good_one(scripted_server: RunningServer) -> None:
    """Whether told to, or by too small a limit; both are counted as truncated."""
    whole = _choice(scripted_server, _chat())["message"]["content"]
    limited = _choice(scripted_server, _chat(max_tokens=5))
    scripted_server.fail("truncated")
    cut = _choice(scripted_server, _chat())
    for choice in (limited, cut):
        assert choice["finish_reason"] == "length"
        assert whole.startswith(choice["message"]["content"])
        assert len(choice["message"]["content"]) < len(whole)
    assert scripted_server.counts().by_model["model-70"] == {"ok": 1, "truncated": 2}


def test_garbage_is_well_formed_and_says_nothing(scripted_server: RunningServer) -> None:
    """Status 200, finish_reason stop, and a text that holds no verdict."""
    scripted_server.fail("garbage")
    choice = _choice(scripted_server, _chat("judge"))
    assert choice["finish_reason"] == "stop"
    assert "[[" not in choice["message"]["content"]


def test_an_unreadable_body_is_not_json(scripted_server: RunningServer) -> None:
    """Although status and content type say so."""
    scripted_server.fail("unreadable")
    status, _, body = _post(scripted_server, _chat())
    assert status == 200
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(body)


@pytest.mark.parametrize(
    ("trouble", "failure"),
    [("dead", ConnectionError), ("cut", http.client.IncompleteRead), ("stall", TimeoutError)],
)
def test_the_connection_can_fail(scripted_server: RunningServer, trouble: str, failure: type[Exception]) -> None:
    """Closed without a word, closed in the middle of the body, or silent; the next request is served again."""
    scripted_server.fail(trouble, times=1)
    with pytest.raises(failure):
        _post(scripted_server, _chat(), timeout=0.5)
    assert _post(scripted_server, _chat())[0] == 200


def test_every_trouble_is_counted_under_its_name(scripted_server: RunningServer) -> None:
    """And costs money only where a completion with its usage came back."""
    paid = {"truncated", "refusal", "content_filter", "empty", "garbage", "wrong_verdict"}
    quick = [trouble for trouble in Trouble if trouble is not Trouble.STALL]
    for trouble in quick:
        scripted_server.script(rules=[{"trouble": trouble}])
        try:
            _post(scripted_server, _chat(prompt=trouble))
        except (ConnectionError, http.client.HTTPException):
            assert trouble in {"dead", "cut"}
    counts = scripted_server.counts()
    assert counts.by_model == {"model-70": {str(trouble): 1 for trouble in quick}}
    assert sum(counts.bodies_paid.values()) == len(paid)


def test_a_model_can_die_after_some_calls_while_others_live(scripted_server: RunningServer) -> None:
    """`after` counts that model's calls alone, and an added rule leaves it in force with what it has counted."""
    scripted_server.fail("503", model="model-70", after=2)
    statuses = [_post(scripted_server, _chat(model))[0] for model in ("model-50", "model-70", "model-70")]
    scripted_server.fail("500", model="judge")
    statuses += [_post(scripted_server, _chat(model))[0] for model in ("model-70", "model-50", "judge")]
    assert statuses == [200, 200, 200, 503, 200, 500]


def test_latency_is_kept_and_requests_overlap(scripted_server: RunningServer) -> None:
    """Sixteen requests of 0.3 s at once take far less than one after the other; the most in flight is counted."""
    scripted_server.script(latency_seconds=0.3)
    started = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: _post(scripted_server, _chat(prompt=str(number))), range(16)))
    assert 0.3 <= time.monotonic() - started < 16 * 0.3
    assert scripted_server.counts().max_in_flight > 1


def test_a_wrong_key_is_refused_and_repeated_in_the_error(scripted_server: RunningServer) -> None:
    """As providers do, which is why our errors are scrubbed."""
    scripted_server.script(required_key="right")
    status, _, body = _post(scripted_server, _chat(), key="wrong-key-123")
    assert (status, _post(scripted_server, _chat(), key="right")[0]) == (401, 200)
    assert b"wrong-key-123" in body


@pytest.mark.parametrize("changes", [{"latency": 1}, {"rules": [{"trouble": "toothache"}]}, {"add_rules": 3}])
def test_a_script_it_does_not_understand_changes_nothing(
    scripted_server: RunningServer, changes: dict[str, Any]
) -> None:
    """The test that sent it fails at once."""
    before = scripted_server.script()
    with pytest.raises(ValueError, match=r"error|iterable"):
        scripted_server.script(**changes)
    assert scripted_server.script() == before


@pytest.mark.parametrize(
    "body", ["no object", {"messages": []}, {"model": "model-70"}, {"model": "m", "messages": "x"}]
)
def test_a_request_that_is_none_gets_a_400(scripted_server: RunningServer, body: Any) -> None:
    """And the server lives on."""
    assert _post(scripted_server, body)[0] == 400
    assert _post(scripted_server, _chat())[0] == 200


def test_a_stopped_server_refuses_and_comes_back_on_its_port(scripted_server: RunningServer) -> None:
    """So that a test can let an endpoint go down and up under a client that holds its address."""
    base_url = scripted_server.base_url
    scripted_server.stop()
    with pytest.raises(ConnectionRefusedError):
        _post(scripted_server, _chat())
    scripted_server.start()
    assert scripted_server.base_url == base_url
    assert _post(scripted_server, _chat())[0] == 200


def test_it_ends_when_its_parent_is_killed() -> None:
    """Nothing stays behind of a test run that was killed."""
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while _is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_by_hand_it_takes_a_script_and_prints_where_it_listens() -> None:
    """One line of JSON, nothing else; a wrong script is said on the way out."""
    command = [sys.executable, "-m", "tests.fakes.scripted_server", "--port", "0", "--script"]
    with subprocess.Popen([*command, '{"seed": 3}'], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = json.loads(server.stdout.readline())
        server.terminate()
        assert list(line) == ["base_url"]
        assert server.stdout.read() == ""
    wrong = subprocess.run([*command, '{"sed": 3}'], cwd=ROOT, capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "sed" in wrong.stderr


def test_it_numbers_its_requests(scripted_server: RunningServer) -> None:
    """On command the tokens of a reply are the place of its request among all arrivals, counted from 1."""
    scripted_server.script(is_numbering=True)
    bodies = [_chat(prompt=prompt) for prompt in ("Why?", "How?", "Why?")]
    numbers = [json.loads(_post(scripted_server, body)[2])["usage"]["prompt_tokens"] for body in bodies]
    arrivals = scripted_server.arrivals()
    assert numbers == [1, 2, 3]
    assert arrivals[0] == arrivals[2] != arrivals[1]
    assert set(arrivals) == scripted_server.counts().bodies.keys()
