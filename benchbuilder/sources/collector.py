"""Gathers what is read of one place until it makes a batch."""

import hashlib
from collections.abc import Callable
from typing import Any

from benchbuilder.sources.excerpts import excerpt_of
from benchbuilder.sources.fields import optional_at
from benchbuilder.sources.records import Batch, Progress, Reason, Record, Rejection, Vote
from benchbuilder.sources.source import Source
from benchbuilder.sources.turns import read_turns
from benchbuilder.sources.votes import read_vote

MAX_RECORDS = 10_000
MAX_BATCH_BYTES = 16_000_000  # of records as they lie in the file; their texts take up to four times that in memory


class Collector:
    """What has been read of one place since the last batch.

    `mask` hides personal data in excerpts; `cursor` is the latest value that a record had for its path.
    """

    def __init__(self, source: Source, file: str, mask: Callable[[str], str], cursor_path: str | None = None) -> None:
        self.source, self.file, self._fields, self._mask = source, file, source.field_map, mask
        self._cursor_path = cursor_path
        self.cursor: str | None = None
        self._records: list[Record] = []
        self._rejections: list[Rejection] = []
        self._votes: list[Vote] = []
        self._count_bytes = self._count_no_votes = 0

    @property
    def is_full(self) -> bool:
        """Time to hand over a batch."""
        return len(self._records) + len(self._rejections) >= MAX_RECORDS or self._count_bytes >= MAX_BATCH_BYTES

    @property
    def is_empty(self) -> bool:
        """Nothing was read."""
        return not self._records and not self._rejections

    def add(self, record: dict[str, Any], line: int | None, raw: bytes, byte_start: int | None = None) -> None:
        """A record's turns and its vote, and a rejection when a turn cannot be read; a bad vote is counted alone.

        Args:
            record: its fields.
            line: of the record.
            raw: the record as it lies there.
            byte_start: where it begins.
        """
        value = optional_at(record, self._cursor_path)
        if value is not None and not isinstance(value, dict | list):
            self.cursor = str(value)
        try:
            turns = read_turns(record, self.source, self._fields, self.file, line)
        except RecursionError:  # nested so deep that it can be read but not be written again, hence not be hashed
            self.reject(Reason.BROKEN_JSON, line, raw, byte_start)
            return
        self._records += turns.records
        self._count_bytes += len(raw)
        if self.source.votes:
            self._add_vote(record, line, turns.records)
        if turns.reason:
            self.reject(turns.reason, line, raw, byte_start)

    def _add_vote(self, record: dict[str, Any], line: int | None, turns: tuple[Record, ...]) -> None:
        """The prompt of a vote is the first turn as it was read; where that could not be, what the vote itself says."""
        first = next((turn.text for turn in turns if turn.conversation_ref in {None, turn.source_ref}), None)
        vote = read_vote(record, line, self._mask, first)
        if isinstance(vote, Vote):
            self._votes.append(vote)
        else:
            self._count_no_votes += 1

    def reject(
        self,
        reason: Reason,
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
        batch = Batch(*parts, progress, count_bytes_pending, tuple(self._votes), self._count_no_votes)
        self._records, self._rejections, self._votes, self._count_bytes, self._count_no_votes = [], [], [], 0, 0
        return batch
