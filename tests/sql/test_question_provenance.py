"""marts/02: where a question came from."""

from tests.sql.conftest import At, Given, Rows


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
    assert rows("from question_provenance") == [
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
