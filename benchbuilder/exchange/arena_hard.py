"""Import of arena-hard-auto's data: questions, answers, judgments, battles, verdicts; then its board.

Everything attaches by the question's reference (uid), in any order and over several imports. A version is the set of
references that came with questions or judgments; the same set is the same version, so importing twice changes nothing.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchbuilder.boards import IMPORTED, Provenance, append_board, read_styles
from benchbuilder.curation.privacy import mask
from benchbuilder.errors import NotConvergedError
from benchbuilder.exchange.appending import Incoming, append_incoming
from benchbuilder.rating.board_of_games import fit_games
from benchbuilder.rating.options import RatingSettings
from benchbuilder.schemas import frame_of
from benchbuilder.sources.arena_hard import Part, read_arena_hard
from benchbuilder.text import digest_of, prompt_id_of, style_counts
from benchbuilder.warehouse import Snapshot, Warehouse, publish_checked

_GAMES = """
    select
        games.request_key, games.question_ref as question_id, benchmark_questions.topic_id, games.model, games.baseline,
        games.judge, games.baseline_first, games.replicate, games.model_verdict as verdict
    from games
    inner join benchmark_questions on games.question_ref = benchmark_questions.question_ref
    where benchmark_questions.benchmark_id = $benchmark_id and games.judge_digest = 'imported'
    order by question_id, games.model, games.baseline, games.judge, games.baseline_first, games.request_key
"""


class Imported(NamedTuple):
    """What an import did.

    Attributes:
        counts: relation → rows that are new.
        count_records: that were read, used or not.
        count_known: rows that were there already.
        count_rejected: records that could not be used; import_rejections says why.
        benchmark_id: the version, where the import made or met one.
        note: why there is no board, where there is none.
        snapshot: what was published.
    """

    counts: dict[str, int]
    count_records: int
    count_known: int
    count_rejected: int
    benchmark_id: str | None
    note: str | None
    snapshot: Snapshot


def import_arena_hard(
    warehouse: Warehouse,
    path: Path,
    settings: RatingSettings | None = None,
    *,
    baseline: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Imported:
    """Import a data folder or one file, fit the version's board anew, publish a snapshot.

    Args:
        warehouse: to import into.
        path: see `read_arena_hard`.
        settings: of the board.
        baseline: of judgments that do not name theirs.
        progress: told the name of each file.

    Raises:
        SourceError: nothing known lies there, or a file cannot be read; what was read before it stays.
        CheckFailedError: the warehouse holds what must not be; nothing is published.
    """
    now, counts = datetime.now(UTC), Counter[str]()
    references: set[str] = set()
    count_records = count_known = count_rejected = 0
    for part in read_arena_hard(path, lambda text: mask(text).text, baseline=baseline):
        progress(f"{part.file}: {part.count_records} records")
        appended = append_incoming(warehouse, part.file, _incoming(part, now), part.rejections, now)
        counts.update(appended.counts)
        count_records += part.count_records
        count_known += appended.count_known
        count_rejected += appended.count_rejected
        references |= {*part.questions["question_ref"], *part.judgments["question_ref"]}
    benchmark_id = _append_version(warehouse, path, references, now) if references else None
    note = _rate(warehouse, benchmark_id, settings, now) if benchmark_id else "answers alone make no version"
    snapshot = publish_checked(warehouse, now)
    return Imported(dict(counts), count_records, count_known, count_rejected, benchmark_id, note, snapshot)


def _incoming(part: Part, now: datetime) -> list[Incoming]:
    """The rows of one part, as the relations want them, and what of them must not change when it comes again."""
    told = {"location": pl.lit(part.file)}
    questions = part.questions.with_columns(
        prompt_id=pl.col("text").map_elements(prompt_id_of, return_dtype=pl.String), imported_at=pl.lit(now), **told
    )
    judgments = part.judgments.with_columns(imported_at=pl.lit(now), **told)
    return [
        Incoming("imported_questions", questions, ("text",)),
        Incoming("given_answers", _answers(part, now), ("text",)),
        Incoming("imported_judgments", judgments, ("verdict",)),
    ]


def _answers(part: Part, now: datetime) -> pl.DataFrame:
    """With length and Markdown as the file says, and counted by us where it does not say."""
    rows = [
        {
            **row,
            **({} if None not in row.values() else style_counts(row["text"])),
            "answer_key": digest_of([IMPORTED, row["question_ref"], row["model"]]),
            "model_digest": IMPORTED,
            "location": part.file,
            "given_at": now,
        }
        for row in part.answers.iter_rows(named=True)
    ]
    return frame_of("given_answers", rows)


def _append_version(warehouse: Warehouse, path: Path, references: set[str], now: datetime) -> str:
    benchmark_id = digest_of([IMPORTED, sorted(references)])
    row = {
        "benchmark_id": benchmark_id,
        "count_questions": len(references),
        "count_kept": 0,
        "as_of": now,
        "frozen_at": now,
        "is_imported": True,
        "name": path.resolve().stem,
    }
    questions = [
        {"benchmark_id": benchmark_id, "question_ref": reference, "is_kept": False} for reference in sorted(references)
    ]
    with warehouse.write() as writer:
        writer.append("benchmarks", frame_of("benchmarks", [row]))
        writer.append("questions", frame_of("questions", questions))
    return benchmark_id


def _rate(warehouse: Warehouse, benchmark_id: str, settings: RatingSettings | None, now: datetime) -> str | None:
    """Fit and store the version's board over all judges that were imported; or say why there is none."""
    games = warehouse.read(_GAMES, benchmark_id=benchmark_id)
    if games.is_empty():
        return "no judgments yet, so no board"
    settings = settings or RatingSettings()
    names = sorted({*games["model"].unique(), *games["baseline"].unique()})
    models, judges = dict.fromkeys(names, IMPORTED), dict.fromkeys(games["judge"].unique().sort(), IMPORTED)
    answers = read_styles(warehouse, models) if settings.styles else None
    try:
        board = fit_games(games.drop("request_key"), settings, answers=answers)
    except NotConvergedError as error:
        return f"no board: {error}"
    if board.baseline is None:
        return "no judgment could be read, so no board"
    with warehouse.write() as writer:
        row = append_board(writer, board, games, Provenance(benchmark_id, models, judges, 0, now))
    return row["reason"]
