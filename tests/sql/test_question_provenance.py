"""marts/02: where a question came from."""

from tests.sql.conftest import At, Given, Rows

SAID = """
    select
        benchmark_id, prompt_id, text, sources, first_seen_at, last_seen_at, count_sightings, count_senders, topic_id,
        topic_name, score, topic_mean, criteria, annotator, is_kept
    from question_provenance
"""


def test_a_question_says_where_it_came_from_and_who_marked_it(given: Given, rows: Rows, at: At) -> None:
    """Text, sources, first and last sighting, topic, score, criteria and annotator, in one row."""
    given(
        prompts=[{"prompt_id": "p", "text": "Join two tables."}],
        sightings=[
            {"prompt_id": "p", "source": "votes", "seen_at": at(3), "sender": "a"},
            {"prompt_id": "p", "source": "chat", "seen_at": at(2), "sender": "b"},
        ],
        clusterings=[{"clustering_id": "c"}],
        topics=[{"clustering_id": "c", "topic_id": "t", "keywords": ["sql"]}],
        topic_names=[{"topic_id": "t", "parser_version": 1, "name": "Databases"}],
        benchmarks=[{"benchmark_id": "v", "annotator": "marker"}],
        questions=[
            {
                "benchmark_id": "v",
                "prompt_id": "p",
                "topic_id": "t",
                "topic_name": "sql",
                "score": 6,
                "topic_mean": 5.5,
                "criteria": ["specificity", "complexity"],
                "is_kept": True,
            }
        ],
    )
    assert rows(SAID) == [
        (
            *("v", "p", "Join two tables.", ["chat", "votes"], at(2), at(3), 2, 2),
            *("t", "Databases", 6, 5.5, ["specificity", "complexity"], "marker", True),
        )
    ]


def test_a_topic_that_is_gone_keeps_the_name_that_the_question_was_frozen_with(given: Given, rows: Rows) -> None:
    """A question stands once per version, also where nothing more is known of its topic or its sightings."""
    given(
        prompts=[{"prompt_id": "p"}],
        benchmarks=[{"benchmark_id": "v1"}, {"benchmark_id": "v2"}],
        questions=[
            {"benchmark_id": "v1", "prompt_id": "p", "topic_id": "gone", "topic_name": "Databases"},
            {"benchmark_id": "v2", "prompt_id": "p", "topic_id": None, "topic_name": None},
        ],
    )
    query = "select benchmark_id, topic_name, count_sightings from question_provenance order by benchmark_id"
    assert rows(query) == [("v1", "Databases", None), ("v2", None, None)]


def test_what_each_step_said_stands_beside_the_question(given: Given, rows: Rows, at: At) -> None:
    """The first sighting with its place and run, and what curation, clustering and annotator of that version said."""
    given(
        prompts=[{"prompt_id": "p", "count_masked": 2}],
        ingest_batches=[{"batch_id": "b1", "run_id": "first run"}, {"batch_id": "b2", "run_id": "second run"}],
        sightings=[
            {"prompt_id": "p", "source": "late", "source_ref": "r2", "seen_at": at(3), "batch_id": "b1"},
            {"prompt_id": "p", "source": "early", "source_ref": "r1", "seen_at": at(2), "batch_id": "b2", "line": 7},
        ],
        curations=[
            {"prompt_id": "p", "curation_digest": "old", "language": "de"},
            {"prompt_id": "p", "curation_digest": "c", "language": "en"},
        ],
        topic_members=[
            {"clustering_id": "older", "prompt_id": "p", "similarity": 0.1},
            {"clustering_id": "k", "prompt_id": "p", "similarity": 0.9, "is_placed": True},
        ],
        annotations=[
            {"prompt_id": "p", "annotator": "m", "annotator_digest": "d", "parser_version": 1, "request_keys": ["a"]},
            {"prompt_id": "p", "annotator": "m", "annotator_digest": "d", "parser_version": 2, "request_keys": ["b"]},
            {"prompt_id": "p", "annotator": "m", "annotator_digest": "other", "parser_version": 3},
        ],
        benchmarks=[
            {
                "benchmark_id": "v",
                "annotator": "m",
                "annotator_digest": "d",
                "curation_digest": "c",
                "clustering_id": "k",
            }
        ],
        questions=[{"benchmark_id": "v", "prompt_id": "p"}],
    )
    said = "first_source, first_source_ref, first_line, first_run_id, count_masked, language, topic_similarity"
    query = f"select {said}, is_placed, request_keys from question_provenance"  # noqa: S608 - our own columns
    assert rows(query) == [("early", "r1", 7, "second run", 2, "en", 0.9, True, ["b"])]
