"""Boards of models, one row each, as their makers publish them: read into one frame, whatever they call their columns.

| recognised by | what it is |
|---|---|
| model, score, lower, upper, results | bootstrap rounds of a benchmark (JSON lines) |
| model or no name, rating or score, rating_q025, rating_q975, variance | a rating table (CSV) |
| a first column without name, all others numbers | bootstrap rounds of ratings (CSV): a column per model |
| model, win_rate, lower, upper | our own board (JSON, CSV) |

Any of them may come as JSON lines, JSON array, CSV or Parquet; a file's name says nothing.
"""

import math
from collections.abc import Set as AbstractSet
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchbuilder.errors import SourceError
from benchbuilder.sources.json_objects import parse_object
from benchbuilder.sources.records import Reason
from benchbuilder.sources.rows import Row, read_rows
from benchbuilder.text import escape_for_message

NORMAL_975 = 1.959964  # half the width of a 95 % interval in standard deviations
PERCENTILES = (2.5, 97.5)
BOARD_SCHEMA = pl.Schema(
    {
        "model": pl.String,
        "score": pl.Float64,
        "lower": pl.Float64,
        "upper": pl.Float64,
        "mean": pl.Float64,
        "variance": pl.Float64,
    }
)

_MODEL_FIELDS = ("model", "")  # the index of a pandas table has no name
_SCORE_FIELDS = ("win_rate", "score", "rating")
_INTERVAL_FIELDS = (("lower", "upper"), ("rating_q025", "rating_q975"))
_ONE_HOT_FIELDS = {"winner_model_a", "winner_model_b", "winner_tie"}
_PEEKED_ROWS = 20


class _Entry(NamedTuple):
    """One row of a board, as `BOARD_SCHEMA`."""

    model: str
    score: float | None
    lower: float | None
    upper: float | None
    mean: float | None
    variance: float | None


def read_board(path: Path) -> pl.DataFrame:
    """A board with the columns of `BOARD_SCHEMA`, in the order of the file.

    Where the file has rounds, mean and variance are theirs (ddof 0), and the interval is their 2.5 and 97.5 percentile
    unless the file says it; a file of rounds alone has their median as score. Else mean is the score, and variance
    is the file's own or, where it has none, (upper - lower)² / (2 · 1.959964)²: a normal reading of the 95 % interval.
    What cannot be known is null. A model of our own board of which nothing could be read (win_rate null) keeps its row
    with a null score; `rating.quality` leaves it out, and whoever counts it finds it there.

    Raises:
        SourceError: the file is no board, or a value in it is wrong: no finite number, lower over upper, a model twice.
            Names file, line and value.
    """
    rows = list(read_rows(path))
    if not rows:
        raise SourceError(f"{path}: holds no rows")
    fields = _record_of(path, rows[0]).keys()
    if _is_vote(fields):
        raise SourceError(f"{path}: holds votes, not a board; a board can be fitted from them")
    model_field = next((name for name in _MODEL_FIELDS if name in fields), None)
    score_field = next((name for name in _SCORE_FIELDS if name in fields), None)
    if model_field is not None and score_field:
        entries = [_entry_of(path, row, model_field, score_field) for row in rows]
        _check_unique(path, rows, [entry.model for entry in entries])
    elif "" in fields and len(fields) > 1 and "model" not in fields:
        entries = _entries_of_rounds(path, rows)
    else:
        raise SourceError(f"{path}: no board: {_known_fields(fields)}")
    return pl.DataFrame(entries, schema=BOARD_SCHEMA, orient="row")


def read_names(path: Path) -> dict[str, str]:
    """A map of model names, from those of one board to those of another, in either direction.

    Raises:
        SourceError: the file is no JSON object of texts; names file, key and value.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file") from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    names = parse_object(content.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(names, Reason):
        raise SourceError(f"{path}: a map of names is one JSON object of texts; this is {names}")
    for key, value in names.items():
        if not isinstance(value, str) or not value.strip() or not key.strip():
            raise SourceError(f"{path}: the name {_shown(key)} leads to {_shown(value)}, not to a name")
    return names


def is_votes_file(path: Path) -> bool:
    """Whether the file holds votes (model_a, model_b and a winner) rather than a board, told by its first records.

    Raises:
        SourceError: it cannot be read.
    """
    records = (row.record for row in islice(read_rows(path), _PEEKED_ROWS))
    return any(_is_vote(record.keys()) for record in records if isinstance(record, dict))


def _is_vote(fields: AbstractSet[str]) -> bool:
    return {"model_a", "model_b"} <= fields and ("winner" in fields or fields >= _ONE_HOT_FIELDS)


def _known_fields(fields: AbstractSet[str]) -> str:
    found = _shown(", ".join(fields)) or "none"
    return f"a board has the fields model and {' or '.join(_SCORE_FIELDS)}, this file has {found}"


def _record_of(path: Path, row: Row) -> dict[str, Any]:
    if isinstance(row.record, Reason):
        raise _fault(path, row, str(row.record))  # without its text: of a wrong file it may be anything
    return row.record


def _entry_of(path: Path, row: Row, model_field: str, score_field: str) -> _Entry:
    record = _record_of(path, row)
    model = record.get(model_field)
    if not isinstance(model, str) or not model.strip():
        raise _fault(path, row, f"the model has the name {_shown(model)}")
    score = _number(path, row, score_field)
    if score is None and not (score_field == "win_rate" and "win_rate" in record):
        raise _fault(path, row, f"{_shown(model)} has no {score_field}")
    rounds = _rounds_of(path, row)
    lower, upper = _interval_of(path, row, rounds)
    if score is None:
        return _Entry(model, None, lower, upper, None, None)
    if rounds is not None:
        return _Entry(model, score, lower, upper, float(rounds.mean()), float(rounds.var()))
    variance = _number(path, row, "variance")
    if variance is not None and variance < 0:
        raise _fault(path, row, f"variance {variance} is less than 0")
    if variance is None and lower is not None and upper is not None:
        variance = ((upper - lower) / (2 * NORMAL_975)) ** 2
    return _Entry(model, score, lower, upper, score, variance)


def _interval_of(path: Path, row: Row, rounds: np.ndarray | None) -> tuple[float | None, float | None]:
    """As the file says it, else from its rounds; an end without the other is a fault."""
    for names in _INTERVAL_FIELDS:
        lower, upper = (_number(path, row, name) for name in names)
        if lower is not None and upper is not None:
            if lower > upper:
                raise _fault(path, row, f"{names[0]} {lower} is more than {names[1]} {upper}")
            return lower, upper
        if lower is not None or upper is not None:
            raise _fault(path, row, f"there is a {names[lower is None]} and no {names[upper is None]}")
    return (None, None) if rounds is None else _percentiles(rounds)


def _percentiles(rounds: np.ndarray) -> tuple[float, float]:
    lower, upper = np.percentile(rounds, PERCENTILES)
    return float(lower), float(upper)


def _rounds_of(path: Path, row: Row) -> np.ndarray | None:
    values = _record_of(path, row).get("results")
    if values is None or values == "":
        return None
    if not isinstance(values, list) or not values:
        raise _fault(path, row, f"results is no list of numbers: {_shown(values)}")
    return np.array([_finite(path, row, "results", value) for value in values])


def _entries_of_rounds(path: Path, rows: list[Row]) -> list[_Entry]:
    """A column per model, a row per round; the column without name counts the rounds."""
    models = [name for name in _record_of(path, rows[0]) if name]
    rounds = np.array([[_cell(path, row, name) for name in models] for row in rows])
    return [
        _Entry(name, float(np.median(values)), *_percentiles(values), float(values.mean()), float(values.var()))
        for name, values in zip(models, rounds.T, strict=True)
    ]


def _cell(path: Path, row: Row, model: str) -> float:
    value = _number(path, row, model)
    if value is None:
        raise _fault(path, row, f"{_shown(model)} has no number")
    return value


def _number(path: Path, row: Row, field: str) -> float | None:
    """The number in a field; None where it is missing, null or an empty cell."""
    value = _record_of(path, row).get(field)
    return None if value is None or value == "" else _finite(path, row, field, value)


def _finite(path: Path, row: Row, field: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _fault(path, row, f"{_shown(field)} is no finite number: {_shown(value)}")
    return number


def _check_unique(path: Path, rows: list[Row], models: list[str]) -> None:
    seen: dict[str, Row] = {}
    for row, model in zip(rows, models, strict=True):
        if model in seen:
            raise _fault(path, row, f"{_shown(model)} stands already in {row.unit} {seen[model].number}")
        seen[model] = row


def _fault(path: Path, row: Row, text: str) -> SourceError:
    return SourceError(f"{path}, {row.unit} {row.number}: {text}")


def _shown(value: Any) -> str:
    return escape_for_message(value if isinstance(value, str) else repr(value))
