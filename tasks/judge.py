"""Let one judge compare one model's answers with the baseline's, in both orders.

A pair of which an answer is missing (refused, failed) is not judged: it stays planned and unread, and counts against
the gate, never as a loss.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from benchbuilder.errors import Unparsable
from benchbuilder.judging.matchups import Matchup, judge_values, plan_matchups
from benchbuilder.judging.verdict import PARSER_VERSION, Verdict, parse_verdict, read_digit_verdict
from benchbuilder.ledger import Counted, Ledger, Settled
from benchbuilder.llm.requests import Request
from benchbuilder.schemas import frame_of
from benchbuilder.settings import JudgeSettings, Settings
from tasks import ProgressArtifact, Run, plain_step

_ANSWERS = """
    select all_answers.question_ref, all_answers.answer_key, all_answers.text
    from all_answers
    semi join (from questions where benchmark_id = $benchmark_id) as asked using (question_ref)
    where all_answers.model = $model and all_answers.model_digest = $model_digest and all_answers.text is not null
"""


# A row stands only where a later run would not ask again, so whoever has one needs no call and no look at its reply.
_JUDGED = """
    select prompt_id, baseline_first, replicate, answer_key, baseline_answer_key
    from judgments
    where model = $model and baseline = $baseline and judge = $judge and judge_digest = $judge_digest
        and parser_version = $parser_version
"""


class _Answer(NamedTuple):
    answer_key: str
    text: str


class _Game(NamedTuple):
    matchup: Matchup
    answer: _Answer
    baseline_answer: _Answer
    request: Request
    is_cut: bool


@plain_step("judge {model} by {judge_model}")
async def judge(run: Run, benchmark_id: str, judge_model: str, model: str) -> str:
    """One judge's verdicts on one model.

    Raises:
        EndpointError: the judge cannot be asked.
        IncompleteError: some calls failed; a later run asks again.
    """
    settings = next(judge for judge in run.settings.judges if judge.model == judge_model)
    async with run.warehouse.named_lock(f"judge-{judge_model}-{model}").hold_async():
        games, count_judged = _plan(run, benchmark_id, settings, model)
        requests = [game.request for game in games]
        read = _read_digits if settings.reads == "digits" else _read_text
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


def _plan(run: Run, benchmark_id: str, judge: JudgeSettings, model: str) -> tuple[list[_Game], int]:
    """The games of which both answers are there and no judgment yet; and how many are judged."""
    baseline = run.settings.evaluation.baseline
    answers = _answers(run, benchmark_id, model)
    baseline_answers = _answers(run, benchmark_id, baseline)
    questions: Mapping[str, str] = dict(
        run.warehouse.read(
            "select prompt_id, text from prompts semi join (from questions where benchmark_id = $benchmark_id) as asked"
            " using (prompt_id)",
            benchmark_id=benchmark_id,
        ).iter_rows()
    )
    judged = _judged(run, judge, model)
    games, count_judged = [], 0
    for matchup in plan_matchups(answers.keys() & baseline_answers.keys(), [model], baseline):
        mine, theirs = answers[matchup.question_id], baseline_answers[matchup.question_id]
        order = (matchup.question_id, matchup.baseline_first, matchup.replicate)
        if (*order, mine.answer_key, theirs.answer_key) in judged:
            count_judged += 1
            continue
        shown = judge_values(
            questions[matchup.question_id],
            mine.text,
            theirs.text,
            baseline_first=matchup.baseline_first,
            max_characters=judge.max_characters,
        )
        request = _request(run.settings, judge, shown.values, matchup.replicate)
        games.append(_Game(matchup, mine, theirs, request, shown.is_cut))
    return games, count_judged


def _judged(run: Run, judge: JudgeSettings, model: str) -> set[tuple[Any, ...]]:
    """Question, order, replicate and both answers of every game that has a reading by the present parser."""
    rows = run.warehouse.read(
        _JUDGED,
        model=model,
        baseline=run.settings.evaluation.baseline,
        judge=judge.model,
        judge_digest=run.settings.digest_of_judge(judge),
        parser_version=PARSER_VERSION,
    )
    return set(rows.iter_rows())


def _answers(run: Run, benchmark_id: str, model: str) -> dict[str, _Answer]:
    rows = run.warehouse.read(
        _ANSWERS, benchmark_id=benchmark_id, model=model, model_digest=run.settings.digests_of_contestants[model]
    )
    return {prompt_id: _Answer(answer_key, text) for prompt_id, answer_key, text in rows.iter_rows()}


def _request(settings: Settings, judge: JudgeSettings, values: Mapping[str, str], replicate: int) -> Request:
    return Request(
        kind="judge",
        model=judge.model,
        revision=settings.models[judge.model].revision,
        values=values,
        sampling=settings.sampling_of_judge(judge),
        template=judge.template,
        replicate=replicate,
    )


def _read_text(counted: Counted) -> Verdict | Unparsable:
    if counted.state == "refused":
        return Unparsable("refused", counted.text or "")
    return parse_verdict(counted.text or "")


def _read_digits(counted: Counted) -> Verdict | Unparsable:
    if counted.state == "refused":
        return Unparsable("refused", counted.text or "")
    return read_digit_verdict(counted.logprobs or {})


def _row(game: _Game, judge: str, judge_digest: str, verdict: Verdict | Unparsable) -> dict[str, Any]:
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
