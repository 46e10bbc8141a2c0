"""Forgetting a question after a night: everything that was made from it goes, and it never comes back."""

from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from benchbuilder.llm.requests import Completion
from benchbuilder.llm.spool import Spool
from benchbuilder.schemas import RELATIONS
from benchbuilder.warehouse import Snapshot, Warehouse
from tests.fakes.nights import FIRST_DAY, Night, Told, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Finished, Scene

pytestmark = pytest.mark.flow

COUNT_QUESTIONS = 30
ELSEWHERE = "a text that nobody has but the spool"


class Story(NamedTuple):
    """A question of the first night, how it was forgotten, and the next night, when the crowd sends it again."""

    scene: Scene
    prompt_id: str
    text: str
    version: str
    old_snapshot: str
    before: set[str]
    dry: Finished
    done: Finished
    after: set[str]
    night: Night


@pytest.fixture(scope="module")
def story(first_night: Told, server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The question that is forgotten is named by its source_ref; a killed run left a call about it in the spool."""
    scene = first_night.scene.branch(tmp_path_factory.mktemp("forget") / "night")
    old_snapshot = scene.snapshot.path.name
    questions = scene.snapshot.read("select prompt_id, text, benchmark_id from question_provenance order by prompt_id")
    prompt_id, text, version = questions.row(0)
    source_ref = scene.snapshot.read("select source_ref from sightings where prompt_id = $id", id=prompt_id).item()
    _leave_in_spool(scene.state_dir / "spool", prompt_id)
    before = _places_with(scene, text)
    dry = scene.run("forget", "--source-ref", source_ref, "--dry-run")
    done = scene.run("forget", "--source-ref", source_ref)
    after = {*_places_with(scene, text), *_places_with(scene, ELSEWHERE)}
    first_line = '{"prompt": "Something in front, so that the whole file is read anew."}\n'
    scene.files[0].write_text(first_line + scene.files[0].read_text())
    night = run_night(scene, server, day=1)
    return Story(scene, prompt_id, text, version, old_snapshot, before, dry, done, after, night)


def _leave_in_spool(folder: Path, prompt_id: str) -> None:
    """As a killed run would: a call that is paid and in no warehouse, and a line that nobody can read."""
    spool = Spool(folder)
    facts = {"kind": "answer", "model": "m", "revision": "", "template": "", "template_sha256": "", "state": "ok"}
    spool.write(Completion("k", **facts, completed_at=FIRST_DAY, run_id="r", text=ELSEWHERE, prompt_ids=(prompt_id,)))
    spool.close()
    torn = {"unreadable": ELSEWHERE, "prompt_ids": [prompt_id]}
    (folder / "torn.bad").write_bytes(orjson.dumps(torn) + b"\nanother line\n")


def _places_with(scene: Scene, text: str) -> set[str]:
    """Where a text is: relations of the warehouse and of every snapshot, and files."""
    readers: dict[str, Warehouse | Snapshot] = {"warehouse": scene.warehouse}
    readers |= {path.name: Snapshot(path) for path in (scene.state_dir / "snapshots").glob("2*.duckdb")}
    places = {
        f"{name} {relation}"
        for name, reader in readers.items()
        for relation in RELATIONS
        if reader.read(f"select count(*) from {relation} as one where contains(one::varchar, $text)", text=text).item()  # noqa: S608
    }
    files = (path for path in scene.state_dir.rglob("*") if path.is_file() and not path.is_symlink())
    return places | {path.name for path in files if text.encode() in path.read_bytes()}


def test_a_dry_run_says_what_it_would_touch_and_touches_nothing(story: Story) -> None:
    """The prompt, the version that has it, and the board of that version."""
    assert (story.dry.code, story.dry.err) == (0, "")
    said = [line.split()[0] for line in story.dry.out.splitlines()]
    assert said == ["prompt", "version", "board", "nothing"]
    assert story.prompt_id in story.dry.out
    assert story.version in story.dry.out
    assert story.old_snapshot not in story.dry.out


def test_the_search_finds_it_before(story: Story) -> None:
    """In the warehouse, in the snapshot, in the report."""
    assert {"warehouse prompts", f"{story.old_snapshot} prompts"} <= story.before


def test_afterwards_it_stands_nowhere(story: Story) -> None:
    """Neither its text nor what the spool had about it; the old snapshot is gone and a new one published."""
    assert (story.done.code, story.done.err) == (0, "")
    assert story.after == set()
    assert f"removed   snapshot {story.old_snapshot}" in story.done.out
    assert (story.scene.state_dir / "spool" / "torn.bad").read_bytes() == b"another line\n"


def test_only_its_tombstone_names_it(story: Story) -> None:
    """No relation but one has its id, whatever columns it has."""
    named = {place for place in _places_with(story.scene, story.prompt_id) if not place.startswith("2026")}
    assert {place.removeprefix("warehouse ") for place in named if place.startswith("warehouse ")} == {
        "forgotten_prompts"
    }


def test_it_is_turned_away_when_it_comes_again(story: Story) -> None:
    """The file is read anew the next night: one record is rejected, and every record is in the funnel once."""
    assert (story.night.state.name, story.night.error) == ("Completed", None)
    snapshot = story.scene.snapshot
    rejected = snapshot.read("select reason, excerpt, line from rejections").rows()
    assert rejected == [("forgotten", "", rejected[0][2])]
    counted = snapshot.read("select sum(count_records) from funnel").item()
    assert counted == snapshot.read("select sum(count_read) from ingest_batches").item()
    forgotten = snapshot.read("select count_records from funnel where reason = 'forgotten'").item()
    assert forgotten == 2  # the record of the first night, and when it came again
    assert snapshot.read("from questions where prompt_id = $id", id=story.prompt_id).is_empty()


def test_the_others_keep_what_was_paid_for(story: Story) -> None:
    """Only the new prompt, and a question that takes the place of the one that went, cost anything."""
    snapshot = story.scene.snapshot
    left = snapshot.read("select count(*) from questions where benchmark_id = $id", id=story.version).item()
    assert left == COUNT_QUESTIONS - 1
    count_replaced = snapshot.read("select count_questions from latest_benchmark").item() - left
    calls = story.night.calls
    assert calls["embedder"] == 1
    assert [calls[model] for model in ("model-30", "model-50", "model-70")] == [count_replaced] * 3
    assert calls["judge"] == 4 * count_replaced
