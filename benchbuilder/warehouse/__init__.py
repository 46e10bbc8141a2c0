"""The only importer of duckdb: lock, open, migrate, read, append, publish snapshots.

One DuckDB file under an external flock, held for short transactions only; readers open published copies.
"""

from benchbuilder.warehouse.checks import publish_checked
from benchbuilder.warehouse.forgetting import sweep_forgotten
from benchbuilder.warehouse.lock import FileLock
from benchbuilder.warehouse.migrations import SqlFile, read_sql
from benchbuilder.warehouse.snapshots import Snapshot, current_snapshot, publish_snapshot, swap_link
from benchbuilder.warehouse.warehouse import Warehouse, Writer

__all__ = [
    "FileLock",
    "Snapshot",
    "SqlFile",
    "Warehouse",
    "Writer",
    "current_snapshot",
    "publish_checked",
    "publish_snapshot",
    "read_sql",
    "swap_link",
    "sweep_forgotten",
]
