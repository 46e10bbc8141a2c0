"""Import of what people said: votes between two answers, and published boards of ratings."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchbuilder.curation.privacy import mask
from benchbuilder.errors import SourceError
from benchbuilder.exchange.appending import Appended, Incoming, append_incoming
from benchbuilder.sources.boards import is_votes_file, read_board
from benchbuilder.sources.votes import read_votes
from benchbuilder.text import escape_for_message
from benchbuilder.warehouse import Snapshot, Warehouse, publish_checked

VOTES = "votes"  # what people are called that are rated from the votes in the warehouse


class ImportedPeople(NamedTuple):
    """What an import did: new rows by relation, rows known already, records rejected, the snapshot."""

    appended: Appended
    snapshot: Snapshot


def import_votes(warehouse: Warehouse, path: Path) -> ImportedPeople:
    """Votes of Chatbot Arena's kind; see `sources.votes.read_votes`.

    Raises:
        SourceError: the file cannot be read as a whole.
        CheckFailedError: the warehouse holds what must not be; nothing is published.
    """
    now = datetime.now(UTC)
    read = read_votes(path, lambda text: mask(text).text)
    votes = read.votes.with_columns(location=pl.lit(path.name), imported_at=pl.lit(now))
    rejections = read.rejections.with_columns(count_records=pl.lit(1, pl.Int64))
    incoming = Incoming("human_votes", votes, ("winner",))
    return ImportedPeople(
        append_incoming(warehouse, path.name, [incoming], rejections, now), publish_checked(warehouse, now)
    )


def import_ratings(warehouse: Warehouse, path: Path, people: str | None = None) -> ImportedPeople:
    """A published board of people's ratings; see `sources.boards.read_board`.

    Args:
        warehouse: to import into.
        path: the file.
        people: what the board is called; default: the file's name. A name keeps its first numbers.

    Raises:
        SourceError: the file is no board, or holds votes; or the name is the one that votes have.
        CheckFailedError: the warehouse holds what must not be; nothing is published.
    """
    now = datetime.now(UTC)
    if is_votes_file(path):
        raise SourceError(f"{path}: these are votes; import them with `benchbuilder import votes`")
    people = people or path.stem
    if people == VOTES:
        raise SourceError(
            f"{escape_for_message(people)} is what the imported votes are called; name the board otherwise"
        )
    board = read_board(path).drop_nulls("score")
    ratings = board.rename({"score": "rating"}).with_columns(
        people=pl.lit(people), imported_at=pl.lit(now), line=pl.int_range(1, pl.len() + 1)
    )
    nothing = pl.DataFrame(schema={"line": pl.Int64, "reason": pl.String})
    appended = append_incoming(warehouse, path.name, [Incoming("human_ratings", ratings, ("rating",))], nothing, now)
    return ImportedPeople(appended, publish_checked(warehouse, now))
