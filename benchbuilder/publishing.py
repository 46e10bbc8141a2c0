"""Make the state of a warehouse public: checks, a snapshot, and the report that is built from that snapshot."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchbuilder.rating.bias import judge_bias
from benchbuilder.report.frames import ReportOptions, read_frames
from benchbuilder.report.pages import write_report
from benchbuilder.settings import Settings
from benchbuilder.warehouse import Snapshot, Warehouse, publish_checked, swap_link

_JUDGED = """
    select question_ref as question_id, model, baseline, judge, baseline_first, replicate, model_verdict as verdict
    from judged_games
    semi join latest_leaderboard using (leaderboard_id)
    order by question_id, model, judge, baseline_first, replicate
"""


class Published(NamedTuple):
    """What readers see from now on; `report` is its index page."""

    snapshot: Snapshot
    report: Path


def publish(warehouse: Warehouse, settings: Settings, as_of: datetime) -> Published:
    """Publish, and point both `current` links at it.

    Raises:
        CheckFailedError: a check found rows; nothing is published, the old snapshot stays.
    """
    snapshot = publish_checked(warehouse, as_of)
    folder = warehouse.state_dir / "reports"
    bias = judge_bias(snapshot.read(_JUDGED).with_columns(pl.col("verdict").cast(pl.String)))
    report = write_report(read_frames(snapshot, bias, _options(settings)), folder / snapshot.path.stem)
    swap_link(folder / "current", report.parent.name)
    return Published(snapshot, report)


def _options(settings: Settings) -> ReportOptions:
    return ReportOptions(
        is_embedded_demo=settings.is_demo,
        min_share_readable=settings.rating.min_share_readable,
        strong_weight=settings.rating.strong_weight,
        confidence=settings.rating.confidence,
    )
