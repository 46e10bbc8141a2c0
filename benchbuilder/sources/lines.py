"""The lines of a file, each with its number; one that is too long is hashed but not kept."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from benchbuilder.sources.streams import open_bytes

MAX_RECORD_BYTES = 16_000_000
CHUNK = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One record as it lies in the file.

    Attributes:
        number: from 1 on; blank lines count but are no records.
        raw: without the line's end; the beginning of a line that is too long.
        sha256_of_long: hex digest of all of a line that is too long; None for every other.
    """

    number: int
    raw: bytes
    sha256_of_long: str | None = None

    @property
    def sha256(self) -> str:
        """The hex digest of the record."""
        return self.sha256_of_long or hashlib.sha256(self.raw).hexdigest()


def _digest_of_rest(stream: IO[bytes], beginning: bytes) -> str:
    sha256, part = hashlib.sha256(), beginning
    while part:
        sha256.update(part.rstrip(b"\r\n"))
        if part.endswith(b"\n"):
            break
        part = stream.readline(CHUNK)
    return sha256.hexdigest()


def read_lines(path: Path) -> Iterator[Line]:
    """Every line that is not blank."""
    with open_bytes(path) as stream:
        number = 0
        while raw := stream.readline(MAX_RECORD_BYTES + 1):
            number += 1
            if number == 1:
                raw = raw.removeprefix(_BYTE_ORDER_MARK)
            if len(raw) > MAX_RECORD_BYTES and not raw.endswith(b"\n"):
                yield Line(number, raw, _digest_of_rest(stream, raw))
            elif content := raw.strip():
                yield Line(number, content)
