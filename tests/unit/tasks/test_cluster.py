"""Which clustering stands, when a full one is due, and what a topic keeps across another embedder or other settings."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from benchbuilder.asking.topic_names import plan_topic_names
from benchbuilder.text import digest_of
from tasks import Run
from tasks.cluster import cluster
from tests.fakes.scene import Scene
from tests.unit.tasks.conftest import Append, Open

TOPIC_SIZE = 5
HERE, ELSEWHERE = 0, 1  # the column that vectors point along
Change = Callable[[Scene], None]


@pytest.fixture(autouse=True)
def _small_topics(scene: Scene) -> None:
    """So small a crowd does not split: it is one topic."""
    scene.change("clustering", min_cluster_size=TOPIC_SIZE)


@pytest.fixture
def arrive(append: Append, open_run: Open) -> Callable[..., None]:
    """`arrive("a", 8)`: so many prompts accepted and embedded, by the embedder of the settings as they are now."""

    def come(name: str, count: int, direction: int = HERE, width: int = 4) -> None:
        ids = [f"{name}{number}" for number in range(count)]
        run = open_run()
        vector = [float(column == direction) for column in range(width)]
        accepted = {"curation_digest": digest_of(run.settings.curation), "outcome": "accepted"}
        append(
            prompts=[{"prompt_id": one, "text": f"text of {one}"} for one in ids],
            curations=[{"prompt_id": one, **accepted} for one in ids],
            embeddings=[{"prompt_id": one, "vector": vector, **run.settings.embedded_by} for one in ids],
        )

    return come


def seed(scene: Scene) -> None:
    """Another seed."""
    scene.change("clustering", seed=7)


def setting(scene: Scene) -> None:
    """Another setting."""
    scene.change("clustering", count_neighbours=12)


def revision(scene: Scene) -> None:
    """Another revision of the embedder."""
    scene.change("models", embedder={"endpoint": "scripted", "revision": "checkpoint-2"})


def step(run: Run) -> dict[str, int]:
    """What the step says that it did."""
    return asyncio.run(cluster.fn(run))


def key_of(run: Run) -> str:
    """What Prefect would remember the step by."""
    assert cluster.cache_key_fn is not None
    return str(cluster.cache_key_fn(SimpleNamespace(task=cluster), {"run": run}))  # pyright: ignore[reportArgumentType]


def clusterings(run: Run) -> list[dict[str, Any]]:
    """In the order in which they were made."""
    return run.warehouse.read("from clusterings order by clustered_at").to_dicts()


@pytest.mark.parametrize("change", [seed, setting, revision])
def test_a_topic_survives_other_settings_and_another_embedder(
    scene: Scene, open_run: Open, arrive: Callable[..., None], change: Change
) -> None:
    """At once and by its members: id and name stay, and its fate is told. Vectors of two spaces are not compared."""
    arrive("a", 8)
    step(open_run())
    [topic] = open_run().warehouse.read("select topic_id from topics")["topic_id"]
    change(scene)
    if change is revision:
        arrive("a", 8, width=6)
    run = open_run()
    step(run)
    first, second = clusterings(run)
    assert (first["previous_id"], second["previous_id"]) == (None, first["clustering_id"])
    changes = run.warehouse.read(
        "select kind, topic_id from topic_changes where clustering_id = $id", id=second["clustering_id"]
    )
    assert changes.rows() == [("kept", topic)]
    assert step(run)["count_prompts"] == 0, "without news there is nothing to do"


def test_the_latest_clustering_stands(scene: Scene, open_run: Open, arrive: Callable[..., None]) -> None:
    """Settings that come back are settled by a clustering of their own, and new prompts are placed where all look."""
    arrive("a", 8)
    step(open_run())
    seed(scene)
    step(open_run())
    scene.change("clustering", seed=0)
    step(open_run())
    arrive("b", 1)
    run = open_run(1)
    assert step(run)["count_prompts"] == 1
    first, second, third = clusterings(run)
    assert (second["previous_id"], third["previous_id"]) == (first["clustering_id"], second["clustering_id"])
    placed = run.warehouse.read(
        "select prompt_id from topic_members semi join latest_clustering using (clustering_id) where is_placed"
    )
    assert placed["prompt_id"].to_list() == ["b0"]
    assert [len(one.prompt_ids) for one in plan_topic_names(run.warehouse, run.settings).values()] == [4]


def test_a_few_prompts_that_fit_nowhere_are_no_reason_to_cluster_anew(
    open_run: Open, arrive: Callable[..., None]
) -> None:
    """As many as could be a new topic are."""
    arrive("a", 20)
    step(open_run())
    arrive("b", 2 * TOPIC_SIZE - 1, ELSEWHERE)
    for _ in range(2):
        step(open_run(1))
    assert len(clusterings(open_run())) == 1
    arrive("c", 1, ELSEWHERE)
    for _ in range(3):
        step(open_run(2))
    run = open_run()
    assert len(clusterings(run)) == 2
    assert run.warehouse.read("select count(*) from topic_members where is_placed").item() == 2 * TOPIC_SIZE


def test_prefect_skips_what_is_done_and_nothing_else(scene: Scene, open_run: Open, arrive: Callable[..., None]) -> None:
    """The same night again is skipped; the same crowd and settings on top of another clustering are not."""
    keys: list[str] = []
    arrive("a", 8)
    for number in (0, 7, 0, 7):
        scene.change("clustering", seed=number)
        keys.append(key_of(open_run()))
        step(open_run())
        assert key_of(open_run()) == keys[-1]
    assert len(set(keys)) == 4
    assert len(clusterings(open_run())) == 4
