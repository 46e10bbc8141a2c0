"""Prompts to an annotator, those that stand in a topic: outliers cannot become questions and cost nothing."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from benchbuilder.asking.cascades import looks_at
from benchbuilder.boards import Reader
from benchbuilder.criteria import (
    CRITERIA,
    LENGTH_EXCERPT,
    PARSER_VERSION,
    criteria_values,
    criterion_values,
    parse_marks,
    read_probability,
)
from benchbuilder.errors import Unparsable
from benchbuilder.ledger import Counted, Reading
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Annotator, Settings

_WANTED = """
    select prompts.prompt_id, prompts.text
    from prompts
    semi join (select unnest($looked_at::varchar[]) as prompt_id) as looked_at using (prompt_id)
    anti join (
        from annotations
        where annotator = $annotator and annotator_digest = $digest and parser_version = $parser_version
    ) as marked using (prompt_id)
    order by prompts.prompt_id
"""


class Marking(NamedTuple):
    """The calls that mark one prompt; `is_cut` says that it was too long for the annotator."""

    requests: list[Request]
    is_cut: bool


def plan_annotations(
    reader: Reader, settings: Settings, prefix: str = "", annotator: Annotator | None = None
) -> dict[str, Marking]:
    """prompt_id → the calls that mark it, of prompts whose id begins with `prefix` and that are not marked yet.

    Args:
        reader: live.
        settings: models, and who looks at what.
        prefix: of the prompt_ids.
        annotator: who marks; default: the strong one.
    """
    annotator = annotator or settings.strong_annotator
    wanted = reader.read(
        _WANTED,
        looked_at=looks_at(reader, settings, annotator, prefix),
        annotator=annotator.model,
        digest=settings.digest_of_annotator(annotator),
        parser_version=PARSER_VERSION,
    )
    return {prompt_id: ask_about_prompt(settings, annotator, text, prompt_id) for prompt_id, text in wanted.iter_rows()}


def ask_about_prompt(settings: Settings, annotator: Annotator, text: str, prompt_id: str) -> Marking:
    """One call that lists what is met, or one per criterion, the prompt first so that servers reuse the prefix."""
    most = annotator.max_characters
    if annotator.marks == "list":
        shown = [criteria_values(text, most)]
    else:
        shown = [criterion_values(text, criterion, most) for criterion in CRITERIA]
    requests = [
        Request(
            kind="annotate",
            model=annotator.model,
            revision=settings.models[annotator.model].revision,
            values=one.values,
            sampling=settings.sampling_of_annotator(annotator),
            template=annotator.template,
            prompt_ids=(prompt_id,),
        )
        for one in shown
    ]
    return Marking(requests, shown[0].is_cut)


def reading_of_marks(annotator: Annotator) -> Reading:
    """How one reply of an annotator is read."""
    return read_list if annotator.marks == "list" else read_one


def read_marks(annotator: Annotator, replies: Sequence[Counted]) -> Mapping[str, float] | Unparsable:
    """Criterion → how far it is met, from all replies about one prompt; unread as soon as one of them is."""
    if annotator.marks == "list":
        return read_list(replies[0])
    marks: dict[str, float] = {}
    for criterion, reply in zip(CRITERIA, replies, strict=True):
        mark = read_one(reply)
        if isinstance(mark, Unparsable):
            return mark
        marks[criterion.name] = mark
    return marks


def read_list(counted: Counted) -> Mapping[str, float] | Unparsable:
    """The marks of a reply that lists what is met."""
    if counted.state in {"refused", "truncated"}:  # cut off, the last list may be one that it quotes from the prompt
        return Unparsable(counted.state, (counted.text or "")[-LENGTH_EXCERPT:])
    marks = parse_marks(counted.text or "")
    if isinstance(marks, Unparsable):
        return marks
    return {criterion.name: float(criterion.number in marks) for criterion in CRITERIA}


def read_one(counted: Counted) -> float | Unparsable:
    """P(yes) of one criterion."""
    if counted.state == "refused":
        return Unparsable("refused", counted.text or "")
    return read_probability(counted.logprobs or {})
