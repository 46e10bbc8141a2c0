"""Check the warehouse, publish a snapshot of it, and build the report from that snapshot."""

import polars as pl

from benchbuilder.rating.bias import judge_bias
from benchbuilder.report.frames import ReportOptions, read_frames
from benchbuilder.report.pages import write_report
from benchbuilder.settings import Settings
from benchbuilder.warehouse import publish_checked, swap_link
from tasks import Run, logger, plain_step

_JUDGED = """
    select question_ref as question_id, model, baseline, judge, baseline_first, replicate, model_verdict as verdict
    from judged_games
    semi join latest_leaderboards using (leaderboard_id)
    semi join latest_benchmark on judged_games.benchmark_id = latest_benchmark.benchmark_id
    order by question_id, model, judge, baseline_first, replicate
"""


@plain_step("publish")
async def publish(run: Run) -> dict[str, str]:
    """Make the state of the warehouse public.

    Returns:
        Paths of `snapshot` and `report` (its index page).

    Raises:
        CheckFailedError: a check found rows; nothing is published, the old snapshot stays.
    """
    snapshot = publish_checked(run.warehouse, run.as_of)
    folder = run.warehouse.state_dir / "reports"
    bias = judge_bias(snapshot.read(_JUDGED).with_columns(pl.col("verdict").cast(pl.String)))
    report = write_report(read_frames(snapshot, bias, _options(run.settings)), folder / snapshot.path.stem)
    swap_link(folder / "current", report.parent.name)
    logger.info("publish: %s and %s", snapshot.path.name, report)
    return {"snapshot": str(snapshot.path), "report": str(report)}


def _options(settings: Settings) -> ReportOptions:
    return ReportOptions(
        is_embedded_demo=settings.is_demo,
        min_share_readable=settings.rating.min_share_readable,
        strong_weight=settings.rating.strong_weight,
        confidence=settings.rating.confidence,
    )
