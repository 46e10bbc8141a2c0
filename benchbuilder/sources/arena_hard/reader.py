"""Reads what a path of arena-hard holds, part by part, with memory flat in the size of its files.

Battles are the exception: equal rows are copies of one verdict wherever they stand, so they are counted over the whole
file before the first part is made of them. One row per question, pair and winner is held, never the file.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchbuilder.errors import SourceError
from benchbuilder.sources.arena_hard.access import UnreadableRecordError
from benchbuilder.sources.arena_hard.battles import BattleCounter, count_games, decode_games, parse_battle, pieces
from benchbuilder.sources.arena_hard.games import Defaults
from benchbuilder.sources.arena_hard.gathering import MAX_RECORDS, Gatherer, Mask, object_in
from benchbuilder.sources.arena_hard.kinds import Kind
from benchbuilder.sources.arena_hard.locating import Located, locate
from benchbuilder.sources.arena_hard.parts import Fault, Part
from benchbuilder.sources.lines import Line, read_lines


def _read_records(file: Located, gatherer: Gatherer) -> Iterator[Part]:
    count_parts = 0
    for line in read_lines(file.path):
        gatherer.add(line, file.kind)
        if gatherer.is_full:
            yield gatherer.part()
            count_parts += 1
    if gatherer.count_records or count_parts == 0:
        yield gatherer.part()


def _count_battles(file: Located, gatherer: Gatherer, counter: BattleCounter) -> Iterator[Part]:
    """Counts every battle of the file; the parts are of those that cannot be read, the last few stay gathered."""
    for line in read_lines(file.path):
        try:
            counter.add(parse_battle(object_in(line), line.number))
        except UnreadableRecordError as error:
            gatherer.reject(line, error.reason)
            if gatherer.is_full:
                yield gatherer.part()
    if gatherer.count_records > MAX_RECORDS // 2:
        yield gatherer.part()


def _first_lines(file: Located, rejected: pl.DataFrame) -> dict[int, Line]:
    """The line that stands for each rejected pair, by its number; the file is read once more for them."""
    wanted = set(rejected["line"])
    found = (line for line in read_lines(file.path) if line.number in wanted) if wanted else ()
    return {line.number: line for line in found}


def _read_battles(file: Located, gatherer: Gatherer) -> Iterator[Part]:
    counter = BattleCounter()
    yield from _count_battles(file, gatherer, counter)
    counted = count_games(counter.pairs())
    first_lines = _first_lines(file, counted.filter(pl.col("reason").is_not_null()))
    if counted.is_empty():
        yield gatherer.part()
    for piece in pieces(counted, count_before=gatherer.count_records):
        kept = piece.filter(pl.col("reason").is_null())
        rejected = piece.filter(pl.col("reason").is_not_null())
        for number, reason, count_rows in rejected.select("line", "reason", "count_rows").iter_rows():
            first = first_lines.get(number, Line(number, b""))  # empty if somebody has changed the file meanwhile
            gatherer.reject(first, reason, count_records=count_rows)
        part = gatherer.part()
        yield part._replace(judgments=decode_games(kept), count_records=part.count_records + kept["count_rows"].sum())


def _reject_battles(file: Located, gatherer: Gatherer) -> Iterator[Part]:
    """All battles of a file that stands beside the judgments they were made from: each game would count twice."""
    first, count_records = None, 0
    for line in read_lines(file.path):
        first, count_records = first or line, count_records + 1
    if first:
        gatherer.reject(first, Fault.REPEATS_JUDGMENTS, count_records=count_records)
    yield gatherer.part()


def _read_all(files: list[Located], mask: Mask, baseline: str | None) -> Iterator[Part]:
    is_judged = any(file.kind in {Kind.JUDGMENTS, Kind.VERDICTS} for file in files)
    for file in files:
        gatherer = Gatherer(file.name, mask, Defaults(baseline, file.judge))
        read = _read_records
        if file.kind is Kind.BATTLES:
            read = _reject_battles if is_judged else _read_battles
        try:
            yield from read(file, gatherer)
        except OSError as error:
            raise SourceError(f"{file.path}: cannot be read: {error}") from error


def read_arena_hard(path: Path, mask: Mask, *, baseline: str | None = None) -> Iterator[Part]:
    """What `path` holds of arena-hard: questions first, then answers, judgments, battles.

    Args:
        path: a data folder (question.jsonl, model_answer/, model_judgment/JUDGE/, arena_hard_battles.jsonl; any may be
            absent), or one file of questions, answers, judgments, verdicts or battles, recognised by its fields.
        mask: hides personal data; called once for each text and excerpt, never for names and ids.
        baseline: of judgments that do not name theirs; else gpt-4-0314, which those of arena-hard-v0.1 were made with.

    Returns:
        Parts, each of at most 20,000 records or 64 MB and of one file; at least one per file. Records read and records
        rejected make up all of a file's.

    Raises:
        SourceError: at once where the path holds nothing known or several data sets; while reading where a file cannot
            be read.
    """
    try:
        files = locate(path)
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError before Python 3.13
        raise SourceError(f"{path}: cannot be read: {error}") from error
    return _read_all(files, mask, baseline)
