"""The write-ahead log of paid work: one flushed JSON line per completed call, before anything else happens with it.

Each run writes a file of its own and holds a flock on it. Files whose lock is free belong to runs that are over: they
are merged into the warehouse and deleted after the commit. Nobody looks anything up here.
"""

import fcntl
import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from benchbuilder.errors import StateDirError
from benchbuilder.llm.requests import Completion

_logger = logging.getLogger("benchbuilder.llm")


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
        """One line; it has left the process when this returns, so a kill loses nothing.

        Raises:
            StateDirError: the disk is full. The completion is in `pending` all the same.
        """
        self.pending.append(completion)
        line = orjson.dumps(completion, option=orjson.OPT_APPEND_NEWLINE)
        begin = self._file.seek(0, os.SEEK_END)
        try:
            count_written = self._file.write(line)
        except OSError as error:
            raise StateDirError(f"{self.path}: cannot be written: {error.strerror}") from error
        if count_written != len(line):
            self._file.truncate(begin)  # or the next line would be the end of a torn one
            raise StateDirError(f"{self.path}: cannot be written: the disk is full")

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
                found.append(LeftBehind(path, list(_completions(path, file.read()))))
        yield found
    finally:
        for file in locked:
            file.close()


def _completions(path: Path, content: bytes) -> Iterator[Completion]:
    """The lines that can be read; the last one may be torn by a kill, and any other is set aside beside the file."""
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        try:
            yield _completion(line)
        except (ValueError, TypeError, LookupError):
            with path.with_suffix(".bad").open("ab") as file:
                file.write(line + b"\n")
            _logger.warning("%s, line %d: cannot be read, kept in %s", path, number, path.with_suffix(".bad").name)


def _completion(line: bytes) -> Completion:
    fields = orjson.loads(line)
    fields["completed_at"] = datetime.fromisoformat(fields["completed_at"])
    fields["vectors"] = tuple(map(tuple, fields["vectors"]))
    fields["prompt_ids"] = tuple(fields["prompt_ids"])
    return Completion(**fields)
