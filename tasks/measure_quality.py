"""How good is the benchmark: does the newest board of a version separate models, and do people agree with it?"""

from benchbuilder.quality import append_quality
from tasks import Run, logger, plain_step


@plain_step("measure quality")
async def measure_quality(run: Run, benchmark_id: str) -> str:
    """Compare the version's newest board with the board of people that the settings name, and keep the figures."""
    quality = append_quality(
        run.warehouse, benchmark_id, people=run.settings.quality.people, names=run.settings.quality.names
    )
    logger.info("quality: %s", quality)
    return quality
