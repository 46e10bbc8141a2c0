"""Everything that runs printed and left, as text that can be searched, also where its file is compressed."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from benchbuilder.schemas import RELATIONS
from benchbuilder.warehouse import Snapshot, Warehouse
from tests.fakes.scene import Finished, Scene


def texts_left(scene: Scene, ends: Iterable[Finished], databases: Iterable[Path] = ()) -> dict[str, str]:
    """By place: files of the state folder, what was printed, Prefect's tables, and all relations.

    Args:
        scene: whose state folder it is.
        ends: of the commands that ran.
        databases: of Prefect servers whose home lies elsewhere.
    """
    files = [path for path in scene.state_dir.rglob("*") if path.is_file()]
    left = {str(path.relative_to(scene.state_dir)): path.read_bytes().decode("latin-1") for path in files}
    left |= {f"{number} {name}": getattr(end, name) for number, end in enumerate(ends) for name in ("out", "err")}
    for number, path in enumerate([*scene.state_dir.rglob("prefect.db"), *databases]):
        left |= {f"prefect {number} {table}": text for table, text in _tables(path)}
    left |= {f"warehouse {name}": text for name, text in _relations(scene.warehouse)}
    return left | {f"snapshot {name}": text for name, text in _relations(scene.snapshot)}


def _tables(path: Path) -> Iterator[tuple[str, str]]:
    """Prefect's tables as text, whole rows: in the file a long one is torn over several pages."""
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            yield name, "\n".join(map(repr, connection.execute(f'select * from "{name}"')))  # noqa: S608


def _relations(reader: Warehouse | Snapshot) -> Iterator[tuple[str, str]]:
    """The relations as text: DuckDB compresses, so that looking at its file is not enough."""
    for name in RELATIONS:
        yield name, "\n".join(reader.read(f"select one::varchar as row from {name} as one")["row"])  # noqa: S608
