"""Let one judge compare one model's answers with the baseline's, in both orders.

A pair of which an answer is missing (refused, failed) is not judged: it stays planned and unread, and counts against
the gate, never as a loss.
"""

from datetime import UTC, datetime
from typing import Any

from benchbuilder.asking.judgments import Game, plan_games, reading_of
from benchbuilder.errors import Unparsable
from benchbuilder.judging.verdict import PARSER_VERSION, Verdict
from benchbuilder.ledger import Ledger, Settled
from benchbuilder.schemas import frame_of
from tasks import ProgressArtifact, Run, plain_step


@plain_step("judge {model} by {judge_model}")
async def judge(run: Run, benchmark_id: str, judge_model: str, model: str) -> str:
    """One judge's verdicts on one model.

    Raises:
        EndpointError: the judge cannot be asked.
        IncompleteError: some calls failed; a later run asks again.
    """
    settings = next(judge for judge in run.settings.judges if judge.model == judge_model)
    async with run.warehouse.named_lock(f"judge-{judge_model}-{model}").hold_async():
        games, count_judged = plan_games(run.warehouse, run.settings, benchmark_id, settings, model)
        requests = [game.request for game in games]
        read = reading_of(settings)
        async with Ledger(run.warehouse, run.settings, run.run_id, ProgressArtifact()) as ledger:
            settled = Settled()
            report = await ledger.fulfil(
                f"judge {model} by {judge_model}", requests, read, settled.add, count_known=count_judged
            )
        rows = [
            _row(game, judge_model, run.settings.digest_of_judge(settings), read(settled[game.request.request_key]))
            for game in games
            if game.request.request_key in settled
        ]
        run.warehouse.append("judgments", frame_of("judgments", rows))
    report.check_complete()
    return str(report)


def _row(game: Game, judge: str, judge_digest: str, verdict: Verdict | Unparsable) -> dict[str, Any]:
    is_unread = isinstance(verdict, Unparsable)
    return {
        "request_key": game.request.request_key,
        "parser_version": PARSER_VERSION,
        "prompt_id": game.matchup.question_id,
        "model": game.matchup.model,
        "answer_key": game.answer.answer_key,
        "baseline": game.matchup.baseline,
        "baseline_answer_key": game.baseline_answer.answer_key,
        "judge": judge,
        "judge_digest": judge_digest,
        "baseline_first": game.matchup.baseline_first,
        "replicate": game.matchup.replicate,
        "verdict": None if is_unread else verdict.value,
        "reason": verdict.reason if is_unread else None,
        "is_cut": game.is_cut,
        "judged_at": datetime.now(UTC),
    }
