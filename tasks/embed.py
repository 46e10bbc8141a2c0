"""Embed the accepted prompts that have no vector yet: stored once, reused as long as the embedder stays."""

from benchbuilder.asking.embeddings import plan_embeddings
from benchbuilder.ledger import Ledger
from tasks import ProgressArtifact, Run, plain_step


@plain_step("embed {prefix}")
async def embed(run: Run, prefix: str) -> str:
    """Vectors for the prompts whose id begins with `prefix`.

    Raises:
        EndpointError: the embedder cannot be asked; the build cannot go on.
        IncompleteError: some calls failed; a later run asks again.
    """
    embedder = run.settings.embedder.model
    async with run.warehouse.named_lock(f"embed-{embedder}").hold_async():
        requests = plan_embeddings(run.warehouse, run.settings, prefix)
        async with Ledger(run.warehouse, run.settings, run.run_id, ProgressArtifact()) as ledger:
            report = await ledger.fulfil(f"embed {prefix}".strip(), requests)
    report.check_complete()
    return str(report)
