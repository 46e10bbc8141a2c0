"""Gathers what is read of one place until it makes a batch."""

import hashlib
from collections.abc import Callable
from typing import Any

from benchbuilder.sources.excerpts import excerpt_of
from benchbuilder.sources.records import Batch, Progress, Reason, Record, Rejection, Vote, VoteReason
from benchbuilder.sources.source import Source
from benchbuilder.sources.turns import read_turns
from benchbuilder.sources.votes import read_vote

MAX_RECORDS = 10_000
MAX_BATCH_BYTES = 16_000_000  # of records as they lie in the file; their texts take up to four times that in memory


class Collector:
    """What has been read of one place since the last batch. `mask` hides personal data in excerpts."""

    def __init__(self, source: Source, file: str, mask: Callable[[str], str]) -> None:
        self.source, self.file, self._fields, self._mask = source, file, source.field_map, mask
        self._records: list[Record] = []
        self._rejections: list[Rejection] = []
        self._votes: list[Vote] = []
        self._count_bytes = 0
        self.last: dict[str, Any] | None = None  # the record that was added last

    @property
    def is_full(self) -> bool:
        """Time to hand over a batch."""
        return len(self._records) + len(self._rejections) >= MAX_RECORDS or self._count_bytes >= MAX_BATCH_BYTES

    @property
    def is_empty(self) -> bool:
        """Nothing was read."""
        return not self._records and not self._rejections

    def add(self, record: dict[str, Any], line: int | None, raw: bytes, byte_start: int | None = None) -> None:
        """A record's turns, and its vote; and a rejection when one of them cannot be read.

        Args:
            record: its fields.
            line: of the record.
            raw: the record as it lies there.
            byte_start: where it begins.
        """
        self.last = record
        try:
            turns = read_turns(record, self.source, self._fields, self.file, line)
        except RecursionError:  # nested so deep that it can be read but not be written again, hence not be hashed
            self.reject(Reason.BROKEN_JSON, line, raw, byte_start)
            return
        self._records += turns.records
        self._count_bytes += len(raw)
        vote = read_vote(record, line, self._mask) if self.source.votes else None
        if isinstance(vote, Vote):
            self._votes.append(vote)
        if reason := turns.reason or (vote if isinstance(vote, Reason | VoteReason) else None):
            self.reject(reason, line, raw, byte_start)

    def reject(
        self,
        reason: Reason | VoteReason,
        line: int | None,
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

    def batch(self, progress: Progress, count_bytes_pending: int = 0) -> Batch:
        """What was gathered, and a new start."""
        parts = tuple(self._records), tuple(self._rejections)
        batch = Batch(*parts, progress, count_bytes_pending, tuple(self._votes))
        self._records, self._rejections, self._votes, self._count_bytes = [], [], [], 0
        return batch
