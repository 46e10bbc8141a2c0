"""The scripted server as a test holds it: a process of its own that ends with the test run."""

import http.client
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.fakes.script import Trouble

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What the server was asked for and what it returned.

    Attributes:
        count_requests: all that came in for a model.
        count_in_flight: those that have no reply yet.
        max_in_flight: the most at one time.
        by_model: model → state → how often; "ok", or the trouble's name.
        tokens_by_model: model → prompt_tokens, completion_tokens → how many were reported.
        bodies: hash of the request body → how often it came.
        bodies_paid: the same for those that got a completion with its usage, i.e. cost money.
        states_by_body: hash of the request body → what each request with it got, in the order of the ends.
    """

    count_requests: int
    count_in_flight: int
    max_in_flight: int
    by_model: dict[str, dict[str, int]]
    tokens_by_model: dict[str, dict[str, int]]
    bodies: dict[str, int]
    bodies_paid: dict[str, int]
    states_by_body: dict[str, list[str]]

    @property
    def count_repeated(self) -> int:
        """Requests beyond the first with the same body."""
        return self.count_requests - len(self.bodies)

    @property
    def count_paid_again(self) -> int:
        """Completions beyond the first of the same body: money spent twice."""
        return sum(self.bodies_paid.values()) - len(self.bodies_paid)

    def count_state(self, state: str) -> int:
        """How often any model returned `state`."""
        return sum(states.get(state, 0) for states in self.by_model.values())


def is_listening(port: int) -> bool:
    """Whether anybody takes connections at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class RunningServer:
    """A scripted server in a process of its own; a context manager that ends it."""

    def __init__(self) -> None:
        self.base_url = ""
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process, after a stop on the same port; counts and script begin anew.

        Raises:
            RuntimeError: it did not say where it listens.
        """
        command = [sys.executable, "-m", "tests.fakes.scripted_server"]
        command += ["--parent", str(os.getpid()), "--port", str(self._port or 0)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"The scripted server ended with {self._process.wait()} before it listened.")
        self.base_url = json.loads(line)["base_url"]

    def stop(self) -> None:
        """End the process; from then on connections are refused."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None

    def counts(self) -> Counts:
        """All counts since the start or the last `reset`."""
        return Counts(**self._request("GET", "/counts"))

    def arrivals(self) -> list[str]:
        """Hashes of the request bodies, in the order in which they came."""
        return self._request("GET", "/arrivals")

    def script(self, **changes: Any) -> dict[str, Any]:
        """Change how the server behaves, e.g. ``script(latency_seconds=0.2, rules=[])``; fields not named stay.

        Returns:
            The whole script as it is now; see tests.fakes.script for what it holds.

        Raises:
            ValueError: the server did not understand it.
        """
        return self._request("POST", "/script", changes)

    def fail(self, trouble: Trouble | str, **rule: Any) -> None:
        """Add a rule, e.g. ``fail("429", model="judge*", share=0.1, retry_after_seconds=1)``."""
        self.script(add_rules=[{"trouble": trouble, **rule}])

    def reset(self) -> None:
        """Forget counts and script."""
        self._request("DELETE", "/script")
        self._request("DELETE", "/counts")

    @property
    def _port(self) -> int | None:
        return urlsplit(self.base_url).port

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            reply = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise ValueError(reply["error"]["message"])
        return reply
