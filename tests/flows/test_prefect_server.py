"""The Prefect server of one command ends with the command, however that ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

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

start_prefect(load_settings(Path(sys.argv[1])))
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


def test_two_at_once_in_a_new_folder(tmp_path: Path) -> None:
    """The one waits until the other has made Prefect's database; both get a server."""
    scene = Scene(tmp_path, "http://127.0.0.1:9/v1", [tmp_path / "crowd.jsonl"])
    command = [sys.executable, "-c", START, str(scene.config)]
    programs = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [program.communicate()[1] for program in programs]
    assert [program.returncode for program in programs] == [0, 0], errors
    assert (scene.state_dir / "prefect" / "prefect.db").exists()
