"""diff: each question of two versions once, with what the version without it says of the prompt."""

from typing import Any

import pytest

from benchbuilder.errors import UsageError
from benchbuilder.versions import diff_versions
from benchbuilder.warehouse import Writer
from tests.sql.conftest import At, Given


@pytest.fixture
def versions(given: Given, at: At) -> None:
    """Two versions: k stays; low, sampled, rude, veto and lost went; better, fresh and odd came."""
    ids = ("k", "low", "sampled", "rude", "veto", "lost", "better", "fresh", "odd")
    old, new = ("k", "low", "sampled", "rude", "veto", "lost"), ("k", "better", "fresh", "odd")
    shared = {"is_imported": False}
    given(
        prompts=[{"prompt_id": one, "text": f"text of {one}"} for one in ids],
        sightings=[{"prompt_id": one, "ingested_at": at(30 if one == "fresh" else 1)} for one in ids],
        benchmarks=[
            {"benchmark_id": "old version", "curation_digest": "c1", "frozen_at": at(24), **shared},
            {"benchmark_id": "new version", "curation_digest": "c2", "frozen_at": at(48), **shared},
        ],
        questions=[
            *({"benchmark_id": "old version", "prompt_id": one, "topic_id": "t1"} for one in old),
            *({"benchmark_id": "new version", "prompt_id": one, "topic_id": "t2", "score": 7} for one in new),
        ],
        turned_away=[
            {"benchmark_id": "new version", "prompt_id": "low", "reason": "score_below", "threshold": 6, "measured": 5},
            {"benchmark_id": "new version", "prompt_id": "sampled", "reason": "not_sampled_topic"},
            {"benchmark_id": "old version", "prompt_id": "better", "reason": "topic_mean_below"},
        ],
        curations=[
            {"prompt_id": "rude", "curation_digest": "c2", "outcome": "rejected", "reason": "offensive"},
            {"prompt_id": "k", "curation_digest": "c2", "outcome": "accepted"},
            {"prompt_id": "odd", "curation_digest": "c1", "outcome": "accepted"},
        ],
        exclusions=[
            {"prompt_id": "veto", "decision": 0, "is_lifted": False, "reason": "vetoed", "decided_at": at(40)},
            {"prompt_id": "veto", "decision": 1, "is_lifted": True, "decided_at": at(50)},
            {"prompt_id": "lost", "decision": 0, "is_lifted": False, "reason": "vetoed", "decided_at": at(50)},
        ],
    )


def of(writer: Writer, change: str, *columns: str) -> set[tuple[Any, ...]]:
    """Some columns of the questions that changed in one way."""
    found = diff_versions(writer, "old", "new").questions
    return set(found.filter(change=change).select(columns).rows())


@pytest.mark.usefixtures("versions")
def test_each_question_is_in_out_or_kept(writer: Writer) -> None:
    """Once, in one of the three."""
    diff = diff_versions(writer, "old", "new")
    assert diff.count_by_change == {"in": 3, "out": 5, "kept": 1}
    assert diff.questions["question_ref"].is_unique().all()
    assert diff.by_topic().rows() == [("t1", 0, 5, 0), ("t2", 3, 0, 1)]


@pytest.mark.usefixtures("versions")
def test_why_a_question_went(writer: Writer) -> None:
    """As the later version's books say: its selection, its curation, people at that time; or it was no candidate."""
    assert of(writer, "out", "question_ref", "reason", "threshold", "measured") == {
        ("low", "score_below", 6.0, 5.0),
        ("sampled", "not_sampled_topic", None, None),
        ("rude", "offensive", None, None),
        ("veto", "vetoed", None, None),
        ("lost", "no_candidate", None, None),
    }


@pytest.mark.usefixtures("versions")
def test_why_a_question_came(writer: Writer) -> None:
    """It was turned away before, or read only after that version was frozen; score and text are those of today."""
    assert of(writer, "in", "question_ref", "reason", "score", "text") == {
        ("better", "topic_mean_below", 7, "text of better"),
        ("fresh", "new_prompt", 7, "text of fresh"),
        ("odd", "no_candidate", 7, "text of odd"),
    }


@pytest.mark.usefixtures("versions")
def test_a_version_and_itself(writer: Writer) -> None:
    """Everything is kept, and nothing moved."""
    diff = diff_versions(writer, "old version", "old version")
    assert diff.count_by_change == {"in": 0, "out": 0, "kept": 6}
    assert diff.moved().is_empty()
    assert diff.by_reason().is_empty()


@pytest.mark.usefixtures("versions")
def test_an_unknown_version_is_named(writer: Writer) -> None:
    """And a beginning that fits both is said to."""
    with pytest.raises(UsageError, match="benchmark nowhere is unknown"):
        diff_versions(writer, "old", "nowhere")
    with pytest.raises(UsageError, match="fits 2 versions"):
        diff_versions(writer, "", "old")
