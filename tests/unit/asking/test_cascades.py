"""Who looks at which prompt where there are two annotators."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchbuilder.asking.annotations import plan_annotations
from benchbuilder.asking.cascades import cascade_row, count_undecided, is_fitted, looks_at, plan_sample
from benchbuilder.schemas import frame_of
from benchbuilder.settings import Settings, load_settings
from benchbuilder.warehouse import Warehouse
from tests.fakes.scene import Scene
from tests.sql.conftest import filled

MEMBERS = [f"p{number:02}" for number in range(30)]
Load = Callable[[dict[str, Any] | None], Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Settings with a table [annotator.cascade], or without."""

    def with_cascade(cascade: dict[str, Any] | None) -> Settings:
        scene = Scene(tmp_path, "http://127.0.0.1:9/v1", [tmp_path / "crowd.jsonl"])
        scene.change("models", small={"endpoint": "scripted"})
        if cascade is not None:
            scene.change("annotator", cascade={"count_sample": 20, "max_share_sample": 0.2, **cascade})
        return load_settings(scene.config)

    return with_cascade


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Thirty members of topics and an outlier."""
    warehouse = Warehouse(tmp_path / "state")
    moment = datetime(2026, 5, 4, tzinfo=UTC)
    members = [
        {"clustering_id": "c", "prompt_id": name, "is_outlier": name == "far", "assigned_at": moment}
        for name in [*MEMBERS, "far"]
    ]
    append(warehouse, "prompts", [{"prompt_id": name, "text": name} for name in [*MEMBERS, "far"]])
    append(warehouse, "clusterings", [{"clustering_id": "c", "clustered_at": moment, "as_of": moment}])
    append(warehouse, "topic_members", members)
    return warehouse


def append(warehouse: Warehouse, relation: str, rows: list[dict[str, Any]]) -> None:
    """Rows with what they lack filled in."""
    warehouse.append(relation, frame_of(relation, [filled(relation, row) for row in rows]))


def test_without_a_cascade_all_members_are_marked(warehouse: Warehouse, load: Load) -> None:
    """Outliers are not: they cannot become questions."""
    settings = load(None)
    assert looks_at(warehouse, settings, settings.strong_annotator) == MEMBERS
    assert list(plan_annotations(warehouse, settings)) == MEMBERS


def test_before_a_fit_the_strong_annotator_marks_the_sample_and_the_cheap_one_all(
    warehouse: Warehouse, load: Load
) -> None:
    """A fifth of the thirty, by hash; the cheap one is asked seven times about each member."""
    settings = load({"model": "small"})
    cascade, cheap = settings.annotator.cascade, settings.cheap_annotator
    assert cascade is not None
    assert cheap is not None
    sample = plan_sample(warehouse, cascade)
    assert len(sample) == 6
    assert list(plan_annotations(warehouse, settings)) == sample
    wanted = plan_annotations(warehouse, settings, annotator=cheap)
    assert list(wanted) == MEMBERS
    assert {(len(one.requests), one.requests[0].model) for one in wanted.values()} == {(7, "small")}


def test_after_a_fit_it_marks_what_has_passed_too(warehouse: Warehouse, load: Load) -> None:
    """A fit of other settings or other topics is not it."""
    settings = load({})
    assert settings.annotator.cascade is not None
    assert not is_fitted(warehouse, settings)
    row = cascade_row(warehouse, settings, settings.annotator.cascade)
    append(warehouse, "cascades", [row])
    fates = {"p01": (True, False), "p02": (False, True), "p03": (False, False)}
    members = [
        {"cascade_id": row["cascade_id"], "prompt_id": name, "is_sampled": is_sampled, "is_passed": is_passed}
        for name, (is_sampled, is_passed) in fates.items()
    ]
    append(warehouse, "cascade_members", members)
    assert is_fitted(warehouse, settings)
    assert looks_at(warehouse, settings, settings.strong_annotator) == ["p01", "p02"]
    other = load({"wanted_recall": 0.5})
    assert not is_fitted(warehouse, other)
    assert len(looks_at(warehouse, other, other.strong_annotator)) == 6


def test_it_is_open_who_passes_until_a_fit_has_marked_them(warehouse: Warehouse, load: Load) -> None:
    """Before the fit all but the sample; afterwards those that came since; without a cascade nobody."""
    settings = load({})
    assert settings.annotator.cascade is not None
    assert count_undecided(warehouse, settings) == 30 - 6
    row = cascade_row(warehouse, settings, settings.annotator.cascade)
    append(warehouse, "cascades", [row])
    marked = [{"cascade_id": row["cascade_id"], "prompt_id": name} for name in MEMBERS[:-2]]
    append(warehouse, "cascade_members", marked)
    assert count_undecided(warehouse, settings) == 2
    assert count_undecided(warehouse, load(None)) == 0
