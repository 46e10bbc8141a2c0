"""JSON lines, from where the last reading stopped.

What was read is known by its length and hash, never by a time stamp: while the bytes up to the mark are the same,
reading goes on behind them; if they are not, or the file has become shorter, all of it is read again (what was seen
before is a sighting that exists). A last line without its line feed is read if it is a whole JSON object, since no
beginning of an object is one; otherwise somebody is still writing it, and it waits for the next reading. Of a
compressed file all of this holds for what is in it.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from benchbuilder.sources.collector import Collector
from benchbuilder.sources.json_objects import parse_object
from benchbuilder.sources.records import Batch, Progress, Reason
from benchbuilder.sources.streams import BROKEN, open_bytes

CHUNK = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines_on(path: Path, progress: Progress | None, collector: Collector) -> Iterator[Batch]:
    """What is new in a JSONL file, behind the mark of the last reading if what lies before it is what was read then.

    Raises:
        OSError, EOFError, zlib.error: it cannot be read to its end; what comes before has been yielded.
    """
    if progress:
        with open_bytes(path) as stream:
            lines = JsonLines(stream, collector)
            if lines.resume(progress):
                yield from lines.batches()
                return
    with open_bytes(path) as stream:
        yield from JsonLines(stream, collector).batches()


class JsonLines:
    """JSON lines that are being read; everything before `_offset` has been.

    `is_whole`: nothing will follow behind the stream's end, so a last line is one without its line feed too.
    """

    def __init__(self, stream: IO[bytes], collector: Collector, *, is_whole: bool = False) -> None:
        self._stream, self._collector, self._is_whole = stream, collector, is_whole
        self._sha256, self._offset, self._count_lines = hashlib.sha256(), 0, 0
        self._is_mid_line = False  # what was read does not end with a line feed
        self._count_pending = 0

    def resume(self, progress: Progress) -> bool:
        """Go to the mark of the last reading; False if what lies before it is not what was read then."""
        sha256, left, last = hashlib.sha256(), progress.bytes_read, b""
        while left and (part := self._stream.read(min(CHUNK, left))):
            sha256.update(part)
            left, last = left - len(part), part
        if left or sha256.hexdigest() != progress.sha256:
            return False
        self._sha256, self._offset, self._count_lines = sha256, progress.bytes_read, progress.count_lines
        self._is_mid_line = bool(last) and not last.endswith(b"\n")
        return True

    def batches(self) -> Iterator[Batch]:
        """What is new; no batch where nothing is. Where the stream breaks, what came before is yielded first."""
        start = self._offset
        try:
            while self._read_line():
                if self._collector.is_full:
                    yield self._collector.batch(self._progress())
                    start = self._offset
        except BROKEN:
            if not self._collector.is_empty:
                yield self._collector.batch(self._progress())
            raise
        if self._offset > start or self._count_pending:
            yield self._collector.batch(self._progress(), self._count_pending)

    def _progress(self) -> Progress:
        return Progress(self._collector.file, self._offset, self._sha256.hexdigest(), self._count_lines)

    @property
    def _number(self) -> int:
        """Of the line that is being read."""
        return self._count_lines + (not self._is_mid_line)

    def _read_line(self) -> bool:
        """Take one line; False where the file ends, or its last line is not finished."""
        limit = self._collector.source.max_record_bytes
        raw = self._stream.readline(limit + 1)
        is_finished = raw.endswith(b"\n")
        if len(raw) > limit and not is_finished:
            return self._skip_line(raw)
        content = raw.rstrip(b"\r\n")
        if self._offset == 0:
            content = content.removeprefix(_BYTE_ORDER_MARK)
        if content.strip() and not self._take(content, is_finished=is_finished or self._is_whole):
            self._count_pending = len(raw)
            return False
        self._sha256.update(raw)
        self._advance(len(raw), is_finished=is_finished)
        return bool(raw)

    def _take(self, content: bytes, *, is_finished: bool) -> bool:
        """Read or reject the record in a line; False if it may still grow into one."""
        value = parse_object(content)
        if isinstance(value, dict):
            self._collector.add(value, self._number, content, self._offset)
        elif is_finished:
            self._collector.reject(value, self._number, content, self._offset)
        return is_finished or isinstance(value, dict)

    def _skip_line(self, beginning: bytes) -> bool:
        """Reject a line that is too long to keep, hashing it part by part; False if it has no end yet."""
        of_file, of_line, length, part = self._sha256.copy(), hashlib.sha256(), 0, beginning
        while part:
            of_file.update(part)
            of_line.update(part.rstrip(b"\n"))
            length += len(part)
            is_finished = part.endswith(b"\n")
            part = b"" if is_finished else self._stream.readline(CHUNK)
            if is_finished or (self._is_whole and not part):
                rest = length - is_finished, of_line.hexdigest()
                self._collector.reject(Reason.TOO_LARGE, self._number, beginning, self._offset, rest)
                self._sha256 = of_file
                self._advance(length, is_finished=is_finished)
                return True
        self._count_pending = length
        return False

    def _advance(self, length: int, *, is_finished: bool) -> None:
        if length:
            self._count_lines, self._is_mid_line = self._number, not is_finished
            self._offset += length
