"""Every model answers every question of a version, every judge compares the answers with the baseline's."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from benchbuilder.errors import EndpointError
from flows.conclusion import conclude, error_of, is_lost
from flows.parameters import EvaluateParameters
from tasks import benchmark_of, contestants_of
from tasks.answer import answer
from tasks.give_canaries import give_canaries
from tasks.judge import judge


@flow(log_prints=False)
async def evaluate_models(parameters: EvaluateParameters = EvaluateParameters()) -> State[Any]:  # noqa: B008 - a form
    """One task per model, and one per judge and model. A dead model costs its row, a dead baseline everything."""
    run = parameters.open()
    benchmark_id = benchmark_of(run, parameters.benchmark_id)
    models, baseline = contestants_of(run, parameters.models), run.settings.evaluation.baseline
    judges = [settings.model for settings in run.settings.judges]  # not `judge`: that is the task below
    run.settings.check_keys((*models, *judges))
    answered = {name: await answer(run, benchmark_id, name, return_state=True) for name in models}
    if is_lost(answered[baseline]):
        error = await error_of(answered[baseline])
        if isinstance(error, EndpointError):
            raise error
    canaries = [canary.model for canary in run.settings.canaries]
    if canaries:
        await give_canaries(run, benchmark_id)
    judged = {
        f"{name} by {by}": await judge(run, benchmark_id, by, name, return_state=True)
        for by in judges
        for name in (*models, *canaries)
        if name != baseline
    }
    await conclude(judged)  # all judges dead is a failure of its own
    return await conclude(answered | judged)
