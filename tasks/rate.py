"""Fit the board of one version from the judgments of the present models and judges, and freeze it with its settings."""

from datetime import UTC, datetime
from typing import Any

import orjson
import polars as pl

from benchbuilder.errors import WithheldError
from benchbuilder.judging.verdict import PARSER_VERSION
from benchbuilder.rating.leaderboard import Leaderboard, fit_leaderboard
from benchbuilder.schemas import frame_of
from benchbuilder.text import digest_of
from tasks import Run, cached_step, logger

_GAMES = """
    select
        games.request_key, games.prompt_id as question_id, questions.topic_id, games.model, games.baseline, games.judge,
        games.baseline_first, games.replicate, games.model_verdict as verdict
    from games
    join (from questions where benchmark_id = $benchmark_id) as questions using (prompt_id)
    semi join contestants on games.model = contestants.model and games.model_digest = contestants.model_digest
    semi join contestants as baselines
        on games.baseline = baselines.model and games.baseline_digest = baselines.model_digest
    semi join judges on games.judge = judges.judge and games.judge_digest = judges.judge_digest
    where games.baseline = $baseline
    order by question_id, games.model, games.judge, games.baseline_first, games.request_key
"""


def _games(run: Run, benchmark_id: str) -> pl.DataFrame:
    """The judgments that count on this board, unreadable ones with a null verdict."""
    settings = run.settings
    contestants = [{"model": name, "model_digest": settings.digest_of_model(name)} for name in settings.contestants]
    judges = [{"judge": judge.model, "judge_digest": settings.digest_of_judge(judge)} for judge in settings.judges]
    return run.warehouse.read(
        _GAMES,
        frames={"contestants": pl.DataFrame(contestants), "judges": pl.DataFrame(judges)},
        benchmark_id=benchmark_id,
        baseline=settings.evaluation.baseline,
    )


def _inputs(run: Run) -> Any:
    judged = run.warehouse.read(
        "select count(*), bit_xor(hash(request_key, model, baseline, baseline_first, verdict)) from games"
    ).row(0)
    settings = run.settings
    models = {name: settings.digest_of_model(name) for name in settings.contestants}
    judges = [[judge.model, settings.digest_of_judge(judge)] for judge in settings.judges]
    return [list(map(str, judged)), settings.rating, settings.evaluation.model_dump(), models, judges, PARSER_VERSION]


@cached_step(version=1, inputs=_inputs)
async def rate(run: Run, benchmark_id: str) -> str:
    """Fit and append a leaderboard.

    Returns:
        Its id.

    Raises:
        WithheldError: no model passes the gate; the board is kept, marked as withheld, and not published.
    """
    games = _games(run, benchmark_id)
    planned = _planned(run, benchmark_id, games)
    battles = games.filter(pl.col("verdict").is_not_null()).drop("request_key")
    board = fit_leaderboard(battles, planned, run.settings.rating)
    row = _row(run, benchmark_id, games, board)
    with run.warehouse.write() as writer:
        writer.append("leaderboards", frame_of("leaderboards", [row]))
        digests = pl.DataFrame(
            [{"model": name, "model_digest": run.settings.digest_of_model(name)} for name in run.settings.contestants]
        )
        rows = board.rows.join(digests, on="model").with_columns(leaderboard_id=pl.lit(row["leaderboard_id"]))
        writer.append("leaderboard_rows", rows)
    if row["is_withheld"]:
        raise WithheldError(f"the board is withheld: {row['reason']}")
    logger.info("rate: a board of %d models from %d judgments", board.rows.height, battles.height)
    return row["leaderboard_id"]


def _planned(run: Run, benchmark_id: str, games: pl.DataFrame) -> pl.DataFrame:
    """How many judgments were wanted of each model, over all judges and both orders, and how many can be read."""
    count_questions = run.warehouse.read(
        "select count(*) from questions where benchmark_id = $benchmark_id", benchmark_id=benchmark_id
    ).item()
    readable = dict(games.filter(pl.col("verdict").is_not_null()).group_by("model").len().iter_rows())
    count_planned = count_questions * len(run.settings.judges) * 2
    models = [name for name in run.settings.evaluation.models if name != run.settings.evaluation.baseline]
    rows = [(name, count_planned, readable.get(name, 0)) for name in models]
    return pl.DataFrame(rows, schema=["model", "count_planned", "count_readable"], orient="row")


def _row(run: Run, benchmark_id: str, games: pl.DataFrame, board: Leaderboard) -> dict[str, Any]:
    settings = run.settings
    judges = [(judge.model, settings.digest_of_judge(judge)) for judge in settings.judges]
    models = {name: settings.digest_of_model(name) for name in settings.contestants}
    frozen = {"rating": settings.rating, "models": models, "baseline": settings.evaluation.baseline}
    is_withheld = not board.rows["is_ranked"].any()
    count_readable, share = _readable(board)
    return {
        "leaderboard_id": digest_of([benchmark_id, frozen, judges, games.rows(), PARSER_VERSION]),
        "benchmark_id": benchmark_id,
        "baseline": settings.evaluation.baseline,
        "judges": [name for name, _ in judges],
        "judge_digests": [digest for _, digest in judges],
        "parser_version": PARSER_VERSION,
        "settings": orjson.dumps(frozen).decode(),
        "is_withheld": is_withheld,
        "reason": f"no model has {settings.rating.min_share_readable:.0%} of its judgments read"
        if is_withheld
        else None,
        "count_judgments": count_readable,
        "share_readable": share,
        "as_of": run.as_of,
        "fitted_at": datetime.now(UTC),
    }


def _readable(board: Leaderboard) -> tuple[int, float]:
    models = board.rows.filter(pl.col("model").ne_missing(pl.lit(board.baseline)))
    count_readable, count_planned = int(models["count_judgments"].sum()), int(models["count_planned"].sum())
    return count_readable, count_readable / count_planned if count_planned else 0.0
