"""Games to a judge: one model's answers beside the baseline's, in both orders.

A pair of which an answer is missing (refused, failed) is not judged: it stays planned and unread, and counts against
the gate, never as a loss.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from benchbuilder.boards import Reader
from benchbuilder.errors import Unparsable
from benchbuilder.judging.matchups import Matchup, judge_values, plan_matchups
from benchbuilder.judging.verdict import LENGTH_EXCERPT, PARSER_VERSION, Verdict, parse_verdict, read_digit_verdict
from benchbuilder.ledger import Counted, Reading
from benchbuilder.llm.requests import Request
from benchbuilder.settings import JudgeSettings, Settings

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


class GivenAnswer(NamedTuple):
    """An answer as it is judged, and what it is known by."""

    answer_key: str
    text: str


class Game(NamedTuple):
    """One order of one pair of answers; `is_cut` says that a text was too long for the judge."""

    matchup: Matchup
    answer: GivenAnswer
    baseline_answer: GivenAnswer
    request: Request
    is_cut: bool


def plan_games(
    reader: Reader, settings: Settings, benchmark_id: str, judge: JudgeSettings, model: str
) -> tuple[list[Game], int]:
    """The games of which both answers are there and no judgment yet; and how many are judged."""
    baseline = settings.evaluation.baseline
    answers = given_answers(reader, settings, benchmark_id, model)
    baseline_answers = given_answers(reader, settings, benchmark_id, baseline)
    questions: Mapping[str, str] = dict(
        reader.read(
            "select prompt_id, text from prompts semi join (from questions where benchmark_id = $benchmark_id) as asked"
            " using (prompt_id)",
            benchmark_id=benchmark_id,
        ).iter_rows()
    )
    judged = _judged(reader, settings, judge, model)
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
        request = _request(settings, judge, shown.values, matchup)
        games.append(Game(matchup, mine, theirs, request, shown.is_cut))
    return games, count_judged


def _judged(reader: Reader, settings: Settings, judge: JudgeSettings, model: str) -> set[tuple[Any, ...]]:
    """Question, order, replicate and both answers of every game that has a reading by the present parser."""
    rows = reader.read(
        _JUDGED,
        model=model,
        baseline=settings.evaluation.baseline,
        judge=judge.model,
        judge_digest=settings.digest_of_judge(judge),
        parser_version=PARSER_VERSION,
    )
    return set(rows.iter_rows())


def given_answers(reader: Reader, settings: Settings, benchmark_id: str, model: str) -> dict[str, GivenAnswer]:
    """prompt_id → what a model said, of the questions of a version that it has a text to."""
    rows = reader.read(
        _ANSWERS, benchmark_id=benchmark_id, model=model, model_digest=settings.digests_of_contestants[model]
    )
    return {prompt_id: GivenAnswer(answer_key, text) for prompt_id, answer_key, text in rows.iter_rows()}


def _request(settings: Settings, judge: JudgeSettings, values: Mapping[str, str], matchup: Matchup) -> Request:
    return Request(
        kind="judge",
        model=judge.model,
        revision=settings.models[judge.model].revision,
        values=values,
        sampling=settings.sampling_of_judge(judge),
        template=judge.template,
        replicate=matchup.replicate,
        prompt_ids=(matchup.question_id,),
    )


def _read_text(counted: Counted) -> Verdict | Unparsable:
    if counted.state in {"refused", "truncated"}:  # cut off, the last verdict may be one that it quotes from an answer
        return Unparsable(counted.state, (counted.text or "")[-LENGTH_EXCERPT:])
    return parse_verdict(counted.text or "")


def _read_digits(counted: Counted) -> Verdict | Unparsable:
    if counted.state == "refused":
        return Unparsable("refused", counted.text or "")
    return read_digit_verdict(counted.logprobs or {})


def reading_of(judge: JudgeSettings) -> Reading:
    """How this judge's replies are read."""
    return _read_digits if judge.reads == "digits" else _read_text
