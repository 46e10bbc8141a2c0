"""staging/03: what a topic is called."""

from tests.sql.conftest import At, Given, Rows

KEYWORDS = ["sql", "join", "index", "table"]


def test_a_topic_without_a_readable_name_is_called_by_three_keywords(given: Given, rows: Rows) -> None:
    """Never named, or named by a reply that could not be read: both fall back, and say so."""
    given(
        clusterings=[{"clustering_id": "c"}],
        topics=[{"clustering_id": "c", "topic_id": topic_id, "keywords": KEYWORDS} for topic_id in ("t1", "t2", "t3")],
        topic_names=[
            {"topic_id": "t1", "parser_version": 1, "name": "Databases"},
            {"topic_id": "t2", "parser_version": 1, "name": None, "reason": "empty"},
        ],
    )
    assert rows("select topic_id, topic_name, is_named from topic_labels order by topic_id") == [
        ("t1", "Databases", True),
        ("t2", "sql, join, index", False),
        ("t3", "sql, join, index", False),
    ]


def test_the_highest_parser_version_names_a_topic(given: Given, rows: Rows) -> None:
    """A newer parser reads the same replies again and its reading counts."""
    given(
        clusterings=[{"clustering_id": "c"}],
        topics=[{"clustering_id": "c", "topic_id": "t", "keywords": KEYWORDS}],
        topic_names=[
            {"topic_id": "t", "parser_version": 2, "name": "Databases"},
            {"topic_id": "t", "parser_version": 1, "name": '"Databases'},
        ],
    )
    assert rows("select topic_name from topic_labels") == [("Databases",)]


def test_a_topic_that_survives_has_its_latest_keywords_and_keeps_its_name(given: Given, rows: Rows, at: At) -> None:
    """One row per topic, however many clusterings hold it."""
    given(
        clusterings=[
            {"clustering_id": "old", "clustered_at": at(0)},
            {"clustering_id": "new", "clustered_at": at(24)},
        ],
        topics=[
            {"clustering_id": "new", "topic_id": "t", "keywords": ["query"], "broad_topic": 3},
            {"clustering_id": "old", "topic_id": "t", "keywords": KEYWORDS, "broad_topic": 1},
        ],
        topic_names=[{"topic_id": "t", "parser_version": 1, "name": "Databases"}],
    )
    assert rows("select topic_id, topic_name, keywords, broad_topic from topic_labels") == [
        ("t", "Databases", ["query"], 3)
    ]
