"""A file's bytes, decompressed where it is compressed; told by its first bytes, for endings are changed and forgotten.

A compressed file has no place to go on from, so a growing one is decompressed from its beginning at each reading. Of
one that ends too early, everything up to its end is read before the error.
"""

import gzip
import zlib
from io import BufferedReader
from pathlib import Path
from typing import IO, Final, cast

BROKEN: Final = (OSError, EOFError, zlib.error)  # what reading such a stream may raise
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def open_bytes(path: Path) -> IO[bytes]:
    """The file's content as it was before it was compressed by gzip or Zstandard.

    Raises:
        OSError: it cannot be opened. Reading may raise any of `BROKEN`.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith(_GZIP):
        return cast("IO[bytes]", gzip.open(path))
    if head == _ZSTD:
        from pyarrow import CompressedInputStream, OSFile

        return BufferedReader(CompressedInputStream(OSFile(str(path)), "zstd"))
    return path.open("rb")
