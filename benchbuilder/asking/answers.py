"""Questions to a model. Answers belong to question and model: versions share them."""

from typing import NamedTuple

from benchbuilder.boards import Reader
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings

# A row stands only where a later run would not ask again, so whoever has one needs no call.
_WANTED = """
    select questions.prompt_id, prompts.text, answers.request_key is not null as is_answered
    from questions
    inner join prompts using (prompt_id)
    left join answers
        on questions.prompt_id = answers.prompt_id and answers.model = $model and answers.model_digest = $model_digest
    where questions.benchmark_id = $benchmark_id
    order by questions.prompt_id
"""


class WantedAnswers(NamedTuple):
    """One model's answers to one version.

    Attributes:
        requests: prompt_id → request, of those that are not there yet.
        count_known: those that are.
    """

    requests: dict[str, Request]
    count_known: int


def plan_answers(reader: Reader, settings: Settings, benchmark_id: str, model: str) -> WantedAnswers:
    """What has to be asked of a model about a version."""
    digest = settings.digest_of_model(model)
    wanted = reader.read(_WANTED, benchmark_id=benchmark_id, model=model, model_digest=digest)
    requests = {
        prompt_id: ask_question(settings, model, text, prompt_id)
        for prompt_id, text, is_answered in wanted.iter_rows()
        if not is_answered
    }
    return WantedAnswers(requests, wanted.height - len(requests))


def ask_question(settings: Settings, model: str, question: str, prompt_id: str) -> Request:
    """The request for one answer to the text of one prompt."""
    return Request(
        kind="answer",
        model=model,
        revision=settings.models[model].revision,
        values={"prompt": question},
        sampling=settings.sampling_of(model),
        prompt_ids=(prompt_id,),
    )
