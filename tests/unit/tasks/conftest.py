"""Steps called without Prefect, on a warehouse that holds what the steps before them would have left."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchbuilder.schemas import frame_of
from benchbuilder.settings import load_settings
from tasks import Run
from tests.fakes.scene import Scene
from tests.sql.conftest import filled

FIRST_DAY = datetime(2026, 5, 4, 3, tzinfo=UTC)
Append = Callable[..., None]
Open = Callable[..., Run]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A team whose models nobody asks."""
    return Scene(tmp_path, "http://127.0.0.1:9/v1", [tmp_path / "crowd.jsonl"])


@pytest.fixture
def open_run(scene: Scene) -> Open:
    """`open_run(day=1)`: the run of that day under the scene's settings as they are now."""
    return lambda day=0: Run(load_settings(scene.config), FIRST_DAY + timedelta(days=day))


@pytest.fixture
def append(scene: Scene) -> Append:
    """`append(prompts=[{"prompt_id": "p1"}], …)`: rows with what they lack filled in."""

    def rows_of(**relations: list[dict[str, Any]]) -> None:
        with scene.warehouse.write() as writer:
            for relation, rows in relations.items():
                writer.append(relation, frame_of(relation, [filled(relation, row) for row in rows]))

    return rows_of
