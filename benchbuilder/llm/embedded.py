"""The embedded default: tiny models in a child process, behind llama.cpp's own OpenAI-compatible server.

A team's endpoint and the demo's are asked in the same way. The models live in a process of their own because native
code must not be able to end ours, and because its threads would compete with numpy's under one OpenMP.
"""

import atexit
import ctypes
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import aiohttp

from benchbuilder.errors import EndpointError
from benchbuilder.llm.weights import Weights, prepare_weights

COUNT_TOKENS_EMBEDDED = 256  # what the embedder was trained on
_GOMP = "libgomp.so.1"
_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")
_STOP_WITHIN_SECONDS = 5
_GOOD_SHARE = 0.97  # of the tokens allowed; the search for a cut ends there


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running child process.

    Attributes:
        chat_url: base_url for an openai client, ending in /v1: chat completions.
        embeddings_url: base_url for an openai client, ending in /v1: embeddings.
        child: the process that serves both.
    """

    chat_url: str
    embeddings_url: str
    child: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self.child.pid

    @property
    def is_alive(self) -> bool:
        """Whether the child still runs."""
        return self.child.poll() is None

    def close(self) -> None:
        """End the child; a second call does nothing."""
        self.child.terminate()
        try:
            self.child.wait(_STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def start_embedded(
    cache_dir: Path, log_path: Path | None = None, ready_timeout_seconds: float = 60.0
) -> EmbeddedServer:
    """Start a child with both models (about a second, after the first call has encoded the weights).

    Args:
        cache_dir: where the re-encoded weights are kept.
        log_path: what the child prints: errors, never the texts it is asked about. Default: embedded.log in cache_dir.
        ready_timeout_seconds: how long it may take to load.

    Raises:
        EndpointError: no weights, or the child does not get ready; the message names the log.
    """
    weights = prepare_weights(cache_dir.resolve())
    log_path = log_path or cache_dir / "embedded.log"
    child = _start_child(weights, cache_dir, log_path)
    try:
        addresses = json.loads(_read_line(child, ready_timeout_seconds))
    except BaseException as error:
        child.kill()
        child.wait()
        if isinstance(error, ValueError):
            raise EndpointError(
                f"The embedded models did not start; the reason is in {log_path}. "
                f"If their files in {cache_dir} are damaged, remove that folder: they are made again."
            ) from error
        raise
    return EmbeddedServer(f"{addresses['chat']}/v1", f"{addresses['embeddings']}/v1", child)


_guard = threading.Lock()
_started: list[EmbeddedServer] = []


def running(cache_dir: Path) -> EmbeddedServer:
    """This process's one child: started by the first call, started again if it died, ended when the process ends.

    Blocks for up to ten seconds when it starts something: from a coroutine, call it in a thread.

    Raises:
        EndpointError: see `start_embedded`.
    """
    with _guard:
        if not _started or not _started[-1].is_alive:
            _started[:] = [start_embedded(cache_dir)]
            atexit.register(_started[-1].close)
        return _started[-1]


async def cut_texts(embeddings_url: str, texts: Sequence[str], count_tokens: int = COUNT_TOKENS_EMBEDDED) -> list[str]:
    """Each text, or the beginning of it that the server's tokenizer makes at most `count_tokens` tokens of.

    Args:
        embeddings_url: of an `EmbeddedServer`.
        texts: any length; a text that is short enough comes back as it is.
        count_tokens: the most tokens, the two special ones included.

    Returns:
        As many texts, in their order. Each one that was cut was counted again; within 3 % of the most where it can be.

    Raises:
        EndpointError: the server does not answer.
    """
    try:
        async with aiohttp.ClientSession(embeddings_url.removesuffix("v1"), raise_for_status=True) as session:
            return [await _cut_text(session, text, count_tokens) for text in texts]
    except aiohttp.ClientError as error:
        raise EndpointError(f"The embedder's tokenizer does not answer: {type(error).__name__}") from error


async def _cut_text(session: aiohttp.ClientSession, text: str, most: int) -> str:
    """Narrow the cut down from both sides: by proportion first, by halves in turn, so that it ends soon and surely."""
    fits, over = 0, len(text)
    count_fits, count_over = 2, await _count_tokens(session, text)
    if count_over <= most:
        return text
    is_by_proportion = True
    while over - fits > 1 and count_fits < _GOOD_SHARE * most:
        share = (most - count_fits) / (count_over - count_fits) if is_by_proportion else 0.5
        cut = min(max(fits + int((over - fits) * share), fits + 1), over - 1)
        count = await _count_tokens(session, text[:cut])
        if count <= most:
            fits, count_fits = cut, count
        else:
            over, count_over = cut, count
        is_by_proportion = not is_by_proportion
    return text[:fits]


async def _count_tokens(session: aiohttp.ClientSession, text: str) -> int:
    async with session.post("tokenize", json={"content": text, "add_special": True}) as response:
        return len((await response.json())["tokens"])


def _start_child(weights: Weights, cache_dir: Path, log_path: Path) -> "subprocess.Popen[bytes]":
    arguments = ["--llm", weights.llm, "--embedder", weights.embedder, "--parent-pid", str(os.getpid())]
    try:
        with log_path.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own program; no text of the crowd comes near its arguments
                [sys.executable, "-m", "benchbuilder.llm.embedded_child", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_child_environment(cache_dir),
                cwd=Path(__file__).parents[2],  # where `-m` finds this package, installed or not
                start_new_session=True,  # a ctrl-C at the terminal is for us; calls in flight are still answered
            )
    except OSError as error:
        raise EndpointError(f"The embedded models cannot be started: {error}") from error


def _read_line(child: "subprocess.Popen[bytes]", timeout_seconds: float) -> bytes:
    """The child's line, or nothing if it ended or was too slow and therefore killed."""
    assert child.stdout is not None  # noqa: S101 - it was opened as a pipe; this is for the type checker
    timer = threading.Timer(timeout_seconds, child.kill)
    timer.start()
    try:
        with child.stdout:
            return child.stdout.readline()
    finally:
        timer.cancel()


def _child_environment(cache_dir: Path) -> dict[str, str]:
    """What the child inherits: enough to run Python, none of the owner's keys.

    Only settings/ reads the environment, because values there decide things. These decide nothing of ours; they are
    passed on, and a child cannot be given a library path in any other way.
    """
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment["OMP_WAIT_POLICY"] = "PASSIVE"  # waiting threads must not burn the cores that the pipeline needs
    if (folder := _folder_with_gomp(cache_dir)) is not None:
        inherited = environment.get("LD_LIBRARY_PATH")
        environment["LD_LIBRARY_PATH"] = f"{folder}:{inherited}" if inherited else str(folder)
    return environment


def _folder_with_gomp(cache_dir: Path) -> Path | None:
    """A folder where the loader finds GNU OpenMP by the name it looks for; None where the system has it.

    llama.cpp needs it and its wheel does not bring it; scikit-learn's wheel does, under a name of its own.
    """
    try:
        ctypes.CDLL(_GOMP)
    except OSError:
        pass
    else:
        return None
    return _link_gomp(cache_dir.resolve() / "lib")


def _link_gomp(folder: Path) -> Path | None:
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    copies = sorted((Path(spec.origin).parents[1] / "scikit_learn.libs").glob("libgomp*.so*"))
    if not copies:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / f"{_GOMP}.{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(copies[0])
    link.replace(folder / _GOMP)
    return folder
