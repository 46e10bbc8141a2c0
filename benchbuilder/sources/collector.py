"""Gathers what is read of one file until it makes a batch."""

import hashlib
from collections.abc import Callable
from typing import Any

from benchbuilder.sources.excerpts import excerpt_of
from benchbuilder.sources.records import Batch, FileProgress, Reason, Record, Rejection
from benchbuilder.sources.source import Source
from benchbuilder.sources.turns import read_turns

MAX_RECORDS = 5_000
MAX_BATCH_BYTES = 16_000_000  # of records as they lie in the file; their texts take up to four times that in memory


class Collector:
    """What has been read of one file since the last batch. `mask` hides personal data in excerpts."""

    def __init__(self, source: Source, file: str, mask: Callable[[str], str]) -> None:
        self.source, self.file, self._fields, self._mask = source, file, source.field_map, mask
        self._records: list[Record] = []
        self._rejections: list[Rejection] = []
        self._count_bytes = 0

    @property
    def is_full(self) -> bool:
        """Time to hand over a batch."""
        return len(self._records) + len(self._rejections) >= MAX_RECORDS or self._count_bytes >= MAX_BATCH_BYTES

    @property
    def is_empty(self) -> bool:
        """Nothing was read."""
        return not self._records and not self._rejections

    def add(self, record: dict[str, Any], line: int, raw: bytes, byte_start: int | None = None) -> None:
        """A record's turns; and a rejection when one of them cannot be read. `raw` is the record as it lies there."""
        try:
            turns = read_turns(record, self.source, self._fields, self.file, line)
        except RecursionError:  # nested so deep that it can be read but not be written again, hence not be hashed
            self.reject(Reason.BROKEN_JSON, line, raw, byte_start)
            return
        self._records += turns.records
        self._count_bytes += len(raw)
        if turns.reason:
            self.reject(turns.reason, line, raw, byte_start)

    def reject(
        self,
        reason: Reason,
        line: int,
        raw: bytes,
        byte_start: int | None = None,
        rest: tuple[int, str] | None = None,
    ) -> None:
        """A record that cannot be read.

        Args:
            reason: why.
            line: of the record.
            raw: its bytes, or its beginning.
            byte_start: where it begins.
            rest: of a record of which `raw` is the beginning: its whole length, and its sha256.
        """
        length, sha256 = rest or (len(raw), hashlib.sha256(raw).hexdigest())
        byte_end = None if byte_start is None else byte_start + length
        self._rejections.append(
            Rejection(self.file, line, byte_start, byte_end, sha256, reason, excerpt_of(raw, self._mask))
        )

    def batch(self, progress: FileProgress, count_bytes_pending: int = 0) -> Batch:
        """What was gathered, and a new start."""
        batch = Batch(tuple(self._records), tuple(self._rejections), progress, count_bytes_pending)
        self._records, self._rejections, self._count_bytes = [], [], 0
        return batch
