"""Mark the seven criteria on the prompts that stand in a topic; outliers cannot become questions and cost nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from benchbuilder.asking.annotations import Marking, plan_annotations, read_list, read_one, reading_of_marks
from benchbuilder.criteria import CRITERIA, PARSER_VERSION
from benchbuilder.errors import Unparsable
from benchbuilder.ledger import Counted, Ledger, Settled
from benchbuilder.schemas import frame_of
from benchbuilder.settings import Settings
from tasks import ProgressArtifact, Run, plain_step


@plain_step("annotate {prefix}")
async def annotate(run: Run, prefix: str) -> str:
    """Marks for the prompts whose id begins with `prefix`.

    Raises:
        EndpointError: the annotator cannot be asked; the build cannot go on.
        IncompleteError: some calls failed; a later run asks again.
    """
    settings = run.settings
    read = reading_of_marks(settings)
    async with run.warehouse.named_lock(f"annotate-{settings.annotator.model}").hold_async():
        digest = settings.digest_of_annotator()
        wanted = plan_annotations(run.warehouse, settings, prefix)
        everything = [request for marking in wanted.values() for request in marking.requests]
        async with Ledger(run.warehouse, settings, run.run_id, ProgressArtifact()) as ledger:
            settled = Settled()
            report = await ledger.fulfil(f"annotate {prefix}".strip(), everything, read, settled.add)
        rows = [
            _row(settings, digest, prompt_id, marking, [settled[request.request_key] for request in marking.requests])
            for prompt_id, marking in wanted.items()
            if all(request.request_key in settled for request in marking.requests)
        ]
        run.warehouse.append("annotations", frame_of("annotations", rows))
    report.check_complete()
    return str(report)


def _row(
    settings: Settings, digest: str, prompt_id: str, marking: Marking, replies: Sequence[Counted]
) -> dict[str, Any]:
    marks: Mapping[str, Any] | Unparsable
    if settings.selection.marks == "list":
        marks = read_list(replies[0])
    else:
        read = [read_one(reply) for reply in replies]
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
        "request_keys": [request.request_key for request in marking.requests],
        "is_cut": marking.is_cut,
        "annotated_at": datetime.now(UTC),
    }
