"""A public benchmark and a table of vetoes: what they name is no question, and what is withdrawn may be one again."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.fakes.crowd import prompts, write_crowd
from tests.fakes.nights import Night, Told, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow

OUTCOMES = """
    select prompt_id, reason, method, said_by, note from prompt_outcomes
    where reason in ('vetoed', 'public_benchmark')
"""
QUESTIONS = "select prompt_id from questions where benchmark_id = $id"


class Lists(NamedTuple):
    """Three nights on: with lists, then without; the version of the first night, and what the lists named."""

    scene: Scene
    with_lists: Night
    outcomes: dict[str, dict[str, Any]]
    first_version: str
    frozen: set[str]
    public: list[str]
    vetoed: str


def questions(scene: Scene, benchmark_id: str) -> set[str]:
    """The prompts of one version."""
    return set(scene.warehouse.read(QUESTIONS, id=benchmark_id)["prompt_id"])


def newest(scene: Scene) -> str:
    """The id of the newest version."""
    return scene.warehouse.read("select benchmark_id from latest_benchmark").item()


def write_public(path: Path, texts: list[str]) -> Path:
    """The list as others publish it: shouted, with one word more, and inside a longer text."""
    shapes = [
        texts[0].upper(),
        texts[1] + " Hurry",
        "You are a helpful assistant. " + texts[2] + " Answer in one line.",
    ]
    path.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in shapes), encoding="utf-8")
    return path


def _veto(scene: Scene, row: str) -> None:
    """A table of one row, of the scene's own."""
    path = scene.folder / "vetoes.csv"
    path.write_text(f"prompt_id,text,reason,by\n{row}\n", encoding="utf-8")
    scene.tables["vetoes"] = str(path)


@pytest.fixture(scope="module")
def lists(first_night: Told, server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Lists:
    """The second night: three questions of the first version are published elsewhere, a fourth is vetoed."""
    scene = first_night.scene.branch(tmp_path_factory.mktemp("lists") / "state")
    first_version = newest(scene)
    frozen = questions(scene, first_version)
    texts = scene.warehouse.read(
        "select prompt_id, text from prompts semi join questions using (prompt_id) order by prompt_id limit 4"
    ).rows()
    public, [vetoed] = [row[0] for row in texts[:3]], [row[0] for row in texts[3:]]
    write_public(scene.folder / "public.jsonl", [row[1] for row in texts[:3]])
    _veto(scene, f"{vetoed},,about a client,Ana")
    scene.change("decontamination", min_passage=0.99, min_vectors=0.99)  # prompts of one topic share half their words
    scene.tables["sources"] = [
        {"name": "crowd", "paths": [str(scene.folder / "crowd.jsonl")], "preset": "prompt"},
        {"name": "exam", "paths": [str(scene.folder / "public.jsonl")], "preset": "prompt", "public_benchmark": True},
    ]
    night = run_night(scene, server, day=1)
    outcomes = {row["prompt_id"]: row for row in scene.warehouse.read(OUTCOMES).to_dicts()}
    return Lists(scene, night, outcomes, first_version, frozen, public, vetoed)


def test_what_the_lists_name_is_turned_away_with_its_reason(lists: Lists) -> None:
    """By normal form, by words, as a passage; and by a person, in whose words the reason stands."""
    assert lists.with_lists.exit_code == 0
    assert {id_: row["reason"] for id_, row in lists.outcomes.items()} == {
        **dict.fromkeys(lists.public, "public_benchmark"),
        lists.vetoed: "vetoed",
    }
    assert [lists.outcomes[id_]["method"] for id_ in lists.public] == ["exact", "words", "passage"]
    assert (lists.outcomes[lists.vetoed]["said_by"], lists.outcomes[lists.vetoed]["note"]) == ("Ana", "about a client")


def test_the_next_version_leaves_them_out_and_the_frozen_one_stays(lists: Lists) -> None:
    """Nothing of a frozen version moves."""
    named = {*lists.public, lists.vetoed}
    assert questions(lists.scene, lists.first_version) == lists.frozen
    assert named <= lists.frozen
    assert not named & questions(lists.scene, newest(lists.scene))


def test_a_list_is_no_crowd(lists: Lists) -> None:
    """Its texts are no prompts; they are embedded, counted once in the funnel, and nothing is lost."""
    warehouse = lists.scene.warehouse
    assert warehouse.read("select count(*) from sightings where source = 'exam'").item() == 0
    assert warehouse.read("select count(*) from public_items semi join embeddings on item_id = prompt_id").item() == 3
    read = warehouse.read("select sum(count_read)::bigint from ingest_batches").item()
    assert warehouse.read("select sum(count_records)::bigint from funnel").item() == read


def test_the_same_night_again_decides_nothing_new(lists: Lists, server: RunningServer) -> None:
    """Neither a call nor a row."""
    count = "select count(*) from exclusions"
    before = lists.scene.warehouse.read(count).item()
    night = run_night(lists.scene, server, day=1, ignore_cache=True)
    assert (night.error, night.calls.total()) == (None, 0)
    assert lists.scene.warehouse.read(count).item() == before


def test_vectors_find_what_words_do_not(lists: Lists, server: RunningServer) -> None:
    """Once the threshold lets them; what was found by its words keeps that reason."""
    scene = lists.scene.branch(lists.scene.folder.parent / "vectors")
    scene.change("decontamination", min_vectors=0.7)
    assert run_night(scene, server, day=1).exit_code == 0
    outcomes = {row["prompt_id"]: row for row in scene.warehouse.read(OUTCOMES).to_dicts()}
    assert {id_: outcomes[id_] for id_ in lists.outcomes} == lists.outcomes
    found = [row["method"] for id_, row in outcomes.items() if id_ not in lists.outcomes]
    assert found == ["vectors"] * len(found) != []


def test_what_is_withdrawn_may_be_a_question_again(lists: Lists, server: RunningServer) -> None:
    """A row taken out of the table, and a list taken out of the settings, turn nobody away any more."""
    scene = lists.scene.branch(lists.scene.folder.parent / "withdrawn")
    scene.tables["sources"] = scene.tables["sources"][:1]
    _veto(scene, "")
    assert run_night(scene, server, day=2).exit_code == 0
    assert scene.warehouse.read(OUTCOMES).is_empty()
    lifted = scene.warehouse.read("select prompt_id from exclusions where is_lifted")
    assert set(lifted["prompt_id"]) == {*lists.public, lists.vetoed}


def test_a_wrong_veto_stops_the_build_before_anything_is_paid(lists: Lists, server: RunningServer) -> None:
    """The message names file, line and value."""
    scene = lists.scene.branch(lists.scene.folder.parent / "wrong")
    more = write_crowd(scene.folder / "more.jsonl", prompts(5, start=100))
    scene.tables["sources"] = [*scene.tables["sources"], {"name": "more", "paths": [str(more)], "preset": "prompt"}]
    _veto(scene, "abc,,private,Ana")
    night = run_night(scene, server, day=2)
    assert night.calls["embedder"] == 0
    assert "vetoes.csv: line 2: prompt_id: must be 32 hex digits (got abc)" in str(night.error or night.state.message)
