"""Pull what is new in each source of the settings; a source that cannot be read costs only itself."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from benchbuilder.errors import UsageError
from flows.conclusion import conclude
from flows.parameters import IngestParameters
from tasks.ingest import ingest


@flow(log_prints=False)
async def ingest_prompts(parameters: IngestParameters = IngestParameters()) -> State[Any]:  # noqa: B008 - the UI's form
    """One task per source."""
    run = parameters.open()
    known = [source.name for source in run.settings.sources]
    if unknown := set(parameters.sources) - set(known):
        raise UsageError(f"sources: unknown {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return await conclude({name: await ingest(run, name, return_state=True) for name in parameters.sources or known})
