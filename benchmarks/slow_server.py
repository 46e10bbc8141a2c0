"""A chat endpoint that costs next to nothing: one prepared reply to everything, after a set time.

`python -m benchmarks.slow_server --latency 0.2` prints its base_url as one line of JSON and ends with its parent.
Beneath HTTP frameworks on purpose: it must not be what a measurement of clients measures.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import uvloop

_CHECK_PARENT_SECONDS = 0.5
_END_OF_HEAD = b"\r\n\r\n"
_COMPARED = "Answer A names the steps in their order and checks them; answer B leaves out why the second one holds. "


def reply_of(count_characters: int) -> bytes:
    """The whole HTTP response: a judge's reply of about so many characters, with its verdict and its bill."""
    text = _COMPARED * max(1, count_characters // len(_COMPARED)) + "\n\n[[A>B]]"
    message = {"role": "assistant", "content": text}
    body = {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": "slow",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1250, "completion_tokens": len(text) // 4, "total_tokens": 1250 + len(text) // 4},
    }
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


class SlowProtocol(asyncio.Protocol):
    """One connection: reads a request as far as its length says, replies later; a request that is chunked is none."""

    def __init__(self, reply: bytes, latency_seconds: float) -> None:
        self._reply, self._latency_seconds = reply, latency_seconds
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._count_missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its class

    def data_received(self, data: bytes) -> None:
        """Count bytes until the request is whole; the parts of its body are thrown away."""
        if self._count_missing == 0:
            self._head += data
            head, end, body = self._head.partition(_END_OF_HEAD)
            if not end:
                return
            self._head = b""
            self._count_missing = _content_length(head) - len(body)
        else:
            self._count_missing -= len(data)
        if self._count_missing == 0:
            asyncio.get_running_loop().call_later(self._latency_seconds, self._answer)

    def _answer(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._reply)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(reply: bytes, latency_seconds: float, parent: int) -> None:
    """Serve at any free port of loopback until the parent is gone."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SlowProtocol(reply, latency_seconds), "127.0.0.1", 0, backlog=2048)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"base_url": f"http://127.0.0.1:{port}/v1"}), flush=True)
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells when a parent is gone
        await asyncio.sleep(_CHECK_PARENT_SECONDS)


@contextmanager
def slow_server(latency_seconds: float, count_characters: int = 1000) -> Iterator[str]:
    """The base_url of such a server, in a process of its own that ends with the block."""
    command = [sys.executable, "-m", "benchmarks.slow_server", "--parent", str(os.getpid())]
    command += ["--latency", str(latency_seconds), "--characters", str(count_characters)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101 - opened as a pipe; for the type checker
        yield json.loads(process.stdout.readline())["base_url"]
    finally:
        process.terminate()
        process.communicate()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--latency", type=float, default=0.2, help="seconds until a reply")
    parser.add_argument("--characters", type=int, default=1000, help="of a reply's text, about")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="pid of the process to end with")
    told = parser.parse_args()
    uvloop.run(serve(reply_of(told.characters), told.latency, told.parent))


if __name__ == "__main__":
    main()
