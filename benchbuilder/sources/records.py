"""What reading a source gives: records, rejections, and how far it came."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a record could not be read."""

    BROKEN_JSON = "broken_json"
    NOT_AN_OBJECT = "not_an_object"  # JSON, but no object; or a row with more or fewer cells than the header
    WRONG_ENCODING = "wrong_encoding"  # not UTF-8
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    NULL_FIELD = "null_field"
    EMPTY = "empty"  # white space alone, or a conversation in which no user says a word
    TOO_LARGE = "too_large"
    FORGOTTEN = "forgotten"  # `benchbuilder forget` removed this prompt for good


class Record(NamedTuple):
    """One time that somebody sent a prompt.

    Attributes:
        text: as sent, but for NUL characters and lone surrogates; not masked.
        source_ref: unique within the source: the mapped id, else the sha256 of the canonical record; `#n` follows for
            the n-th turn of a conversation from the second on.
        seen_at: in UTC; None where the record does not say, or says it unreadably.
        sender: sha256 of who sent it, never the name itself.
        turn: 1 is the first message of the user in its conversation.
        conversation_ref: source_ref of the conversation's first turn; None for a record that is no conversation.
        file: as in `FileProgress.path`.
        line: of the record in its file, from 1 on; of Parquet the row.
        language: as the source labels it; curation detects its own.
    """

    text: str
    source_ref: str
    seen_at: datetime | None
    sender: str | None
    turn: int
    conversation_ref: str | None
    file: str
    line: int
    language: str | None = None


class Rejection(NamedTuple):
    """One record that could not be read, or one with a turn that could not.

    Attributes:
        file: as in `FileProgress.path`.
        line: as in `Record.line`.
        byte_start: offset of the record in its file; None for CSV and Parquet.
        byte_end: offset behind its last byte, the line's end not included.
        record_sha256: of the record's bytes; of CSV and Parquet of its cells.
        reason: why.
        excerpt: its beginning, masked, on one line, at most 200 characters.
    """

    file: str
    line: int
    byte_start: int | None
    byte_end: int | None
    record_sha256: str
    reason: Reason
    excerpt: str


class FileProgress(NamedTuple):
    """How far a file has been read: what is stored, and given back at the next reading.

    Attributes:
        path: relative to the base folder where it lies inside, else absolute.
        bytes_read: of JSONL, everything up to here has been read; of CSV and Parquet the size of the file once all of
            it has been read, 0 before.
        sha256: of the bytes read; of CSV and Parquet of the whole file.
        count_lines: lines (rows) read.
    """

    path: str
    bytes_read: int
    sha256: str
    count_lines: int


class Batch(NamedTuple):
    """A part of one file, to be stored together with its progress mark.

    Attributes:
        records: at most 5,000, more only where one single conversation has more turns.
        rejections: what could not be read between them.
        progress: the mark once this batch is stored.
        count_bytes_pending: length of a last line that is not finished yet; it is read when it is.
    """

    records: tuple[Record, ...]
    rejections: tuple[Rejection, ...]
    progress: FileProgress
    count_bytes_pending: int = 0
