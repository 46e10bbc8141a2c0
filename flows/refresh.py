"""The nightly run: new prompts in, a new version when one is due, answers and verdicts, a board."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.build_benchmark import build_benchmark
from flows.conclusion import conclude, end_of, is_lost
from flows.evaluate_models import evaluate_models
from flows.ingest_prompts import ingest_prompts
from flows.parameters import EvaluateParameters, IngestParameters, PublishParameters, RunParameters
from flows.publish_leaderboard import publish_leaderboard
from tasks.select import is_build_due


@flow(log_prints=False)
async def refresh(parameters: RunParameters = RunParameters()) -> State[Any]:  # noqa: B008 - the UI's form
    """A dead source or a failed build does not stop the night: evaluation goes on with the newest version there is."""
    told = parameters.at_one_moment()
    run = told.open()
    states: dict[str, State[Any]] = {}
    states["ingest"] = await end_of(ingest_prompts, told.for_part(IngestParameters))
    if is_build_due(run):
        states["build"] = await end_of(build_benchmark, told.for_part(RunParameters))
    states["evaluate"] = await end_of(evaluate_models, told.for_part(EvaluateParameters))
    if not is_lost(states["evaluate"]):
        states["publish"] = await end_of(publish_leaderboard, told.for_part(PublishParameters))
    return await conclude(states, needed=("evaluate", "publish"))
