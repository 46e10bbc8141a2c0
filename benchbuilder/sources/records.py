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


class VoteReason(StrEnum):
    """Why a record is no vote, beside `Reason`."""

    SAME_MODEL = "same_model"  # a model against itself
    UNKNOWN_WINNER = "unknown_winner"


class Vote(NamedTuple):
    """Which of two models a person found better; see `sources.votes.VOTE_SCHEMA`."""

    vote_id: str
    model_a: str
    model_b: str
    winner: str
    prompt_id: str | None
    voter: str | None
    voted_at: datetime | None
    language: str | None
    line: int | None


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
        file: as in `Progress.location`.
        line: of the record in its file, from 1 on; of Parquet the row; None where a place has no lines of its own.
        language: as the source labels it; curation detects its own.
    """

    text: str
    source_ref: str
    seen_at: datetime | None
    sender: str | None
    turn: int
    conversation_ref: str | None
    file: str
    line: int | None
    language: str | None = None


class Rejection(NamedTuple):
    """One record that could not be read, or one with a turn that could not.

    Attributes:
        file: as in `Progress.location`.
        line: as in `Record.line`.
        byte_start: offset of the record in its file, of a compressed one once that is decompressed; else None.
        byte_end: offset behind its last byte, the line's end not included.
        record_sha256: of the record's bytes; of CSV, Parquet and queries of its cells.
        reason: why.
        excerpt: its beginning, masked, on one line, at most 200 characters.
    """

    file: str
    line: int | None
    byte_start: int | None
    byte_end: int | None
    record_sha256: str
    reason: Reason
    excerpt: str


class Progress(NamedTuple):
    """How far a place has been read: what is stored, and given back at the next reading.

    Attributes:
        location: of a file its path, relative to the base folder where it lies inside, else absolute; of pages their
            address without its parameters; of a query the database, and a digest of the query.
        bytes_read: of JSONL, everything up to here has been read, counted as it lies in a compressed file once that is
            decompressed; of CSV and Parquet the size of the file once all of it has been read, 0 before; of pages and
            queries what this pull has read.
        sha256: of the bytes read; of CSV and Parquet of the whole file; of pages of the page; of queries of the rows.
        count_lines: lines (rows) read.
        cursor: of pages and queries: where the next pull goes on.
        reading: `Source.reading` of the source that read it; None of a warehouse that is older than it.
    """

    location: str
    bytes_read: int
    sha256: str
    count_lines: int
    cursor: str | None = None
    reading: str | None = None


class Batch(NamedTuple):
    """A part of one place, to be stored together with its progress mark.

    Attributes:
        records: at most 10,000, more only where one single conversation has more turns.
        rejections: what could not be read between them.
        progress: the mark once this batch is stored.
        count_bytes_pending: length of a last line that is not finished yet; it is read when it is.
        votes: of records that are votes too, where the source says so.
        count_no_votes: records of such a source without a readable vote, read as prompts all the same.
    """

    records: tuple[Record, ...]
    rejections: tuple[Rejection, ...]
    progress: Progress
    count_bytes_pending: int = 0
    votes: tuple[Vote, ...] = ()
    count_no_votes: int = 0
