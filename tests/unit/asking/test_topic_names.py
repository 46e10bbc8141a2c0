"""The namer is shown a few prompts of each topic without a name."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchbuilder.asking.topic_names import plan_topic_names
from benchbuilder.schemas import frame_of
from benchbuilder.settings import Settings, load_settings
from benchbuilder.topics.naming import PARSER_VERSION
from benchbuilder.warehouse import Warehouse
from tests.fakes.scene import Scene
from tests.sql.conftest import filled

MOMENT = datetime(2026, 5, 4, tzinfo=UTC)


class Watched:
    """A reader that keeps what it has given."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.given: list[pl.DataFrame] = []

    def read(self, query: str, **bound: Any) -> pl.DataFrame:
        """The rows of one query."""
        self.given.append(self.warehouse.read(query, **bound))
        return self.given[-1]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a team whose models nobody asks."""
    return load_settings(Scene(tmp_path, "http://127.0.0.1:9/v1", [tmp_path / "crowd.jsonl"]).config)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A topic that has a name, and one of nine members, an outlier and a forgotten prompt that has none."""
    warehouse = Warehouse(tmp_path / "state")
    members = [{"prompt_id": f"p{number}", "similarity": number // 2 / 10} for number in range(9)]
    others = [{"prompt_id": "far", "similarity": 0.9, "is_outlier": True}, {"prompt_id": "gone", "similarity": 0.9}]
    relations: dict[str, list[dict[str, Any]]] = {
        "prompts": [
            {"prompt_id": row["prompt_id"], "text": f"text of {row['prompt_id']}"} for row in [*members, others[0]]
        ],
        "clusterings": [{"clustering_id": "c", "clustered_at": MOMENT}],
        "topics": [{"clustering_id": "c", "topic_id": topic, "keywords": ["sql"]} for topic in ("named", "t")],
        "topic_names": [{"topic_id": "named", "name": "Databases", "parser_version": PARSER_VERSION}],
        "topic_members": [
            *({"clustering_id": "c", "topic_id": "t", **row} for row in [*members, *others]),
            {"clustering_id": "c", "topic_id": "named", "prompt_id": "p0 of another"},
        ],
    }
    for relation, rows in relations.items():
        warehouse.append(relation, frame_of(relation, [filled(relation, row) for row in rows]))
    return warehouse


def test_the_four_nearest_members_are_shown(warehouse: Warehouse, settings: Settings) -> None:
    """Nearest first, of equal ones the first by id; neither an outlier nor what is forgotten. No other text is read."""
    reader = Watched(warehouse)
    [(topic, request)] = plan_topic_names(reader, settings).items()
    assert (topic, request.prompt_ids) == ("t", ("p8", "p6", "p7", "p4"))
    shown = "".join(map(str, request.values.values()))
    assert [name for name in ("p0", "p4", "p5", "p6", "p7", "p8", "far") if f"text of {name}" in shown] == [
        "p4",
        "p6",
        "p7",
        "p8",
    ]
    [row] = reader.given[0].to_dicts()
    assert (len(row["texts"]), len(row["prompt_ids"])) == (4, 4)
