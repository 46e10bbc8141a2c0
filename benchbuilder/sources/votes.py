"""Votes of people in: which of two models answered better, as Chatbot Arena publishes them.

Each record becomes a vote or a rejection. Names of voters are hashed, and of a prompt only its id is kept: that of the
masked text, as prompts have it that were ingested from the same file, so that a vote finds its prompt.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import polars as pl

from benchbuilder.sources.excerpts import excerpt_of
from benchbuilder.sources.fields import digest_of_record, reference_of, sender_of, time_of
from benchbuilder.sources.records import Reason, Vote, VoteReason
from benchbuilder.sources.rows import read_rows
from benchbuilder.sources.source import Source
from benchbuilder.sources.turns import read_turns
from benchbuilder.text import clean_text, prompt_id_of

VOTE_SCHEMA = pl.Schema(
    {
        "vote_id": pl.String,
        "model_a": pl.String,
        "model_b": pl.String,
        "winner": pl.String,
        "prompt_id": pl.String,
        "voter": pl.String,
        "voted_at": pl.Datetime("us", "UTC"),
        "language": pl.String,
        "line": pl.Int64,
    }
)
REJECTION_SCHEMA = pl.Schema(
    {"file": pl.String, "line": pl.Int64, "reason": pl.String, "excerpt": pl.String, "record_sha256": pl.String}
)
WINNERS = ("model_a", "model_b", "tie", "both_bad")

_SPELLINGS = {"modela": "model_a", "modelb": "model_b", "tie": "tie", "tiebothbad": "both_bad", "bothbad": "both_bad"}
_FLAGS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}
_ONE_HOT = {"winner_model_a": "model_a", "winner_model_b": "model_b", "winner_tie": "tie"}
_ID_FIELDS = ("vote_id", "id", "question_id", "conversation_id")
_VOTER_FIELDS = ("judge", "voter")
_TIME_FIELDS = ("tstamp", "timestamp", "voted_at", "created_at")
_LENGTH_DIGEST = 12  # tells the votes of one id apart
_MAX_NAME = 200
_MAX_LANGUAGE = 50


class VotesRead(NamedTuple):
    """What a file holds; votes and rejections together are as many as its records.

    Attributes:
        votes: columns of `VOTE_SCHEMA`, in the order of the file. vote_id see `read_votes`; winner is one of
            `WINNERS`; prompt_id, voter (sha256 of the name), voted_at, language are null where the record does not
            say; line is that of the record, of Parquet and JSON arrays the row, from 1 on.
        rejections: columns of `REJECTION_SCHEMA`. reason is a `Reason` or `VoteReason`; excerpt the record's beginning,
            masked, on one line, at most 200 characters; record_sha256 of its bytes, of CSV, Parquet and JSON arrays of
            its cells, of one over 16 MB of its beginning.
    """

    votes: pl.DataFrame
    rejections: pl.DataFrame


class _UnreadableError(Exception):
    """A record is no vote; never leaves this module."""

    def __init__(self, reason: Reason | VoteReason) -> None:
        super().__init__(reason)
        self.reason = reason


def read_votes(path: Path, mask: Callable[[str], str]) -> VotesRead:
    """The votes of a JSONL, JSON array, CSV or Parquet file, told apart by what is in it.

    A record needs model_a, model_b and winner (model_a, model_b, tie, "tie (bothbad)", both_bad, in any spelling), or
    winner_model_a, winner_model_b and winner_tie of which one is 1 (Kaggle's layout).

    The vote_id is the record's own id (vote_id, id, question_id, conversation_id) and, since many people vote on one
    question and ids count from 0 in many files, a digest of who won against whom, in whose eyes, when and in which
    turn. Of a record without id it is the digest of all of it. `#n` follows where n - 1 records of the file gave the
    same one before. So it is the same when the file is read again, when it has grown, and under another name.

    Args:
        path: of the file.
        mask: hides personal data; prompts go through it before they are hashed, and so do excerpts.

    Raises:
        SourceError: there is no such file, or it cannot be read as a whole.
    """
    votes: list[Vote] = []
    rejections: list[tuple[str, int, str, str, str]] = []
    counts: Counter[str] = Counter()
    for row in read_rows(path):
        vote = row.record if isinstance(row.record, Reason) else read_vote(row.record, row.number, mask)
        if not isinstance(vote, Vote):
            sha256 = hashlib.sha256(row.raw).hexdigest()
            rejections.append((path.as_posix(), row.number, str(vote), excerpt_of(row.raw, mask), sha256))
            continue
        counts[vote.vote_id] += 1
        count = counts[vote.vote_id]
        votes.append(vote if count == 1 else vote._replace(vote_id=f"{vote.vote_id}#{count}"))
    return VotesRead(
        pl.DataFrame(votes, schema=VOTE_SCHEMA, orient="row"),
        pl.DataFrame(rejections, schema=REJECTION_SCHEMA, orient="row"),
    )


def read_vote(
    record: dict[str, Any], line: int | None, mask: Callable[[str], str], first_turn: str | None = None
) -> Vote | Reason | VoteReason:
    """The vote that a record holds, its id as in `read_votes` but for `#n`; or why it holds none.

    Args:
        record: its fields.
        line: of the record.
        mask: hides personal data; the prompt goes through it before it is hashed.
        first_turn: the prompt, where it has been read already; else it is looked for in the usual fields.
    """
    try:
        return _vote_of(record, line, mask, first_turn)
    except _UnreadableError as error:
        return error.reason


def _vote_of(record: dict[str, Any], line: int | None, mask: Callable[[str], str], first_turn: str | None) -> Vote:
    model_a, model_b = _name(record, "model_a"), _name(record, "model_b")
    winner = _winner(record)
    if model_a == model_b:
        raise _UnreadableError(VoteReason.SAME_MODEL)
    try:
        text = _prompt_text(record) if first_turn is None else first_turn
        voter = sender_of(_first(record, _VOTER_FIELDS))
        voted_at = time_of(_first(record, _TIME_FIELDS))
        vote_id = _vote_id(record, [model_a, model_b, winner, voter, voted_at])
    except RecursionError as error:  # nested so deep that it can be read but not be hashed
        raise _UnreadableError(Reason.BROKEN_JSON) from error
    return Vote(
        vote_id=vote_id,
        model_a=model_a,
        model_b=model_b,
        winner=winner,
        prompt_id=None if text is None else prompt_id_of(mask(text)),
        voter=voter,
        voted_at=voted_at,
        language=_language(record),
        line=line,
    )


def _vote_id(record: dict[str, Any], what_was_said: list[Any]) -> str:
    """See `read_votes`."""
    own, turn = _first(record, _ID_FIELDS), record.get("turn")
    if own is None:
        return digest_of_record(record)
    digest = digest_of_record({"vote": what_was_said, "turn": turn})
    return f"{reference_of(own, record)}-{digest[:_LENGTH_DIGEST]}"


def _text(record: dict[str, Any], field: str) -> str:
    """A text that is not blank, without white space around it."""
    if field not in record:
        raise _UnreadableError(Reason.MISSING_FIELD)
    value = record[field]
    if value is None:
        raise _UnreadableError(Reason.NULL_FIELD)
    if not isinstance(value, str):
        raise _UnreadableError(Reason.WRONG_TYPE)
    if not (text := clean_text(value).strip()):
        raise _UnreadableError(Reason.EMPTY)
    return text


def _name(record: dict[str, Any], field: str) -> str:
    name = _text(record, field)
    if len(name) > _MAX_NAME:
        raise _UnreadableError(Reason.TOO_LARGE)
    return name


def _winner(record: dict[str, Any]) -> str:
    if "winner" not in record and _ONE_HOT.keys() <= record.keys():
        return _winner_of_one_hot(record)
    winner = _SPELLINGS.get(re.sub(r"[\W_]", "", _text(record, "winner").casefold()))
    if winner is None:
        raise _UnreadableError(VoteReason.UNKNOWN_WINNER)
    return winner


def _winner_of_one_hot(record: dict[str, Any]) -> str:
    flags = {winner: _FLAGS.get(str(record[name]).strip().casefold()) for name, winner in _ONE_HOT.items()}
    if sorted(flags.values(), key=str) != [False, False, True]:
        raise _UnreadableError(VoteReason.UNKNOWN_WINNER)
    return next(winner for winner, is_set in flags.items() if is_set)


def _first(record: dict[str, Any], fields: tuple[str, ...]) -> Any:
    """The first value that says anything."""
    return next((record[name] for name in fields if record.get(name) not in (None, "")), None)


def _language(record: dict[str, Any]) -> str | None:
    language = record.get("language")
    if not isinstance(language, str) or not 0 < len(language) <= _MAX_LANGUAGE:
        return None
    return clean_text(language)


def _prompt_text(record: dict[str, Any]) -> str | None:
    """The first user turn: of conversation_a, read as ingestion reads it; else `prompt`, of a JSON list its first."""
    if (conversation := record.get("conversation_a")) is not None:
        # Only this field, and an id, so that nothing else of the record is hashed for a reference that is not used.
        part = {"question_id": "-", "conversation_a": conversation}
        turns = read_turns(part, _CONVERSATION, _CONVERSATION.field_map, "", 0).records
        return turns[0].text if turns and turns[0].turn == 1 else None
    prompt = _first_prompt(record.get("prompt"))
    return clean_text(prompt) if isinstance(prompt, str) and prompt.strip() else None


_CONVERSATION = Source(name="votes", paths=("-",), preset="arena_conversation")


def _first_prompt(value: Any) -> Any:
    """Of the turns that Kaggle's layout writes into a cell as a JSON list, the first; anything else as it is."""
    if not isinstance(value, str) or not value.startswith("["):
        return value
    try:
        turns = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    return turns[0] if isinstance(turns, list) and turns else value
