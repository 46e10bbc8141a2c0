"""Ten kinds of bad input: a clear message or a reason on record for each, nothing else lost, the right exit code.

The tenth, an endpoint that is down, is in test_dead_models.
"""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.fakes.crowd import prompts, write_crowd
from tests.fakes.nights import COUNT_CROWD, Told, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

COUNT_GOOD = 10
HUGE_BYTES = 2_000_000
NO_SERVER = "http://127.0.0.1:9/v1"


@pytest.fixture(scope="module")
def night(first_night: Told, server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The night after the first, with a second source in which good records stand between bad ones."""
    scene = first_night.scene.branch(tmp_path_factory.mktemp("bad") / "input")
    good = [json.dumps({"prompt": text}).encode() for text in prompts(COUNT_GOOD, start=COUNT_CROWD)]
    bad = [
        b'{"prompt": "Why does this line end before its ti',
        '{"prompt": "Où est passé le reste\u00a0?"}'.encode("latin-1"),
        b'{"question": "Is this the field that was meant?"}',
        b'{"prompt": null}',
        json.dumps({"prompt": "very " * (HUGE_BYTES // 5)}).encode(),
    ]
    mixed = scene.folder / "mixed.jsonl"
    mixed.write_bytes(b"\n".join([*good[:5], *bad, *good[5:]]) + b"\n")
    empty = scene.folder / "empty.jsonl"
    empty.touch()
    scene.files = [*scene.files, mixed, empty]
    return Told(scene, run_night(scene, server, day=1))


@pytest.mark.flow
def test_the_rest_goes_on(night: Told) -> None:
    """Bad records and an empty file stop nothing: the flow is Completed, every good record is there."""
    assert night.night.state.name == "Completed"
    assert night.night.calls["annotator"] == COUNT_GOOD
    batches = night.scene.snapshot.read(
        "select count_read, count_sightings, count_rejected from ingest_batches where source = 'mixed'"
    )
    assert batches.rows() == [(COUNT_GOOD + 5, COUNT_GOOD, 5)]


@pytest.mark.flow
@pytest.mark.parametrize(
    ("line", "reason"),
    [(6, "broken_json"), (7, "wrong_encoding"), (8, "missing_field"), (9, "null_field"), (10, "too_large")],
)
def test_each_bad_record_is_on_record(night: Told, line: int, reason: str) -> None:
    """A rejection names file, line, byte range and reason, with an excerpt of at most 200 characters."""
    found = night.scene.snapshot.read("from rejections where source = 'mixed' and line = $line", line=line)
    row = found.row(0, named=True)
    assert (found.height, row["reason"], Path(row["location"]).name) == (1, reason, "mixed.jsonl")
    raw = (night.scene.folder / "mixed.jsonl").read_bytes()[row["byte_start"] : row["byte_end"]]
    assert raw.strip() == (night.scene.folder / "mixed.jsonl").read_bytes().splitlines()[line - 1]
    assert len(row["excerpt"]) <= 200


@pytest.mark.flow
def test_the_funnel_counts_them(night: Told) -> None:
    """Every record that was read, good or bad, is in one row of the funnel."""
    funnel = night.scene.snapshot.read("from funnel")
    assert funnel["count_records"].sum() == COUNT_CROWD + COUNT_GOOD + 5
    assert funnel.filter(pl.col("stage") == "ingest")["count_records"].to_list() == [1] * 5


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Settings that are in order, of a team whose endpoint nobody needs here."""
    return Scene(tmp_path, NO_SERVER, [write_crowd(tmp_path / "crowd.jsonl", prompts(5))])


def test_unknown_model(scene: Scene) -> None:
    """A name that no model has: 2, with file, key, the name and the known ones."""
    scene.change("evaluation", models=["model-99"])
    finished = scene.run("refresh")
    assert finished.code == 2
    assert f"{scene.folder / 'benchbuilder.toml'}: evaluation.models" in finished.err
    assert "model-99" in finished.err
    assert "model-70" in finished.err
    assert not scene.state_dir.exists()


def test_missing_key(scene: Scene) -> None:
    """A key that is not set: 2, with the variable and who wants it, before anything is started or read."""
    scene.change("endpoints", scripted={"base_url": NO_SERVER, "key_variable": "NOBODY_HAS_SET_THIS"})
    finished = scene.run("refresh")
    assert finished.code == 2
    assert "endpoints.scripted.key_variable: NOBODY_HAS_SET_THIS is not set" in finished.err
    assert not scene.state_dir.exists()


def test_state_dir_that_cannot_be_written(scene: Scene) -> None:
    """A file stands where the folder should: 2, with the folder's name and what is wrong with it."""
    scene.state_dir.write_text("a file in the way")
    finished = scene.run("refresh")
    assert finished.code == 2
    assert finished.err.startswith(f"benchbuilder: state_dir {scene.state_dir}: cannot be written")
    assert "Traceback" not in finished.err
    assert scene.state_dir.read_text() == "a file in the way"
