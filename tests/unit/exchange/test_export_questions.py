"""The questions of a version as Parquet, for whoever wants to ask them elsewhere."""

from pathlib import Path

import polars as pl
import pytest

from benchbuilder.errors import NothingToRunError, UsageError
from benchbuilder.exchange.arena_hard import import_arena_hard
from benchbuilder.exchange.export import export_questions
from benchbuilder.text import prompt_id_of
from benchbuilder.warehouse import publish_snapshot
from tests.fakes import small_arena as arena
from tests.unit.exchange.conftest import AS_OF, NewState, build_native

COLUMNS = [
    *("question_ref", "text", "topic_id", "topic_name", "category", "score", "topic_mean", "criteria", "is_kept"),
    *("first_seen_at", "count_sightings"),
]


def test_an_imported_version(new_state: NewState, tmp_path: Path) -> None:
    """References, texts and labels, in the order of the references; what an import cannot know is null."""
    done = import_arena_hard(new_state("imported"), arena.write_v20(tmp_path / "small", [], parts="q"))
    exported = export_questions(done.snapshot, tmp_path / "questions.parquet")
    assert exported == (done.benchmark_id, [tmp_path / "questions.parquet"])
    questions = pl.read_parquet(tmp_path / "questions.parquet")
    assert questions.columns == COLUMNS
    assert questions["question_ref"].to_list() == list(arena.QUESTIONS)
    assert questions["text"].to_list() == [arena.text_of(question) for question in arena.QUESTIONS]
    assert questions["topic_name"].to_list() == list(arena.TOPICS.values())
    assert questions.select("score", "criteria", "first_seen_at").null_count().row(0) == (16, 16, 16)


def test_a_version_built_here(new_state: NewState, tmp_path: Path) -> None:
    """With the prompt's id as reference, its topic and its score."""
    snapshot = build_native(new_state("native"), arena.games())
    export_questions(snapshot, tmp_path / "questions.parquet", "bbbb")
    questions = pl.read_parquet(tmp_path / "questions.parquet")
    assert questions["question_ref"].to_list() == [prompt_id_of(text) for text in questions["text"]]
    assert questions.select("topic_id", "topic_name", "text").null_count().row(0) == (0, 0, 0)


def test_what_cannot_be_written_is_told(new_state: NewState, tmp_path: Path) -> None:
    """A file that is there stays; an unknown version, and a warehouse without one, are no empty file."""
    done = import_arena_hard(new_state("imported"), arena.write_v20(tmp_path / "small", [], parts="q"))
    path = tmp_path / "questions.parquet"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="File exists; nothing was written"):
        export_questions(done.snapshot, path)
    assert path.read_text(encoding="utf-8") == "mine"
    with pytest.raises(UsageError, match="is unknown"):
        export_questions(done.snapshot, tmp_path / "other.parquet", "ffff")
    empty = publish_snapshot(new_state("empty"), AS_OF)
    with pytest.raises(NothingToRunError, match="there is no benchmark version"):
        export_questions(empty, tmp_path / "other.parquet")
    assert not (tmp_path / "other.parquet").exists()
