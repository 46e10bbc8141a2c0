"""From the prompts that are there to a frozen version: curate, embed, cluster, name, annotate, select."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.conclusion import conclude, go_on
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
    """Each step needs the one before; a topic without a name, or a few prompts that no model takes, do not stop it."""
    run = parameters.open()
    run.settings.check_keys((run.settings.embedder.model, run.settings.namer.model, run.settings.annotator.model))
    await curate(run)
    states: dict[str, State[Any]] = {}
    for prefix in chunks(run):
        state = await embed(run, prefix, return_state=True)
        if not await go_on(state):
            states[f"embed {prefix}"] = state
    await cluster(run)
    states["name topics"] = await name_topics(run, return_state=True)
    for prefix in chunks(run):
        state = await annotate(run, prefix, return_state=True)
        if not await go_on(state):
            states[f"annotate {prefix}"] = state
    states["select"] = await select(run, return_state=True)
    return await conclude(states, needed=("select",))
