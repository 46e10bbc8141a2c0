"""What a run would cost, counted before anything is sent: calls, tokens and USD per step, and what is paid already.

Tokens that go in are counted in the very requests that would be sent; tokens that come out are the mean of what the
model gave in calls of that kind before, else its max_tokens. Where texts do not exist yet (an answer that is to be
judged), their mean length stands in.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from benchbuilder.asking.annotations import plan_annotations
from benchbuilder.asking.answers import plan_answers
from benchbuilder.asking.embeddings import plan_embeddings
from benchbuilder.asking.judgments import plan_games
from benchbuilder.asking.topic_names import plan_topic_names
from benchbuilder.boards import Reader
from benchbuilder.ledger.counting import NEVER_ASKED, find_counted, is_due
from benchbuilder.llm.requests import Request
from benchbuilder.prompts import load_template
from benchbuilder.settings import JudgeSettings, Settings
from benchbuilder.text import count_tokens
from benchbuilder.warehouse import Warehouse

TOKENS_PER_MESSAGE = 4  # what chat formats put around each
UNKNOWN_OUTPUT = 500  # of a model that has no max_tokens and was never asked

_MEAN_OUTPUT = """
    select avg(count_tokens_out)::double
    from completions
    where kind = $kind and model = $model and state in ('ok', 'truncated') and count_tokens_out is not null
"""


class Step(NamedTuple):
    """One step of one model.

    Attributes:
        step: embed, name topics, annotate, answer, judge.
        model: who is asked.
        about: whose answers are judged; empty elsewhere.
        count_calls: that would be made.
        count_paid: that are paid, or not needed.
        count_tokens_in: of the calls.
        count_tokens_out: estimated.
        cost_usd: at the prices of the settings.
        note: what is estimated from means, because it is not there yet.
    """

    step: str
    model: str
    about: str
    count_calls: int
    count_paid: int
    count_tokens_in: int
    count_tokens_out: int
    cost_usd: float
    note: str = ""


def forecast(warehouse: Warehouse, settings: Settings, benchmark_id: str | None) -> list[Step]:
    """All steps of a run on what the warehouse holds now; prompts that a source has not given yet are not in it.

    Args:
        warehouse: live, so that what was paid a minute ago counts.
        settings: models, prices, attempts.
        benchmark_id: the version to evaluate; None where there is none, then answers and verdicts are left out.
    """
    steps = [
        _step(warehouse, settings, "embed", settings.embedder.model, plan_embeddings(warehouse, settings)),
        _step(warehouse, settings, "name topics", settings.namer.model, plan_topic_names(warehouse, settings).values()),
        _step(warehouse, settings, "annotate", settings.annotator.model, _annotations(warehouse, settings)),
    ]
    if benchmark_id is not None:
        steps += _answers(warehouse, settings, benchmark_id)
        steps += _judgments(warehouse, settings, benchmark_id)
    return steps


def _annotations(warehouse: Warehouse, settings: Settings) -> Iterator[Request]:
    for marking in plan_annotations(warehouse, settings).values():
        yield from marking.requests


def _answers(warehouse: Warehouse, settings: Settings, benchmark_id: str) -> Iterator[Step]:
    for model in settings.contestants:
        wanted = plan_answers(warehouse, settings, benchmark_id, model)
        yield _step(warehouse, settings, "answer", model, wanted.requests.values(), count_known=wanted.count_known)


def _judgments(warehouse: Warehouse, settings: Settings, benchmark_id: str) -> Iterator[Step]:
    count_questions = warehouse.read(
        "select count(*) from questions where benchmark_id = $benchmark_id", benchmark_id=benchmark_id
    ).item()
    baseline = settings.evaluation.baseline
    for judge in settings.judges:
        for model in settings.digests_of_contestants:
            if model == baseline:
                continue
            games, count_judged = plan_games(warehouse, settings, benchmark_id, judge, model)
            step = _step(
                warehouse, settings, "judge", judge.model, [game.request for game in games], model, count_judged
            )
            count_missing = 2 * count_questions - len(games) - count_judged
            yield _with_missing(warehouse, settings, step, judge, benchmark_id, count_missing)


def _with_missing(
    warehouse: Warehouse, settings: Settings, step: Step, judge: JudgeSettings, benchmark_id: str, count_missing: int
) -> Step:
    """And the games of which an answer does not exist yet, at the mean length of what would be in them."""
    if not count_missing:
        return step
    mean_question = warehouse.read(
        "select text from benchmark_questions where benchmark_id = $id and text is not null", id=benchmark_id
    )["text"]
    question = sum(map(count_tokens, mean_question)) / max(len(mean_question), 1)
    answers = [_tokens_out(warehouse, settings, "answer", name) for name in (step.about, settings.evaluation.baseline)]
    tokens_in = int(count_missing * (_tokens_of_template(judge.template) + question + sum(answers)))
    tokens_out = int(count_missing * _tokens_out(warehouse, settings, "judge", judge.model))
    model = settings.models[judge.model]
    return step._replace(
        count_calls=step.count_calls + count_missing,
        count_tokens_in=step.count_tokens_in + tokens_in,
        count_tokens_out=step.count_tokens_out + tokens_out,
        cost_usd=step.cost_usd + model.cost_usd(tokens_in, tokens_out),
        note=f"{count_missing:,} games of answers that are not there yet, at mean lengths",
    )


def _step(
    warehouse: Warehouse,
    settings: Settings,
    step: str,
    model: str,
    requests: Iterable[Request],
    about: str = "",
    count_known: int = 0,
) -> Step:
    """Count the requests that are due; one whose reply is stored counts as paid, unread or not."""
    wanted = {request.request_key: request for request in requests}
    due = _due(warehouse, settings, list(wanted.values()))
    tokens_in = sum(map(tokens_of, due))
    kind = due[0].kind if due else ""
    tokens_out = round(len(due) * _tokens_out(warehouse, settings, kind, model, due[0])) if due else 0
    cost = settings.models[model].cost_usd(tokens_in, tokens_out)
    return Step(step, model, about, len(due), len(wanted) - len(due) + count_known, tokens_in, tokens_out, cost)


def _due(warehouse: Warehouse, settings: Settings, requests: Sequence[Request]) -> list[Request]:
    counted = find_counted(warehouse, requests)
    return [
        request
        for request in requests
        if is_due(counted.get(request.request_key, NEVER_ASKED), settings.attempts, read=None)
    ]


def tokens_of(request: Request) -> int:
    """Tokens that a request sends, in the o200k_base vocabulary."""
    if request.kind == "embed":
        most = request.sampling.get("max_input_tokens")
        return sum(min(count_tokens(text), most or 10**9) for text in request.values.values())
    return sum(count_tokens(message["content"]) + TOKENS_PER_MESSAGE for message in request.messages())


def _tokens_of_template(name: str) -> int:
    return count_tokens(load_template(name).text)


def _tokens_out(reader: Reader, settings: Settings, kind: str, model: str, request: Request | None = None) -> float:
    """The mean of what came back in calls of this kind, else what may come at most."""
    if kind == "embed":
        return 0.0
    if model not in settings.models:  # a canary, whose answers are about as long as the baseline's
        model = settings.evaluation.baseline
    mean = reader.read(_MEAN_OUTPUT, kind=kind, model=model).item()
    if mean is not None:
        return float(mean)
    most = request.sampling.get("max_tokens") if request else settings.models[model].max_tokens
    return float(most or UNKNOWN_OUTPUT)
