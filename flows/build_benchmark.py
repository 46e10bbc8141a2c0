"""From the prompts that are there to a frozen version: curate, embed, cluster, name, annotate, select."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.conclusion import conclude, go_on
from flows.parameters import RunParameters
from tasks import Run, chunks
from tasks.annotate import annotate, annotate_cheaply, annotate_sample
from tasks.cluster import cluster
from tasks.curate import curate
from tasks.embed import embed
from tasks.exclude import exclude
from tasks.fit_cascade import fit_cascade
from tasks.name_topics import name_topics
from tasks.select import select


@flow(log_prints=False)
async def build_benchmark(parameters: RunParameters = RunParameters()) -> State[Any]:  # noqa: B008 - the UI's form
    """Each step needs the one before; a topic without a name, or a few prompts that no model takes, do not stop it."""
    run = parameters.open()
    run.settings.check_keys(run.settings.builders)
    run.settings.load_vetoes()  # a wrong row is told before anything is paid
    await curate(run)
    states = await _chunk_by_chunk("embed", embed, run)
    await exclude(run)
    await cluster(run)
    states["name topics"] = await name_topics(run, return_state=True)
    is_decided = True  # who the strong annotator looks at
    if run.settings.annotator.cascade is not None:
        states |= await _chunk_by_chunk("annotate cheaply", annotate_cheaply, run)
        states["annotate sample"] = await annotate_sample(run, return_state=True)
        await go_on(states["annotate sample"])
        states["fit cascade"] = await fit_cascade(run, return_state=True)
        is_decided = await go_on(states["fit cascade"])
    if is_decided:
        states |= await _chunk_by_chunk("annotate", annotate, run)
    states["select"] = await select(run, return_state=True)
    return await conclude(states, needed=("select",))


async def _chunk_by_chunk(name: str, step: Any, run: Run) -> dict[str, State[Any]]:
    """A step over the whole crowd; the ends of those chunks in which some calls failed."""
    incomplete: dict[str, State[Any]] = {}
    for prefix in chunks(run):
        end = await step(run, prefix, return_state=True)
        if not await go_on(end):
            incomplete[f"{name} {prefix}"] = end
    return incomplete
