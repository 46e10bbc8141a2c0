"""Check the warehouse, publish a snapshot of it, and build the report from that snapshot."""

from benchbuilder import publishing
from tasks import Run, logger, plain_step


@plain_step("publish")
async def publish(run: Run) -> dict[str, str]:
    """Make the state of the warehouse public.

    Returns:
        Paths of `snapshot` and `report` (its index page).

    Raises:
        CheckFailedError: a check found rows; nothing is published, the old snapshot stays.
    """
    published = publishing.publish(run.warehouse, run.settings, run.as_of)
    logger.info("publish: %s and %s", published.snapshot.path.name, published.report)
    return {"snapshot": str(published.snapshot.path), "report": str(published.report)}
