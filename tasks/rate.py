"""Fit the board of one version from the judgments of the present models and judges, and freeze it with its settings."""

from typing import Any

import polars as pl

from benchbuilder.boards import Provenance, append_board, read_styles
from benchbuilder.errors import WithheldError
from benchbuilder.judging.verdict import PARSER_VERSION
from benchbuilder.rating.board_of_games import fit_games
from tasks import Run, cached_step, logger

_GAMES = """
    select
        games.request_key, games.question_ref as question_id, questions.topic_id, games.model, games.baseline,
        games.judge, games.baseline_first, games.replicate, games.model_verdict as verdict
    from games
    join (from questions where benchmark_id = $benchmark_id) as questions using (question_ref)
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
    digests = settings.digests_of_contestants
    contestants = pl.DataFrame({"model": list(digests), "model_digest": list(digests.values())})
    judges = [{"judge": judge.model, "judge_digest": settings.digest_of_judge(judge)} for judge in settings.judges]
    return run.warehouse.read(
        _GAMES,
        frames={"contestants": contestants, "judges": pl.DataFrame(judges)},
        benchmark_id=benchmark_id,
        baseline=settings.evaluation.baseline,
    )


def _inputs(run: Run) -> Any:
    judged = run.warehouse.read(
        "select count(*), bit_xor(hash(request_key, model, baseline, baseline_first, verdict)) from games"
    ).row(0)
    settings = run.settings
    models = settings.digests_of_contestants
    judges = [[judge.model, settings.digest_of_judge(judge)] for judge in settings.judges]
    return [list(map(str, judged)), settings.rating, settings.evaluation.model_dump(), models, judges, PARSER_VERSION]


@cached_step(version=2, inputs=_inputs)
async def rate(run: Run, benchmark_id: str) -> str:
    """Fit and append a leaderboard.

    Returns:
        Its id.

    Raises:
        WithheldError: no model passes the gate; the board is kept, marked as withheld, and not published.
    """
    settings = run.settings
    games = _games(run, benchmark_id)
    models = settings.digests_of_contestants
    board = fit_games(
        games.drop("request_key"),
        settings.rating,
        baseline=settings.evaluation.baseline,
        count_planned=_planned(run, benchmark_id),
        canaries={canary.model: canary.reason for canary in settings.canaries},
        answers=read_styles(run.warehouse, models),
    )
    judges = {judge.model: settings.digest_of_judge(judge) for judge in settings.judges}
    provenance = Provenance(benchmark_id, models, judges, PARSER_VERSION, run.as_of)
    with run.warehouse.write() as writer:
        row = append_board(writer, board, games, provenance)
    if row["is_withheld"]:
        raise WithheldError(f"the board is withheld: {row['reason']}")
    logger.info("rate: a board of %d models from %d judgments", board.rows.height, row["count_judgments"])
    return row["leaderboard_id"]


def _planned(run: Run, benchmark_id: str) -> dict[str, int]:
    """How many judgments were wanted of each model: both orders, by each judge or by all of them together."""
    count_questions = run.warehouse.read(
        "select count(*) from questions where benchmark_id = $benchmark_id", benchmark_id=benchmark_id
    ).item()
    count_judges = len(run.settings.judges) if run.settings.rating.ensemble == "each" else 1
    count_planned = count_questions * count_judges * 2
    baseline = run.settings.evaluation.baseline
    return {name: count_planned for name in run.settings.digests_of_contestants if name != baseline}
