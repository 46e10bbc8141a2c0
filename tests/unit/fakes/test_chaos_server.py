"""tests/fakes/chaos.py and chaos_server.py: how much goes wrong, and what must be on record of it."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fakes.chaos import ON_RECORD, PASSING, Chaos, OnRecord, attempts_told, count_attempts_told
from tests.fakes.running import ROOT, RunningServer
from tests.fakes.script import Rule, RuleInForce, Trouble

COMMAND = [sys.executable, "-m", "tests.fakes.chaos_server"]


def _fates(chaos: Chaos, count: int = 20_000) -> dict[tuple[str, float | None], int]:
    """What the rules make of so many different requests: trouble and Retry-After → how often."""
    rules = [RuleInForce(Rule.model_validate(rule), seed=3) for rule in chaos.rules()]
    found: dict[tuple[str, float | None], int] = {}
    for body in map(str, range(count)):
        struck = next((each.rule for each in rules if each.strikes("judge", "chat", body, 0)), None)
        if struck is not None:
            key = (struck.trouble.value, struck.retry_after_seconds)
            found[key] = found.get(key, 0) + 1
    return found


@contextmanager
def _by_hand(*options: str) -> Iterator[str]:
    """A server started from the command line; its base_url."""
    with subprocess.Popen([*COMMAND, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["base_url"]
        server.terminate()


def _request(
    base_url: str, method: str, path: str, body: Any = None, timeout: float = 10
) -> tuple[int, str | None, bytes]:
    """Status, Retry-After and body of the reply."""
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        return response.status, response.getheader("Retry-After"), response.read()
    finally:
        connection.close()


def _ask(base_url: str, number: int, timeout: float = 10) -> tuple[int, str | None, bytes]:
    body = {"model": "judge", "messages": [{"role": "user", "content": f"question {number}"}]}
    return _request(base_url, "POST", "/v1/chat/completions", body, timeout)


def test_each_trouble_has_its_share_of_all_requests() -> None:
    """Not of what the rules before it leave; 429 with and without Retry-After strike different requests."""
    chaos = Chaos(
        {Trouble.RATE_LIMITED: 0.4, Trouble.EMPTY: 0.3, Trouble.STALL: 0.2}, share_told=0.25, retry_after_seconds=2
    )
    fates = {key: count / 20_000 for key, count in _fates(chaos).items()}
    expected = {("429", 2.0): 0.1, ("429", None): 0.3, ("empty", None): 0.3, ("stall", None): 0.2}
    assert fates == pytest.approx(expected, abs=0.012)


def test_probabilities_that_make_one_leave_nothing_unharmed() -> None:
    """And a share of nothing is no rule."""
    chaos = Chaos({Trouble.EMPTY: 0.5, Trouble.GARBAGE: 0.5, Trouble.CUT: 0.0})
    assert sum(_fates(chaos, 500).values()) == 500
    assert len(chaos.rules()) == 2


@pytest.mark.parametrize("shares", [{Trouble.EMPTY: 0.6, Trouble.CUT: 0.6}, {Trouble.EMPTY: -0.1}, {Trouble.CUT: 2.0}])
def test_what_is_no_probability_is_refused(shares: dict[Trouble, float]) -> None:
    """A benchmark under another chaos than it says would claim too much."""
    with pytest.raises(ValueError, match="probabilit"):
        Chaos(shares)


def test_every_trouble_is_an_attempt_or_passes_or_ends_the_endpoint() -> None:
    """Nobody adds a trouble and forgets what must be on record of it."""
    ends_the_endpoint = {Trouble.BAD_KEY, Trouble.NOT_FOUND}
    assert PASSING | ends_the_endpoint | (ON_RECORD.keys() - {"ok"}) == set(Trouble)
    assert not PASSING & ON_RECORD.keys()


def test_what_passes_is_no_attempt() -> None:
    """A request that was limited, then read as nothing, then cut off, then answered has two attempts on record."""
    states = ["429", "unreadable", "cut", "garbage"]
    assert attempts_told(states) == [OnRecord("api_error", "unreadable_body"), OnRecord("ok")]
    assert count_attempts_told({"one": states, "two": ["ok"]}) == {
        (0, "api_error", "unreadable_body"): 1,
        (1, "ok", None): 1,
        (0, "ok", None): 1,
    }


def test_by_hand_it_does_what_the_command_line_says_and_counts_it() -> None:
    """By request and by trouble; another start with the same seed strikes the same requests, another seed others."""
    options = ["--rate-429", "0.3", "--rate-wrong-shape", "0.3", "--share-told", "0.5", "--retry-after-seconds", "7"]
    told = []
    for seed in ("4", "4", "5"):
        with _by_hand("--seed", seed, *options) as base_url:
            replies = [_ask(base_url, number) for number in range(40)]
            told.append([(status, retry_after) for status, retry_after, _ in replies])
            counts = json.loads(_request(base_url, "GET", "/counts")[2])
    assert told[0] == told[1] != told[2]
    assert {(429, "7"), (429, None), (200, None)} == set(told[2])
    count_limited = sum(status == 429 for status, _ in told[2])
    assert counts["by_model"]["judge"]["429"] == count_limited
    assert counts["count_requests"] == len(counts["states_by_body"]) == 40
    assert sum(counts["bodies_paid"].values()) == counts["by_model"]["judge"]["ok"]


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--rate-empty", "0.7", "--rate-cut", "0.7"], "probabilities"), (["--rate-toothache", "1"], "")],
)
def test_a_wrong_command_line_is_said_on_the_way_out(options: list[str], word: str) -> None:
    """No server runs under another chaos than was meant."""
    finished = subprocess.run([*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode in {1, 2}
    assert word in finished.stderr


def test_chaos_can_be_commanded_and_taken_back(scripted_server: RunningServer) -> None:
    """On a server that runs; what each body got is told in its order."""
    scripted_server.script(rules=Chaos({Trouble.PAGE: 1.0}).rules())
    assert b"<!doctype html>" in _ask(scripted_server.base_url, 1)[2]
    scripted_server.script(rules=Chaos({Trouble.WRONG_VERDICT: 1.0}).rules())
    assert b"[[A>C]]" in _ask(scripted_server.base_url, 1)[2]
    scripted_server.script(rules=[])
    _ask(scripted_server.base_url, 1)
    assert list(scripted_server.counts().states_by_body.values()) == [["page", "wrong_verdict", "ok"]]


def test_a_stall_ends_when_the_client_hangs_up(scripted_server: RunningServer) -> None:
    """Then it is counted, and is in flight no longer."""
    scripted_server.fail(Trouble.STALL)
    with pytest.raises(TimeoutError):
        _ask(scripted_server.base_url, 1, timeout=0.2)
    deadline = time.monotonic() + 5
    while scripted_server.counts().count_in_flight and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(scripted_server.counts().states_by_body.values()) == [["stall"]]
