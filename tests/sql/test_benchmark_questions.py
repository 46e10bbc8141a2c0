"""staging/07: a question of a version with its text and labels, built here or imported."""

from typing import Any

from tests.sql.conftest import Given, Rows

QUERY = "select question_ref, prompt_id, text, topic_id, topic_name, category from benchmark_questions order by all"
IMPORTED: dict[str, Any] = {
    "question_ref": "u1",
    "prompt_id": "p1",
    "text": "theirs",
    "category": "hard_prompt",
    "topic": "Rhymes",
}


def test_an_imported_question_is_a_reference_first(given: Given, rows: Rows) -> None:
    """Everything else is null until it is imported too; then it is there, in every version that has the reference."""
    given(
        benchmarks=[{"benchmark_id": name, "is_imported": True} for name in ("v1", "v2")],
        questions=[{"benchmark_id": name, "question_ref": "u1"} for name in ("v1", "v2")],
    )
    assert rows(QUERY) == [("u1", None, None, None, None, None)] * 2
    given(imported_questions=[IMPORTED, {**IMPORTED, "question_ref": "of no version"}])
    assert rows(QUERY) == [("u1", "p1", "theirs", "Rhymes", "Rhymes", "hard_prompt")] * 2


def test_a_question_built_here_has_its_prompt_and_topic(given: Given, rows: Rows) -> None:
    """The topic by the name that it has now; the broad topic is its category."""
    given(
        prompts=[{"prompt_id": "p1", "text": "ours"}, {"prompt_id": "p2", "text": "ours too"}],
        clusterings=[{"clustering_id": "c"}],
        topics=[{"clustering_id": "c", "topic_id": "t", "broad_topic": 3}],
        topic_names=[{"topic_id": "t", "name": "Joins", "parser_version": 1}],
        benchmarks=[{"benchmark_id": "v", "clustering_id": "c"}],
        questions=[
            {"benchmark_id": "v", "prompt_id": "p1", "topic_id": "t", "topic_name": "as it was called then"},
            {"benchmark_id": "v", "prompt_id": "p2", "topic_id": "gone", "topic_name": "as it was called"},
        ],
    )
    assert rows(QUERY) == [
        ("p1", "p1", "ours", "t", "Joins", "broad topic 3"),
        ("p2", "p2", "ours too", "gone", "as it was called", None),
    ]


def test_a_question_that_was_built_here_and_imported_has_the_labels_of_its_version(given: Given, rows: Rows) -> None:
    """An export that comes back names our prompt ids: each version keeps what it says itself."""
    given(
        prompts=[{"prompt_id": "p1", "text": "ours"}],
        imported_questions=[{**IMPORTED, "question_ref": "p1"}],
        benchmarks=[{"benchmark_id": "built"}, {"benchmark_id": "came", "is_imported": True}],
        questions=[
            {"benchmark_id": "built", "prompt_id": "p1", "topic_id": "t", "topic_name": "Joins"},
            {"benchmark_id": "came", "question_ref": "p1"},
        ],
    )
    assert rows(QUERY.replace("order by all", "where benchmark_id = 'built'")) == [
        ("p1", "p1", "ours", "t", "Joins", None)
    ]
    assert rows(QUERY.replace("order by all", "where benchmark_id = 'came'")) == [
        ("p1", "p1", "theirs", "Rhymes", "Rhymes", "hard_prompt")
    ]
