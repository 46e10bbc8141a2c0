"""A snapshot of a warehouse that has passed its checks."""

from datetime import datetime

from benchbuilder.errors import CheckFailedError
from benchbuilder.warehouse.forgetting import sweep_forgotten
from benchbuilder.warehouse.migrations import read_sql
from benchbuilder.warehouse.snapshots import Snapshot, publish_snapshot
from benchbuilder.warehouse.warehouse import Warehouse


def publish_checked(warehouse: Warehouse, as_of: datetime) -> Snapshot:
    """Take out what must not come back, run sql/checks on the live warehouse, then publish it.

    Raises:
        CheckFailedError: a check found rows; nothing is published, the old snapshot stays.
    """
    sweep_forgotten(warehouse)
    for check in read_sql("checks"):
        rows = warehouse.read(check.text)
        if rows.height:
            first = ", ".join(f"{name}={value}" for name, value in rows.row(0, named=True).items())
            raise CheckFailedError(f"check {check.name} found {rows.height} rows, the first: {first[:200]}")
    return publish_snapshot(warehouse, as_of)
