"""What a run would cost, counted before anything is sent: calls, tokens and USD per step, and what is paid already.

Tokens that go in are counted in the very requests that would be sent; tokens that come out are the mean of what the
model gave in calls of that kind before, else its max_tokens. Where texts do not exist yet (an answer that is to be
judged), their mean length stands in.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from benchbuilder.asking.annotations import plan_annotations
from benchbuilder.asking.answers import WantedAnswers, plan_answers
from benchbuilder.asking.cascades import count_undecided
from benchbuilder.asking.embeddings import plan_embeddings
from benchbuilder.asking.judgments import given_answers, plan_games
from benchbuilder.asking.topic_names import plan_topic_names
from benchbuilder.ledger.counting import NEVER_ASKED, KeyIndex, is_due
from benchbuilder.llm.requests import Request
from benchbuilder.prompts import load_template
from benchbuilder.settings import Annotator, JudgeSettings, Settings
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
        step: embed, name topics, annotate cheaply, annotate, answer, judge.
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
    of_run = _Forecast(warehouse, settings, KeyIndex(warehouse))
    steps = [
        of_run.step("embed", settings.embedder.model, plan_embeddings(warehouse, settings)),
        of_run.step("name topics", settings.namer.model, plan_topic_names(warehouse, settings).values()),
        *of_run.annotations(),
    ]
    if benchmark_id is not None:
        answers = {model: plan_answers(warehouse, settings, benchmark_id, model) for model in settings.contestants}
        for model, wanted in answers.items():
            steps.append(of_run.step("answer", model, wanted.requests.values(), count_known=wanted.count_known))
        coming = {model: of_run.coming(wanted) for model, wanted in answers.items()}
        steps += of_run.judgments(benchmark_id, coming)
    return steps


@dataclass(frozen=True)
class _Forecast:
    """What all steps of one forecast are counted with."""

    warehouse: Warehouse
    settings: Settings
    paid: KeyIndex

    def annotations(self) -> Iterator[Step]:
        """Of the small model of a cascade, where there is one, and of the strong annotator."""
        cheap, strong = self.settings.cheap_annotator, self.settings.strong_annotator
        if cheap is not None:
            yield self.step("annotate cheaply", cheap.model, self._marks(cheap))
        step = self.step("annotate", strong.model, self._marks(strong))
        count_open = count_undecided(self.warehouse, self.settings)
        note = f"of {count_open:,} more prompts, those that the cascade lets pass once it has marked them"
        yield step._replace(note=note) if count_open else step

    def _marks(self, annotator: Annotator) -> Iterator[Request]:
        for marking in plan_annotations(self.warehouse, self.settings, annotator=annotator).values():
            yield from marking.requests

    def coming(self, wanted: WantedAnswers) -> set[str]:
        """The questions that a run would get an answer to, by a call or from one that was paid and not taken up."""
        counted = self.paid.find(wanted.requests.values())
        replies = {prompt_id: counted.get(one.request_key, NEVER_ASKED) for prompt_id, one in wanted.requests.items()}
        return {
            prompt_id
            for prompt_id, reply in replies.items()
            if reply.text is not None or is_due(reply, self.settings.attempts, read=None)
        }

    def judgments(self, benchmark_id: str, coming: Mapping[str, set[str]]) -> Iterator[Step]:
        """Games of answers that are there, and of those that would come."""
        baseline = self.settings.evaluation.baseline
        playable = {
            model: coming.get(model, coming[baseline])  # a canary's answers come with the baseline's
            | given_answers(self.warehouse, self.settings, benchmark_id, model).keys()
            for model in self.settings.digests_of_contestants
        }
        for judge in self.settings.judges:
            for model in (name for name in playable if name != baseline):
                games, count_judged = plan_games(self.warehouse, self.settings, benchmark_id, judge, model)
                requests = [game.request for game in games]
                step = self.step("judge", judge.model, requests, model, count_judged)
                count_all = 2 * len(playable[model] & playable[baseline])
                yield self._with_missing(step, judge, benchmark_id, count_all - len(games) - count_judged)

    def _with_missing(self, step: Step, judge: JudgeSettings, benchmark_id: str, count_missing: int) -> Step:
        """And the games of which an answer does not exist yet, at the mean length of what would be in them."""
        if not count_missing:
            return step
        texts = self.warehouse.read(
            "select text from benchmark_questions where benchmark_id = $id and text is not null", id=benchmark_id
        )["text"]
        question = sum(map(count_tokens, texts)) / max(len(texts), 1)
        answers = map(self._tokens_of_answer, (step.about, self.settings.evaluation.baseline))
        template = count_tokens(load_template(judge.template).text)
        tokens_in = int(count_missing * (template + question + sum(answers)))
        most = self.settings.sampling_of_judge(judge).get("max_tokens")
        tokens_out = int(count_missing * self._tokens_out("judge", judge.model, most))
        return step._replace(
            count_calls=step.count_calls + count_missing,
            count_tokens_in=step.count_tokens_in + tokens_in,
            count_tokens_out=step.count_tokens_out + tokens_out,
            cost_usd=step.cost_usd + self.settings.models[judge.model].cost_usd(tokens_in, tokens_out),
            note=f"{count_missing:,} games of answers that are not there yet, at mean lengths",
        )

    def step(self, step: str, model: str, requests: Iterable[Request], about: str = "", count_known: int = 0) -> Step:
        """Count the requests that are due; one whose reply is stored counts as paid, unread or not."""
        wanted = {request.request_key: request for request in requests}
        due = self._due(wanted.values())
        tokens_in = sum(map(tokens_of, due))
        each_out = self._tokens_out(due[0].kind, model, due[0].sampling.get("max_tokens")) if due else 0.0
        tokens_out = round(len(due) * each_out)
        cost = self.settings.models[model].cost_usd(tokens_in, tokens_out)
        return Step(step, model, about, len(due), len(wanted) - len(due) + count_known, tokens_in, tokens_out, cost)

    def _due(self, requests: Iterable[Request]) -> list[Request]:
        several = list(requests)
        counted = self.paid.find(several)
        return [
            request
            for request in several
            if is_due(counted.get(request.request_key, NEVER_ASKED), self.settings.attempts, read=None)
        ]

    def _tokens_of_answer(self, model: str) -> float:
        if model not in self.settings.models:  # a canary, whose answers are about as long as the baseline's
            model = self.settings.evaluation.baseline
        return self._tokens_out("answer", model, self.settings.models[model].max_tokens)

    def _tokens_out(self, kind: str, model: str, most: int | None) -> float:
        """The mean of what came back in calls of this kind, else `most`, what may come of one call."""
        if kind == "embed":
            return 0.0
        mean = self.warehouse.read(_MEAN_OUTPUT, kind=kind, model=model).item()
        return float(most or UNKNOWN_OUTPUT) if mean is None else float(mean)


def tokens_of(request: Request) -> int:
    """Tokens that a request sends, in the o200k_base vocabulary."""
    if request.kind == "embed":
        most = request.sampling.get("max_input_tokens")
        return sum(min(count_tokens(text), most or 10**9) for text in request.values.values())
    return sum(count_tokens(message["content"]) + TOKENS_PER_MESSAGE for message in request.messages())
