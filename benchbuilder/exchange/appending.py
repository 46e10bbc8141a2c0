"""How imported rows enter the warehouse: what is new, what was there, and what says something else than before."""

from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from benchbuilder.schemas import RELATIONS, frame_of
from benchbuilder.text import digest_of, escape_for_message
from benchbuilder.warehouse import Warehouse, Writer

DIFFERS = "differs_from_first"  # the same key with another content: the first one stays
MAX_EXCERPT = 200


class Incoming(NamedTuple):
    """Rows of one relation.

    Attributes:
        relation: its name.
        rows: of its schema, with `location` and `line`.
        content: columns in which a row with a known key must equal the one that is there.
    """

    relation: str
    rows: pl.DataFrame
    content: tuple[str, ...]


class Appended(NamedTuple):
    """What became of the rows of one file's part.

    Attributes:
        counts: relation → new rows.
        count_known: rows that were there already, word for word.
        count_rejected: records that could not be read, and rows that differ from those that are there.
    """

    counts: dict[str, int]
    count_known: int
    count_rejected: int


def append_incoming(
    warehouse: Warehouse, file: str, several: list[Incoming], rejections: pl.DataFrame, now: datetime
) -> Appended:
    """Append one part in one transaction.

    Args:
        warehouse: to append to.
        file: where the part comes from.
        several: its rows.
        rejections: line, reason, excerpt, record_sha256, count_records of what could not be read.
        now: the moment of the import.
    """
    counts, count_known = {}, 0
    refused = [_rejection(file, row, now) for row in rejections.iter_rows(named=True)]
    with warehouse.write() as writer:
        for incoming in several:
            if incoming.rows.is_empty():
                continue
            new = writer.append(incoming.relation, incoming.rows)
            differing = _differing(writer, incoming)
            counts[incoming.relation] = new
            count_known += incoming.rows.height - new - differing.height
            refused += [_rejection(file, _told_apart(row), now) for row in differing.iter_rows(named=True)]
        writer.append("import_rejections", frame_of("import_rejections", refused))
    return Appended(counts, count_known, sum(row["count_records"] for row in refused))


def _differing(writer: Writer, incoming: Incoming) -> pl.DataFrame:
    """Line, key and content of rows whose key is there with another content, of this import or of an earlier one."""
    keys = RELATIONS[incoming.relation].primary_key()
    same = " and ".join(f"present.{key} = coming.{key}" for key in keys)
    other = " or ".join(f"present.{name} is distinct from coming.{name}" for name in incoming.content)
    # Names come from our own schemas, never from outside.
    told = ", ".join(f"coming.{name}" for name in ("line", *keys, *incoming.content))
    query = f"select {told} from coming join {incoming.relation} as present on {same} where {other} order by all"  # noqa: S608
    return writer.read(query, frames={"coming": incoming.rows})


def _told_apart(row: dict[str, Any]) -> dict[str, Any]:
    """A rejection of a row that differs: a record may hold several, and a file may say something else tomorrow."""
    line, *said = row.values()
    excerpt = escape_for_message(" ".join("unreadable" if value is None else str(value) for value in said), MAX_EXCERPT)
    return {"line": line, "reason": DIFFERS, "excerpt": excerpt, "record_sha256": digest_of(said)}


def _rejection(file: str, row: dict[str, Any], now: datetime) -> dict[str, Any]:
    identity = [file, row["line"], row["reason"], row.get("record_sha256")]
    return {
        "rejection_id": digest_of(identity),
        "location": file,
        "line": row["line"],
        "reason": row["reason"],
        "excerpt": row.get("excerpt"),
        "record_sha256": row.get("record_sha256"),
        "count_records": row.get("count_records", 1),
        "rejected_at": now,
    }
