"""Measure how well a version's board separates models and agrees with people, and publish the figures."""

from prefect import flow

from flows.parameters import PublishParameters
from tasks import benchmark_of
from tasks.measure_quality import measure_quality as measure
from tasks.publish import publish


@flow(log_prints=False)
async def measure_quality(parameters: PublishParameters = PublishParameters()) -> dict[str, str]:  # noqa: B008 - a form
    """Paths of the snapshot and of the report, with the figures in the mart `quality`."""
    run = parameters.open()
    await measure(run, benchmark_of(run, parameters.benchmark_id))
    return await publish(run)
