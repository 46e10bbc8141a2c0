"""The only importer of duckdb: lock, open, migrate, read, append, publish snapshots.

One DuckDB file under an external flock, held for short transactions only; readers open published copies.
"""

from benchbuilder.warehouse.lock import FileLock
from benchbuilder.warehouse.snapshots import Snapshot, current_snapshot, publish_snapshot
from benchbuilder.warehouse.warehouse import Warehouse, Writer

__all__ = ["FileLock", "Snapshot", "Warehouse", "Writer", "current_snapshot", "publish_snapshot"]
