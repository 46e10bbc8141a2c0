"""The Prefect server of one command, where no other is named: it ends with the command, however that ends.

Prefect would start one itself, but a command that is killed leaves it behind for ever, and with it the command's
output: whoever waits for the end of that output waits too. This one is told its parent's pid and looks whether that
still lives (see benchbuilder.llm.embedded_child for why no other way does), stays out of Ctrl-C's reach so that it can
hear how the run ended, and writes to a log in Prefect's home.
"""

import atexit
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchbuilder.errors import BenchBuilderError
from benchbuilder.settings import Settings, prepare_prefect
from benchbuilder.warehouse import FileLock

_START_SECONDS = 180.0  # a busy machine takes long
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.5


def start_prefect(settings: Settings) -> None:
    """Have a Prefect server until this program ends: the one that settings or environment name, else one of its own.

    Call before Prefect is imported: then its own last words are said before the server ends.

    Raises:
        BenchBuilderError: its own did not start.
    """
    if prepare_prefect(settings):
        return
    home = settings.state_dir / "prefect"
    # Two that make Prefect's database at the same time trip over each other's migrations.
    with FileLock(home / "start.lock", _START_SECONDS).hold():
        url = start_server(home / "server.log")
        prepare_prefect(settings, url)
        import flows.registry  # noqa: F401 - takes as long as the server takes to start

        _wait_for(url, home / "server.log")


def _wait_for(url: str, log_path: Path) -> None:
    try:
        with urlopen(f"{url}/health", timeout=_START_SECONDS):  # noqa: S310 - our own http address
            pass
    except (URLError, OSError) as error:
        raise BenchBuilderError(f"Prefect's server did not start, {log_path} says why") from error


def start_server(log_path: Path) -> str:
    """Start a server of our own, which ends with this program.

    Args:
        log_path: what it says goes there.

    Returns:
        The URL of its API. It listens at once: requests wait until it is up, and fail where it ends before.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening, log_path.open("ab") as log:
        descriptor = listening.fileno()
        child = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "flows.prefect_server", str(descriptor), str(os.getpid())],
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        atexit.register(_stop, child)
        return f"http://127.0.0.1:{listening.getsockname()[1]}/api"


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def main() -> None:
    """Serve on an open socket until the parent is gone: ``python -m flows.prefect_server DESCRIPTOR PARENT_PID``."""
    descriptor, parent = map(int, sys.argv[1:])
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app

    config = uvicorn.Config(create_app(ephemeral=True, final=True), log_level="error", lifespan="on")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(0)  # nobody is left to wait for an orderly end


if __name__ == "__main__":
    main()
