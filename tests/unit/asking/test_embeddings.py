"""benchbuilder.asking.embeddings: which texts the embedder is given."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchbuilder.asking.embeddings import plan_embeddings
from benchbuilder.curation.contamination import DecontaminationSettings
from benchbuilder.schemas import frame_of
from benchbuilder.settings import DEMO, Settings, load_settings
from benchbuilder.text import digest_of
from benchbuilder.warehouse import Warehouse

NOW = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture
def settings() -> Settings:
    """Of the demo, whose first source is a public benchmark."""
    demo = load_settings(DEMO)
    first, *others = demo.sources
    return demo.model_copy(update={"sources": (replace(first, public_benchmark=True), *others)})


@pytest.fixture
def warehouse(tmp_path: Path, settings: Settings) -> Warehouse:
    """Two accepted prompts, one of them published too, an item that nobody sent, and one of a list not in use."""
    warehouse = Warehouse(tmp_path)
    batch: dict[str, Any] = {"batch_id": "b", "ingested_at": NOW}
    accepted = {"curation_digest": digest_of(settings.curation), "outcome": "accepted", "curated_at": NOW}
    benchmark = settings.sources[0].name
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = {
        "prompts": [{"prompt_id": id_, "text": id_, "count_masked": 0, **batch} for id_ in ("p1", "p2")],
        "curations": [{"prompt_id": id_, **accepted} for id_ in ("p1", "p2")],
        "public_items": [
            {"benchmark": name, "item_id": id_, "text": id_.upper(), **batch}
            for name, id_ in ((benchmark, "p2"), (benchmark, "item"), ("another", "other"))
        ],
    }
    for relation, given in rows.items():
        warehouse.append(relation, frame_of(relation, given))
    return warehouse


def texts(warehouse: Warehouse, settings: Settings) -> list[str]:
    """All that would be sent."""
    return [text for request in plan_embeddings(warehouse, settings) for text in request.values.values()]


def test_items_of_public_benchmarks_are_embedded_once(warehouse: Warehouse, settings: Settings) -> None:
    """One that the crowd sent too is one text, as the crowd wrote it; a list that no source names is left out."""
    assert texts(warehouse, settings) == ["ITEM", "p1", "p2"]


def test_without_the_comparison_of_vectors_only_prompts_are_embedded(warehouse: Warehouse, settings: Settings) -> None:
    """What is not compared is not paid for."""
    spared = settings.model_copy(update={"decontamination": DecontaminationSettings(use_vectors=False)})
    assert texts(warehouse, spared) == ["p1", "p2"]
