"""Mark the seven criteria on the prompts that stand in a topic; outliers cannot become questions and cost nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from benchbuilder.criteria import (
    CRITERIA,
    PARSER_VERSION,
    criteria_values,
    criterion_values,
    parse_marks,
    read_probability,
)
from benchbuilder.errors import Unparsable
from benchbuilder.ledger import Counted, Ledger, Settled
from benchbuilder.llm.requests import Request
from benchbuilder.schemas import frame_of
from benchbuilder.settings import Settings
from tasks import ProgressArtifact, Run, plain_step

_WANTED = """
    select prompts.prompt_id, prompts.text
    from prompts
    semi join (
        from topic_members
        semi join (from clusterings order by clustered_at desc, clustering_id limit 1) as latest using (clustering_id)
        where not is_outlier
    ) as placed using (prompt_id)
    anti join (
        from annotations
        where annotator = $annotator and annotator_digest = $digest and parser_version = $parser_version
    ) as marked using (prompt_id)
    where starts_with(prompts.prompt_id, $prefix)
    order by prompts.prompt_id
"""


@plain_step("annotate {prefix}")
async def annotate(run: Run, prefix: str) -> str:
    """Marks for the prompts whose id begins with `prefix`.

    Raises:
        EndpointError: the annotator cannot be asked; the build cannot go on.
        IncompleteError: some calls failed; a later run asks again.
    """
    settings = run.settings
    read = _read_list if settings.selection.marks == "list" else _read_one
    async with run.warehouse.named_lock(f"annotate-{settings.annotator.model}").hold_async():
        digest = settings.digest_of_annotator()
        wanted = run.warehouse.read(
            _WANTED,
            annotator=settings.annotator.model,
            digest=digest,
            parser_version=PARSER_VERSION,
            prefix=prefix,
        )
        requests = {prompt_id: _requests(settings, text) for prompt_id, text in wanted.iter_rows()}
        everything = [request for several in requests.values() for request in several]
        async with Ledger(run.warehouse, settings, run.run_id, ProgressArtifact()) as ledger:
            settled = Settled()
            report = await ledger.fulfil(f"annotate {prefix}".strip(), everything, read, settled.add)
        rows = [
            _row(settings, digest, prompt_id, several, [settled[request.request_key] for request in several])
            for prompt_id, several in requests.items()
            if all(request.request_key in settled for request in several)
        ]
        run.warehouse.append("annotations", frame_of("annotations", rows))
    report.check_complete()
    return str(report)


def _requests(settings: Settings, text: str) -> list[Request]:
    """One call that lists what is met, or one per criterion, the prompt first so that servers reuse the prefix."""
    most = settings.annotator.max_characters
    if settings.selection.marks == "list":
        shown = [criteria_values(text, most)]
    else:
        shown = [criterion_values(text, criterion, most) for criterion in CRITERIA]
    return [
        Request(
            kind="annotate",
            model=settings.annotator.model,
            revision=settings.models[settings.annotator.model].revision,
            values=one.values,
            sampling=settings.sampling_of_annotator(),
            template=settings.annotator_template,
        )
        for one in shown
    ]


def _read_list(counted: Counted) -> Mapping[str, float] | Unparsable:
    if counted.state == "refused":
        return Unparsable("refused", counted.text or "")
    marks = parse_marks(counted.text or "")
    if isinstance(marks, Unparsable):
        return marks
    return {criterion.name: float(criterion.number in marks) for criterion in CRITERIA}


def _read_one(counted: Counted) -> float | Unparsable:
    if counted.state == "refused":
        return Unparsable("refused", counted.text or "")
    return read_probability(counted.logprobs or {})


def _row(
    settings: Settings, digest: str, prompt_id: str, requests: Sequence[Request], replies: Sequence[Counted]
) -> dict[str, Any]:
    marks: Mapping[str, Any] | Unparsable
    if settings.selection.marks == "list":
        marks = _read_list(replies[0])
    else:
        read = [_read_one(reply) for reply in replies]
        unread = [one for one in read if isinstance(one, Unparsable)]
        names = [criterion.name for criterion in CRITERIA]
        marks = unread[0] if unread else dict(zip(names, read, strict=True))
    is_readable = not isinstance(marks, Unparsable)
    return {
        **(marks if is_readable else {}),
        "prompt_id": prompt_id,
        "annotator": settings.annotator.model,
        "annotator_digest": digest,
        "parser_version": PARSER_VERSION,
        "is_readable": is_readable,
        "reason": None if is_readable else marks.reason,
        "request_keys": [request.request_key for request in requests],
        "annotated_at": datetime.now(UTC),
    }
