"""One flock on one file, waited for without blocking: a thread sleeps, a coroutine awaits.

The kernel frees it when the process ends, however it ends. The file stays: deleting it would let two processes hold
"the" lock on two inodes.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from benchbuilder.errors import LockTimeoutError

_POLL_SECONDS = 0.02


class FileLock:
    """An exclusive lock named by a path; each `hold` opens the file anew, so threads exclude each other too."""

    def __init__(self, path: Path, timeout_seconds: float = 120) -> None:
        self.path = path
        self.timeout_seconds = timeout_seconds

    def _try(self) -> int | None:
        """A locked file descriptor, or None where somebody else has the lock."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def _check(self, started: float) -> None:
        if time.monotonic() - started > self.timeout_seconds:
            raise LockTimeoutError(f"{self.path.name}: another run has held this lock for {self.timeout_seconds:g} s")

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Wait for the lock and hold it.

        Raises:
            LockTimeoutError: somebody else holds it for longer than `timeout_seconds`.
        """
        started = time.monotonic()
        while (descriptor := self._try()) is None:
            self._check(started)
            time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            os.close(descriptor)

    @asynccontextmanager
    async def hold_async(self) -> AsyncIterator[None]:
        """`hold` for coroutines: the event loop goes on while it waits."""
        started = time.monotonic()
        while (descriptor := self._try()) is None:
            self._check(started)
            await asyncio.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            os.close(descriptor)
