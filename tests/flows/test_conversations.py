"""What ingest and curation do with conversations. No flow runs: the steps are called directly."""

import asyncio
from pathlib import Path
from typing import Any

import orjson

from benchbuilder.forgetting import find_touched, forget
from benchbuilder.settings import load_settings
from tasks import open_run
from tasks.curate import curate
from tasks.ingest import ingest
from tests.fakes.scene import Scene

SAID = "Please explain once more, with a worked example, how a database index is read."
OUTCOMES = "select stage, reason from prompt_outcomes where text = $text"


def chat(name: str, *said: str) -> bytes:
    """One conversation as a line of JSON."""
    messages = [{"role": "user", "content": text} for text in said]
    return orjson.dumps({"id": name, "messages": messages}) + b"\n"


def curated(scene: Scene) -> dict[str, int]:
    """What curation did after the source was read."""

    async def steps() -> dict[str, int]:
        run = open_run(scene.config, None, None)
        await ingest.fn(run, "chats")
        return await curate.fn(run)

    return asyncio.run(steps())


def scene_of(file: Path) -> Scene:
    """One source of conversations."""
    source: dict[str, Any] = {"name": "chats", "paths": [str(file)], "preset": "openai_messages"}
    return Scene(file.parent, "http://127.0.0.1:9/v1", tables={"sources": [source]})


def test_an_id_with_an_address_in_it_is_stored_as_its_digest(tmp_path: Path) -> None:
    """In every column that is made from it; the same record is known again all the same."""
    file = tmp_path / "chats.jsonl"
    file.write_bytes(chat("anna.smith@example.org-17", "How does a database find a row?", SAID))
    scene = scene_of(file)
    curated(scene)
    file.write_bytes(chat("other", "Where do swallows spend the winter months?") + file.read_bytes())
    curated(scene)
    sightings = scene.warehouse.read("select source_ref, conversation_ref from sightings")
    assert sightings.height == 3
    assert not any("anna" in cell for row in sightings.rows() for cell in row)


def test_a_forgotten_turn_leaves_no_excerpt_of_its_record(tmp_path: Path) -> None:
    """A conversation with a good and a bad turn is a prompt and a rejection; sent again, neither shows the text."""
    file = tmp_path / "chats.jsonl"
    record = {"id": "one", "messages": [{"role": "user", "content": SAID}, {"role": "user", "content": None}]}
    file.write_bytes(orjson.dumps(record) + b"\n")
    scene = scene_of(file)
    curated(scene)
    excerpts = "select excerpt from rejections where contains(excerpt, 'worked example')"
    assert scene.warehouse.read(excerpts).height == 1
    touched = find_touched(scene.warehouse, ["one"], [])
    forget(scene.warehouse, load_settings(scene.config), touched.prompt_ids)
    file.write_bytes(chat("two", "Where do swallows spend the winter months?") + file.read_bytes())
    curated(scene)
    assert scene.warehouse.read(excerpts).is_empty()
    reasons = scene.warehouse.read("select reason from rejections order by reason")["reason"].unique().to_list()
    assert sorted(reasons) == ["forgotten", "null_field"]


def test_a_later_turn_is_curated_once_it_is_a_first_one(tmp_path: Path) -> None:
    """First it waits as a later turn; the night somebody opens with it, it is judged as any prompt."""
    file = tmp_path / "chats.jsonl"
    file.write_bytes(chat("one", "How does a relational database find a row by its key?", SAID))
    scene = scene_of(file)
    assert curated(scene) == {"accepted": 1}
    assert scene.warehouse.read(OUTCOMES, text=SAID).rows() == [("curation", "later_turn")]
    with file.open("ab") as stream:
        stream.write(chat("two", SAID))
    assert curated(scene) == {"accepted": 1}
    assert scene.warehouse.read(OUTCOMES, text=SAID).rows() == [("waiting", "not_in_a_version_yet")]
