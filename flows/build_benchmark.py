"""From the prompts that are there to a frozen version: curate, embed, cluster, name, annotate, select."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.conclusion import conclude
from flows.parameters import RunParameters
from tasks import chunks
from tasks.annotate import annotate
from tasks.cluster import cluster
from tasks.curate import curate
from tasks.embed import embed
from tasks.name_topics import name_topics
from tasks.select import select


@flow(log_prints=False)
async def build_benchmark(parameters: RunParameters = RunParameters()) -> State[Any]:  # noqa: B008 - the UI's form
    """Each step needs the one before; only a topic without a name does not stop the build."""
    run = parameters.open()
    run.settings.check_keys((run.settings.embedder.model, run.settings.namer.model, run.settings.annotator.model))
    await curate(run)
    for prefix in chunks(run):
        await embed(run, prefix)
    await cluster(run)
    states = {"name topics": await name_topics(run, return_state=True)}
    for prefix in chunks(run):
        await annotate(run, prefix)
    states["select"] = await select(run, return_state=True)
    return await conclude(states, needed=("select",))
