"""Mark the seven criteria on the prompts that stand in a topic; outliers cannot become questions and cost nothing.

Alone, the strong annotator marks all of them. In a cascade the cheap one does, where it is a model, and the strong one
marks the sample first and, once a cascade is fitted, what has passed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from benchbuilder.asking.annotations import Marking, plan_annotations, read_marks, reading_of_marks
from benchbuilder.asking.cascades import is_fitted
from benchbuilder.criteria import PARSER_VERSION
from benchbuilder.errors import Unparsable
from benchbuilder.ledger import Counted, Ledger, Settled
from benchbuilder.schemas import frame_of
from benchbuilder.settings import Annotator, Settings
from tasks import ProgressArtifact, Run, plain_step


@plain_step("annotate {prefix}")
async def annotate(run: Run, prefix: str) -> str:
    """Marks of the strong annotator for the prompts whose id begins with `prefix`.

    Raises:
        EndpointError: the annotator cannot be asked; the build cannot go on.
        IncompleteError: some calls failed; a later run asks again.
    """
    return await _mark(run, run.settings.strong_annotator, prefix)


@plain_step("annotate sample")
async def annotate_sample(run: Run) -> str:
    """Marks of the strong annotator for the sample of a cascade, drawn once; nothing to do where a fit stands.

    Raises:
        EndpointError: the annotator cannot be asked; the build cannot go on.
        IncompleteError: some calls failed; a later run asks again.
    """
    if is_fitted(run.warehouse, run.settings):
        return "the cascade is fitted"
    return await _mark(run, run.settings.strong_annotator, "")


@plain_step("annotate cheaply {prefix}")
async def annotate_cheaply(run: Run, prefix: str) -> str:
    """Marks of the small model of a cascade; nothing to do where the embeddings stand in for one.

    Raises:
        EndpointError: the small model cannot be asked; the build cannot go on.
        IncompleteError: some calls failed; a later run asks again.
    """
    annotator = run.settings.cheap_annotator
    return "no model marks cheaply" if annotator is None else await _mark(run, annotator, prefix)


async def _mark(run: Run, annotator: Annotator, prefix: str) -> str:
    settings = run.settings
    async with run.warehouse.named_lock(f"annotate-{annotator.model}").hold_async():
        wanted = plan_annotations(run.warehouse, settings, prefix, annotator)
        everything = [request for marking in wanted.values() for request in marking.requests]
        async with Ledger(run.warehouse, settings, run.run_id, ProgressArtifact()) as ledger:
            settled = Settled()
            label = f"annotate {prefix}".strip()
            report = await ledger.fulfil(label, everything, reading_of_marks(annotator), settled.add)
        rows = [
            _row(settings, annotator, prompt_id, marking, [settled[one.request_key] for one in marking.requests])
            for prompt_id, marking in wanted.items()
            if all(request.request_key in settled for request in marking.requests)
        ]
        run.warehouse.append("annotations", frame_of("annotations", rows))
    report.check_complete()
    return str(report)


def _row(
    settings: Settings, annotator: Annotator, prompt_id: str, marking: Marking, replies: Sequence[Counted]
) -> dict[str, Any]:
    marks = read_marks(annotator, replies)
    is_readable = not isinstance(marks, Unparsable)
    return {
        **(marks if is_readable else {}),
        "prompt_id": prompt_id,
        "annotator": annotator.model,
        "annotator_digest": settings.digest_of_annotator(annotator),
        "parser_version": PARSER_VERSION,
        "is_readable": is_readable,
        "reason": None if is_readable else marks.reason,
        "request_keys": [request.request_key for request in marking.requests],
        "is_cut": marking.is_cut,
        "annotated_at": datetime.now(UTC),
    }
