"""A later turn of a conversation waits until somebody begins with it. No flow runs: the steps are called directly."""

import asyncio
from pathlib import Path
from typing import Any

import orjson

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


def test_a_later_turn_is_curated_once_it_is_a_first_one(tmp_path: Path) -> None:
    """First it waits as a later turn; the night somebody opens with it, it is judged as any prompt."""
    file = tmp_path / "chats.jsonl"
    file.write_bytes(chat("one", "How does a relational database find a row by its key?", SAID))
    source: dict[str, Any] = {"name": "chats", "paths": [str(file)], "preset": "openai_messages"}
    scene = Scene(tmp_path, "http://127.0.0.1:9/v1", tables={"sources": [source]})
    assert curated(scene) == {"accepted": 1}
    assert scene.warehouse.read(OUTCOMES, text=SAID).rows() == [("curation", "later_turn")]
    with file.open("ab") as stream:
        stream.write(chat("two", SAID))
    assert curated(scene) == {"accepted": 1}
    assert scene.warehouse.read(OUTCOMES, text=SAID).rows() == [("waiting", "not_in_a_version_yet")]
