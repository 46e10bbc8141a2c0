"""From stored judgments to a board and back: what the nightly step, imports and the command line share.

A board is named by its leaderboard_id. `read_contest` gives all judgments behind a stored board, so that it can be
fitted again with another method, judge or style; `append_board` stores a fit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import orjson
import polars as pl
from pydantic import TypeAdapter

from benchbuilder.errors import NothingToRunError, UsageError
from benchbuilder.judging.canaries import PREFIX
from benchbuilder.rating.board_of_games import fit_games, usable_games
from benchbuilder.rating.ensemble import combine
from benchbuilder.rating.leaderboard import Leaderboard
from benchbuilder.rating.options import RatingSettings
from benchbuilder.schemas import frame_of
from benchbuilder.text import digest_of, escape_for_message
from benchbuilder.warehouse import Writer

IMPORTED = "imported"  # the digest of models and judges whose settings somebody else knows

_GAMES = """
    select
        question_ref as question_id, prompt_id, topic_id, topic_name, category, model, baseline, judge, baseline_first,
        replicate, model_verdict as verdict
    from board_games
    where leaderboard_id = $leaderboard_id and ($judge is null or judge = $judge)
    order by question_id, model, baseline, judge, baseline_first, replicate, request_key
"""
_STYLES = """
    select
        all_answers.question_ref as question_id, all_answers.model, count_tokens, count_headers, count_lists, count_bold
    from all_answers
    semi join (
        select unnest($models) as model, unnest($digests) as model_digest
    ) as contestants
        on all_answers.model = contestants.model and all_answers.model_digest = contestants.model_digest
    where all_answers.count_tokens is not null
    order by question_id, all_answers.model
"""


# Of versions built here the one chosen last, else the import rated last; one without a board only if none has one.
_NEWEST = """
    select benchmarks.*
    from benchmarks
    join latest_choices using (benchmark_id)
    left join leaderboards using (benchmark_id)
    order by
        leaderboards.leaderboard_id is null, benchmarks.is_imported,
        case when benchmarks.is_imported then leaderboards.fitted_at else latest_choices.chosen_at end desc,
        leaderboards.fitted_at desc, benchmarks.benchmark_id
    limit 1
"""


class Reader(Protocol):
    """Anything that answers SQL: the live warehouse, an open transaction, a snapshot."""

    def read(self, query: str, **bound: Any) -> pl.DataFrame:
        """The rows of one query."""
        ...


class Contest(NamedTuple):
    """Everything that one stored board was, or can be, fitted from.

    Attributes:
        benchmark_id: of the version.
        is_imported: whether the version is.
        leaderboard_id: of the stored board.
        settings: that the board was stored with.
        baseline: against whom.
        judges: whose judgments are in games.
        games: one row per judgment: question_id, prompt_id, topic_id, topic_name, category, model, baseline, judge,
            baseline_first, replicate, verdict from the model's side, null where unreadable.
        count_planned: see `fit_games`.
        canaries: models that are never ranked, with the reason.
        answers: length and Markdown of the answers, columns `style.ANSWER_SCHEMA`.
    """

    benchmark_id: str
    is_imported: bool
    leaderboard_id: str
    settings: RatingSettings
    baseline: str
    judges: tuple[str, ...]
    games: pl.DataFrame
    count_planned: dict[str, int] | None
    canaries: dict[str, str]
    answers: pl.DataFrame

    def fit(self, settings: RatingSettings | None = None) -> Leaderboard:
        """The board, with the settings that it was stored with or others."""
        settings = settings or self.settings
        planned = self.count_planned
        if planned is not None and settings.ensemble != "each":
            planned = {model: count // len(self.judges) for model, count in planned.items()}
        return fit_games(
            self.games,
            settings,
            baseline=self.baseline,
            count_planned=planned,
            canaries=self.canaries,
            answers=self.answers,
        )

    def battles(self, settings: RatingSettings) -> pl.DataFrame:
        """The readable games under the judges' rule of the settings, with style columns."""
        return usable_games(self.games, settings, self.answers).drop_nulls("verdict")


def read_contest(
    reader: Reader, *, benchmark_id: str | None = None, judge: str | None = None, baseline: str | None = None
) -> Contest:
    """The judgments behind the newest board of a version, also of one that a gate withheld.

    Args:
        reader: of a warehouse or a snapshot.
        benchmark_id: the whole id or its beginning; default: see `_NEWEST`.
        judge: only its judgments.
        baseline: another model of the board to measure against.

    Raises:
        NothingToRunError: there is no version, or nothing was judged on it.
        UsageError: the version, judge or baseline is unknown, or the beginning of an id fits several.
    """
    benchmark = read_benchmark(reader, benchmark_id)
    boards = reader.read(
        "from leaderboards where benchmark_id = $id order by fitted_at desc, leaderboard_id limit 1",
        id=benchmark["benchmark_id"],
    )
    if boards.is_empty():
        raise NothingToRunError("No board yet: nothing was judged on this version")
    board = boards.row(0, named=True)
    if judge is not None:
        _check_known("judge", judge, board["judges"])
    rows = reader.read("from leaderboard_rows where leaderboard_id = $id order by model", id=board["leaderboard_id"])
    models = dict(zip(rows["model"], rows["model_digest"], strict=True))
    if baseline is not None:
        _check_known("baseline", baseline, list(models))
    against = baseline or str(board["baseline"])
    judges = (judge,) if judge else tuple(board["judges"])
    games = reader.read(_GAMES, leaderboard_id=board["leaderboard_id"], judge=judge)
    count_planned = None
    if not benchmark["is_imported"] and against == board["baseline"]:
        planned = benchmark["count_questions"] * len(judges) * 2
        count_planned = {model: planned for model in models if model != against}
    return Contest(
        benchmark["benchmark_id"],
        benchmark["is_imported"],
        board["leaderboard_id"],
        _settings(board["settings"]),
        against,
        judges,
        games,
        count_planned,
        {model: reason for model, reason in rows.select("model", "reason").iter_rows() if is_canary(reason)},
        read_styles(reader, models),
    )


def _settings(frozen: str) -> RatingSettings:
    """As they stand in a stored board; what an older one does not say has its default."""
    return TypeAdapter(RatingSettings).validate_python(orjson.loads(frozen)["rating"])


def is_canary(reason: str | None) -> bool:
    """Whether this is the reason of a row that nobody is."""
    return bool(reason and reason.startswith(PREFIX))


def read_styles(reader: Reader, models: Mapping[str, str]) -> pl.DataFrame:
    """Length and Markdown of the answers of these models (name → digest)."""
    return reader.read(_STYLES, models=list(models), digests=list(models.values()))


def read_benchmark(reader: Reader, benchmark_id: str | None = None) -> dict[str, Any]:
    """The row of a version: named by its id or the beginning of it; default: the newest with a board, see `_NEWEST`.

    Raises:
        NothingToRunError: there is none.
        UsageError: it is unknown, or the beginning fits several.
    """
    if benchmark_id is None:
        found = reader.read(_NEWEST)
        if found.is_empty():
            raise NothingToRunError("No board yet: there is no benchmark version")
    else:
        found = reader.read("from benchmarks where starts_with(benchmark_id, $id)", id=benchmark_id)
        if found.height != 1:
            lack = "is unknown" if found.is_empty() else f"fits {found.height} versions"
            raise UsageError(f"benchmark {escape_for_message(benchmark_id)} {lack}")
    return found.row(0, named=True)


def _check_known(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        shown = ", ".join(escape_for_message(each) for each in known[:10])
        raise UsageError(f"{what} {escape_for_message(name)} is not on this board; known: {shown}")


class Provenance(NamedTuple):
    """What a stored board is kept with.

    Attributes:
        benchmark_id: of the version.
        models: name → digest, the baseline included.
        judges: name → digest.
        parser_version: that replies were read with; 0 for an import.
        as_of: the moment of the run.
    """

    benchmark_id: str
    models: Mapping[str, str]
    judges: Mapping[str, str]
    parser_version: int
    as_of: datetime


def append_board(writer: Writer, board: Leaderboard, games: pl.DataFrame, provenance: Provenance) -> dict[str, Any]:
    """Store a fit; the same judgments and settings are the same board.

    Args:
        writer: of the open transaction.
        board: as fitted.
        games: every judgment that counted, in a fixed order.
        provenance: see there.

    Returns:
        The row of `leaderboards`.
    """
    row = _row(board, games, provenance)
    writer.append("leaderboards", frame_of("leaderboards", [row]))
    digests = pl.DataFrame({"model": list(provenance.models), "model_digest": list(provenance.models.values())})
    rows = board.rows.join(digests, on="model").with_columns(leaderboard_id=pl.lit(row["leaderboard_id"]))
    writer.append("leaderboard_rows", rows)
    return row


def _counts(board: Leaderboard, games: pl.DataFrame) -> tuple[int, int]:
    """Judgments read and wanted. One between two models stands in the rows of both and counts once."""
    models = board.rows.filter(pl.col("model").ne_missing(pl.lit(board.baseline)))
    is_between_models = (pl.col("model") != board.baseline) & (pl.col("baseline") != board.baseline)
    twice = combine(games.filter(is_between_models), board.settings.ensemble)
    count_readable = int(models["count_judgments"].sum()) - twice["verdict"].count()
    return count_readable, int(models["count_planned"].sum()) - twice.height


def _row(board: Leaderboard, games: pl.DataFrame, provenance: Provenance) -> dict[str, Any]:
    frozen = {"rating": asdict(board.settings), "models": provenance.models, "baseline": board.baseline}
    judges = [list(judge) for judge in provenance.judges.items()]
    count_readable, count_planned = _counts(board, games)
    is_withheld = not board.rows["is_ranked"].any()
    reason = f"no model has {board.settings.min_share_readable:.0%} of its judgments read"
    key = [provenance.benchmark_id, frozen, judges, games.rows(), provenance.parser_version]
    return {
        "leaderboard_id": digest_of(key),
        "benchmark_id": provenance.benchmark_id,
        "baseline": board.baseline,
        "judges": list(provenance.judges),
        "judge_digests": list(provenance.judges.values()),
        "parser_version": provenance.parser_version,
        "settings": orjson.dumps(frozen).decode(),
        "is_withheld": is_withheld,
        "reason": reason if is_withheld else None,
        "count_judgments": count_readable,
        "share_readable": count_readable / count_planned if count_planned else 0.0,
        "as_of": provenance.as_of,
        "fitted_at": datetime.now(UTC),
    }
