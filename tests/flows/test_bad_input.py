"""Bad input of more than twenty kinds: a clear message or a reason on record for each, nothing else lost.

An endpoint that is down is in test_dead_models; what a single file, page or query can do wrong, in tests/unit/sources.
"""

import asyncio
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchbuilder.errors import SettingsError, SourceError
from benchbuilder.settings import load_settings
from tasks import Run
from tasks.ingest import ingest
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


def pull(scene: Scene, *sources: dict[str, Any]) -> dict[str, int]:
    """The step of the last of these sources, without a flow around it: what the flow turns into Partial is raised."""
    scene.tables["sources"] = list(sources)
    run = Run(load_settings(scene.config), datetime.now(UTC))
    return asyncio.run(ingest.fn(run, sources[-1]["name"]))


def stored(scene: Scene) -> list[str]:
    """The prompts on record."""
    return scene.warehouse.read("select text from prompts order by text")["text"].to_list()


GOOD, ALSO_GOOD = b'{"prompt": "Good before it"}\n', b'{"prompt": "Good after it"}\n'
BAD_RECORDS = {
    "wrong type": (b'{"prompt": 42}', "wrong_type"),
    "white space": (b'{"prompt": " \\n"}', "empty"),
    "a list": (b'["Why?"]', "not_an_object"),
    "nested without end": (b'{"prompt": "a", "x": ' + b"[" * 5000, "broken_json"),
    "nobody speaks": (b'{"prompt": [{"role": "assistant", "content": "Hello"}]}', "empty"),
    "no role": (b'{"prompt": [{"content": "Hello"}]}', "missing_field"),
    "only NUL": (b'{"prompt": "\\u0000"}', "empty"),
    "a line without end": (b'{"prompt": "' + b"x" * 17_000_000, "too_large"),
}


@pytest.mark.parametrize(("record", "reason"), BAD_RECORDS.values(), ids=BAD_RECORDS.keys())
def test_a_bad_record_costs_itself(scene: Scene, record: bytes, reason: str) -> None:
    """It is counted once, however often it is read; its neighbours are prompts."""
    (scene.folder / "a.jsonl").write_bytes(GOOD + record + b"\n" + ALSO_GOOD)
    source = {"name": "mixed", "paths": ["a.jsonl"], "mapping": {"prompt": "prompt"}}
    counts = pull(scene, source)
    assert (counts["count_read"], counts["count_sightings"], counts["count_rejected"]) == (3, 2, 1)
    assert stored(scene) == ["Good after it", "Good before it"]
    assert scene.warehouse.read("select reason, line from rejections").rows() == [(reason, 2)]
    assert pull(scene, source)["count_read"] == 0


TABLE = b"prompt,n\nGood before it,1\n"
BAD_TABLES = {
    "too many cells": (TABLE + b"a,b,c\nGood after it,2\n", "not_an_object"),
    "a quotation mark that is never closed": (TABLE + b'"' + b"x" * 17_000_000 + b"\nGood after it,2\n", "too_large"),
    "another encoding": (TABLE + b"caf\xe9,3\nGood after it,2\n", "wrong_encoding"),
}


@pytest.mark.parametrize(("content", "reason"), BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_a_bad_row_costs_itself(scene: Scene, content: bytes, reason: str) -> None:
    """In a CSV file that is compressed, as in a plain one."""
    (scene.folder / "a.csv.gz").write_bytes(gzip.compress(content))
    pull(scene, {"name": "form", "paths": ["a.csv.gz"], "preset": "prompt"})
    assert "Good before it" in stored(scene)
    assert scene.warehouse.read("select reason from rejections")["reason"].to_list()[0] == reason


BAD_FILES = {
    "a.jsonl.gz": (gzip.compress(GOOD * 5000)[:-9], r"a\.jsonl\.gz: cannot be read: "),
    "a.jsonl.zst": (b"\x28\xb5\x2f\xfd this is no Zstandard", r"a\.jsonl\.zst: cannot be read: "),
    "a.parquet": (b"PAR1 this is no Parquet PAR1", r"a\.parquet: cannot be read: broken Parquet"),
    "a.csv": (b"prompt,prompt\nx,y\n", r"a\.csv: cannot be read: .*2 columns have the name prompt"),
    "a.txt": (b"What is a monad?", r"a\.txt: set format, the ending is none of "),
}


@pytest.mark.parametrize(("name", "content", "told"), [(name, *rest) for name, rest in BAD_FILES.items()])
def test_a_bad_file_is_told_and_costs_no_other(scene: Scene, name: str, content: bytes, told: str) -> None:
    """The source fails, with source and file; what stands in its other files is stored, and so is it the next night."""
    (scene.folder / name).write_bytes(content)
    (scene.folder / "z.jsonl").write_bytes(ALSO_GOOD)
    source = {"name": "logs", "paths": [name, "missing/*.jsonl", "z.jsonl"], "preset": "prompt"}
    with pytest.raises(SourceError, match=rf"source 'logs': .*{told}") as caught:
        pull(scene, source)
    assert "missing/*.jsonl: no file matches" in str(caught.value)
    assert "Good after it" in stored(scene)


def test_a_line_that_somebody_is_writing_waits(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """It is neither a prompt nor a rejection, until it is whole; how long it is so far is told."""
    path = scene.folder / "a.jsonl"
    source = {"name": "logs", "paths": ["a.jsonl"], "preset": "prompt"}
    path.write_bytes(GOOD + ALSO_GOOD[:20])
    with caplog.at_level("INFO"):
        assert pull(scene, source)["count_read"] == 1
    assert "a.jsonl: 20 bytes of an unfinished line wait" in caplog.text
    path.write_bytes(GOOD + ALSO_GOOD)
    assert pull(scene, source)["count_read"] == 1
    assert stored(scene) == ["Good after it", "Good before it"]


def test_a_mapping_that_was_wrong_and_is_mended_reads_what_was_passed_over(scene: Scene) -> None:
    """Another way to read a place starts at its beginning; back again, it goes on where that way had come to."""
    path = scene.folder / "a.jsonl"
    path.write_bytes(b'{"question": "Why?"}\n')
    source = {"name": "logs", "paths": ["a.jsonl"], "preset": "prompt"}
    mended = source | {"mapping": {"prompt": "question"}}
    read = [pull(scene, place)["count_read"] for place in (source, source, mended, mended, source)]
    assert read == [1, 0, 1, 0, 0]
    path.write_bytes(path.read_bytes() + b'{"question": "When?"}\n')
    assert pull(scene, mended)["count_read"] == 1
    assert stored(scene) == ["When?", "Why?"]


def test_a_benchmark_that_becomes_a_source_is_read(scene: Scene) -> None:
    """Its texts were known, but not as prompts."""
    (scene.folder / "a.jsonl").write_bytes(GOOD)
    source = {"name": "logs", "paths": ["a.jsonl"], "preset": "prompt"}
    pull(scene, source | {"public_benchmark": True})
    assert stored(scene) == []
    pull(scene, source)
    assert stored(scene) == ["Good before it"]


PAGES = {"url": NO_SERVER, "cursor": "n", "retries": 0}
QUERY = {"database": "sqlite:chat.db", "query": "select * from t where n > :cursor", "cursor": "n", "start": 0}
BAD_PLACES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"kind": "http", "http": PAGES}, SourceError, r"source 'product': http://.*: no whole answer \(ConnectError\)"),
    (
        {"kind": "http", "http": PAGES | {"token_variable": "NOBODY_HAS_SET_THIS"}},
        SettingsError,
        r"sources\.product\.http\.token_variable: NOBODY_HAS_SET_THIS is not set",
    ),
    ({"kind": "sql", "sql": QUERY}, SourceError, "source 'product': sqlite:chat.db#.*: unable to open database file"),
    (
        {"kind": "sql", "sql": QUERY | {"database": "postgresql://me@127.0.0.1:9/chat"}},
        SourceError,
        "source 'product': postgresql://127.0.0.1:9/chat#.*: connection",
    ),
    ({"kind": "sql"}, SettingsError, r"sources\.0: paths are for kind = 'file'"),
    ({"kind": "ftp"}, SettingsError, r"sources\.0\.kind: "),
]


@pytest.mark.parametrize(("place", "error", "told"), BAD_PLACES)
def test_a_place_that_gives_nothing_is_told(
    scene: Scene, place: dict[str, Any], error: type[Exception], told: str
) -> None:
    """Source, place and what is wrong, before anything is made up or written."""
    with pytest.raises(error, match=told):
        pull(scene, {"name": "product", "preset": "prompt"} | place)


def test_votes_that_are_none_are_told_and_their_prompts_kept(scene: Scene) -> None:
    """A conversation whose winner nobody knows is a prompt all the same; the good votes find their prompts."""
    talk = [
        {"role": "user", "content": "Why is the sky blue? Ask me@example.org"},
        {"role": "assistant", "content": "x"},
    ]
    vote = {"question_id": "q1", "model_a": "a", "model_b": "b", "winner": "model_a", "conversation_a": talk}
    odd = vote | {"question_id": "q2", "winner": "nobody"}
    (scene.folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in (vote, odd, vote)))
    source = {"name": "arena", "paths": ["a.jsonl"], "preset": "arena_conversation", "votes": True}
    counts = pull(scene, source)
    assert (counts["count_read"], counts["count_sightings"], counts["count_votes"]) == (3, 2, 1)
    assert counts["count_rejected"] == 0
    joined = scene.warehouse.read("select winner, text from human_votes join prompts using (prompt_id)")
    assert joined.rows() == [("model_a", "Why is the sky blue? Ask [email]")]
    assert pull(scene, source)["count_votes"] == 0
