"""The write-ahead log of paid work: one flushed JSON line per completed call, before anything else happens with it.

Each run writes a file of its own and holds a flock on it. Files whose lock is free belong to runs that are over: they
are merged into the warehouse and deleted after the commit. Nobody looks anything up here.
"""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from benchbuilder.llm.requests import Completion


class Spool:
    """The file of one run; what is in it is also in `pending` until it is in the warehouse."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{os.getpid()}-{uuid.uuid4().hex}.jsonl"
        self.pending: list[Completion] = []
        unlocked = self.path.with_suffix(".unlocked")  # a name that nobody merges (and deletes) before we have the lock
        self._file = unlocked.open("ab", buffering=0)
        unlocked.chmod(0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        unlocked.rename(self.path)

    def write(self, completion: Completion) -> None:
        """One line; it has left the process when this returns, so a kill loses nothing."""
        self._file.write(orjson.dumps(completion, option=orjson.OPT_APPEND_NEWLINE))
        self.pending.append(completion)

    def clear(self) -> None:
        """Forget what is in the warehouse now."""
        self._file.truncate(0)
        self.pending.clear()

    def close(self) -> None:
        """Give up the file; it stays where something is pending, for the next run to merge."""
        if not self.pending:
            self.path.unlink(missing_ok=True)
        self._file.close()


class LeftBehind(NamedTuple):
    """What a run that is over had paid for and not appended."""

    path: Path
    completions: list[Completion]


@contextmanager
def left_behind(folder: Path) -> Iterator[list[LeftBehind]]:
    """The spool files of runs that are over, locked while they are merged; delete them after the commit."""
    locked = []
    found = []
    try:
        for path in sorted(folder.glob("*.jsonl")):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            locked.append(file)
            if path.exists():  # else somebody merged and deleted it before we had the lock
                found.append(LeftBehind(path, list(_completions(file.read()))))
        yield found
    finally:
        for file in locked:
            file.close()


def _completions(content: bytes) -> Iterator[Completion]:
    """The lines that are whole: the last one may be torn by a kill."""
    for line in content.split(b"\n")[:-1]:
        fields = orjson.loads(line)
        fields["completed_at"] = datetime.fromisoformat(fields["completed_at"])
        fields["vectors"] = tuple(map(tuple, fields["vectors"]))
        fields["prompt_ids"] = tuple(fields["prompt_ids"])
        yield Completion(**fields)
