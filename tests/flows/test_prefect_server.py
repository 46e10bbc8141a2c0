"""The Prefect server of one command ends with the command, however that ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchbuilder.warehouse import FileLock
from tests.fakes.running import ROOT, is_listening
from tests.fakes.scene import Scene

PROGRAM = """
import sys, time
from pathlib import Path
from flows.prefect_server import start_server

print(start_server(Path(sys.argv[1])), flush=True)
time.sleep(float(sys.argv[2]))
"""
START = """
import sys
from pathlib import Path
from benchbuilder.settings import load_settings
from flows.prefect_server import start_prefect

settings = load_settings(Path(sys.argv[1]))
print("starting", flush=True)
start_prefect(settings)
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


def test_one_at_a_time_starts(tmp_path: Path) -> None:
    """In one state folder a server waits until the one before it is up: two that make Prefect's database collide."""
    scene = Scene(tmp_path, "http://127.0.0.1:9/v1", [tmp_path / "crowd.jsonl"])
    home = scene.state_dir / "prefect"
    home.mkdir(parents=True)
    command = [sys.executable, "-c", START, str(scene.config)]
    with FileLock(home / "start.lock").hold():
        program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert program.stdout is not None
        assert program.stdout.readline() == "starting\n"
        time.sleep(1)
        assert not (home / "server.log").exists()
    until = time.monotonic() + WAIT_SECONDS
    while not (home / "server.log").exists():
        assert time.monotonic() < until
        time.sleep(0.1)
    program.kill()
    program.communicate(timeout=WAIT_SECONDS)
