"""Embed the accepted prompts that have no vector yet: stored once, reused as long as the embedder stays."""

from benchbuilder.ledger import Ledger
from benchbuilder.llm.requests import Request
from benchbuilder.text import digest_of
from tasks import ProgressArtifact, Run, plain_step


@plain_step("embed {prefix}")
async def embed(run: Run, prefix: str) -> str:
    """Vectors for the prompts whose id begins with `prefix`.

    Raises:
        EndpointError: the embedder cannot be asked; the build cannot go on.
        IncompleteError: some calls failed; a later run asks again.
    """
    settings = run.settings.embedder
    revision = run.settings.models[settings.model].revision
    async with run.warehouse.named_lock(f"embed-{settings.model}").hold_async():
        missing = run.warehouse.read(
            "select prompt_id, text from accepted_prompts"
            " anti join (from embeddings where embedder = $embedder and revision = $revision) as present"
            " using (prompt_id)"
            " where curation_digest = $digest and starts_with(prompt_id, $prefix) order by prompt_id",
            embedder=settings.model,
            revision=revision,
            digest=digest_of(run.settings.curation),
            prefix=prefix,
        )
        sampling = run.settings.sampling_of(settings.model, max_input_tokens=settings.max_tokens)
        requests = [
            Request(
                kind="embed",
                model=settings.model,
                revision=revision,
                values={f"{place:04}": text for place, text in enumerate(part["text"])},
                sampling=sampling,
                prompt_ids=tuple(part["prompt_id"]),
            )
            for part in missing.iter_slices(settings.texts_per_call)
        ]
        async with Ledger(run.warehouse, run.settings, run.run_id, ProgressArtifact()) as ledger:
            report = await ledger.fulfil(f"embed {prefix}".strip(), requests)
    report.check_complete()
    return str(report)
