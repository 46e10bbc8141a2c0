"""The Prefect server of one command ends with the command, however that ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.fakes.running import ROOT, is_listening

PROGRAM = """
import sys, time
from pathlib import Path
from flows.prefect_server import start_server

print(start_server(Path(sys.argv[1])), flush=True)
time.sleep(float(sys.argv[2]))
"""
WAIT_SECONDS = 20.0


def port_of(program: "subprocess.Popen[str]") -> int:
    """The port that the program's server listens on."""
    assert program.stdout is not None
    port = urlsplit(program.stdout.readline()).port
    assert port is not None
    return port


@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGKILL], ids=["of itself", "SIGTERM", "SIGKILL"])
def test_nothing_stays_behind(tmp_path: Path, number: signal.Signals | None) -> None:
    """At the program's own end, when it is told to end and when it is killed: its output closes, and nobody listens."""
    seconds = "0.1" if number is None else "600"
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "server.log"), seconds]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        port = port_of(program)
        assert is_listening(port)
        if number is not None:
            program.send_signal(number)
        program.communicate(timeout=WAIT_SECONDS)
    until = time.monotonic() + WAIT_SECONDS
    while is_listening(port):
        assert time.monotonic() < until
        time.sleep(0.1)
