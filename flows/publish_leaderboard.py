"""Fit the board of a version, check everything, publish snapshot and report."""

from prefect import flow

from flows.parameters import PublishParameters
from tasks import benchmark_of
from tasks.measure_quality import measure_quality
from tasks.publish import publish
from tasks.rate import rate


@flow(log_prints=False)
async def publish_leaderboard(parameters: PublishParameters = PublishParameters()) -> dict[str, str]:  # noqa: B008 - a form
    """Paths of the snapshot and of the report. A board that a gate withholds is not published; the old one stays."""
    run = parameters.open()
    benchmark_id = benchmark_of(run, parameters.benchmark_id)
    await rate(run, benchmark_id)
    await measure_quality(run, benchmark_id)
    return await publish(run)
