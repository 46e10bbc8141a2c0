"""marts/06: the topics of the newest clustering and the map of its prompts."""

import pytest

from tests.sql.conftest import At, Given, Rows


@pytest.fixture
def two_clusterings(given: Given, at: At) -> None:
    """An old clustering with one topic, and the newest: two topics, three members, two outliers, one question."""
    given(
        prompts=[{"prompt_id": f"p{number}", "text": f"text {number}"} for number in range(1, 6)],
        clusterings=[
            {"clustering_id": "old", "clustered_at": at(0)},
            {"clustering_id": "new", "clustered_at": at(24)},
        ],
        topics=[
            {"clustering_id": "old", "topic_id": "t0", "keywords": ["gone"]},
            {"clustering_id": "new", "topic_id": "t1", "keywords": ["sql", "join"], "broad_topic": 4},
            {"clustering_id": "new", "topic_id": "t2", "keywords": ["ode"]},
        ],
        topic_names=[{"topic_id": "t1", "parser_version": 1, "name": "Databases"}],
        topic_members=[
            {"clustering_id": "old", "prompt_id": "p1", "topic_id": "t0"},
            {"clustering_id": "new", "prompt_id": "p1", "topic_id": "t1", "x": 1.0, "y": 2.0},
            {"clustering_id": "new", "prompt_id": "p2", "topic_id": "t1"},
            {"clustering_id": "new", "prompt_id": "p3", "topic_id": "t1", "is_outlier": True},
            {"clustering_id": "new", "prompt_id": "p4", "topic_id": None, "is_outlier": True},
            {"clustering_id": "new", "prompt_id": "p5", "topic_id": "t2"},
        ],
        benchmarks=[{"benchmark_id": "v"}],
        questions=[{"benchmark_id": "v", "prompt_id": "p1"}],
    )


@pytest.mark.usefixtures("two_clusterings")
def test_a_topic_counts_its_members_the_outliers_near_it_and_its_questions(rows: Rows) -> None:
    """Topics of older clusterings are not there; a topic without a name is called by its keywords."""
    assert rows("from topic_overview order by topic_id") == [
        ("t1", "Databases", ["sql", "join"], 4, 2, 1, 1),
        ("t2", "ode", ["ode"], None, 1, 0, 0),
    ]


@pytest.mark.usefixtures("two_clusterings")
def test_the_map_has_each_prompt_of_the_newest_clustering_once(rows: Rows) -> None:
    """With its place, its topic, and whether it is a question."""
    assert rows("from topic_map order by prompt_id") == [
        ("p1", "t1", "Databases", False, 1.0, 2.0, "text 1", True),
        ("p2", "t1", "Databases", False, None, None, "text 2", False),
        ("p3", "t1", "Databases", True, None, None, "text 3", False),
        ("p4", None, None, True, None, None, "text 4", False),
        ("p5", "t2", "ode", False, None, None, "text 5", False),
    ]


def test_a_broad_topic_sums_its_topics_and_is_called_by_the_largest(given: Given, rows: Rows) -> None:
    """Three names at most, the largest topic first; outliers count in none."""
    members = [("t1", 1), ("t2", 2), ("t3", 4), ("t4", 3), ("t5", 1)]
    given(
        clusterings=[{"clustering_id": "c"}],
        topics=[
            {"clustering_id": "c", "topic_id": topic_id, "keywords": [f"about {topic_id}"], "broad_topic": broad}
            for topic_id, broad in (("t1", 0), ("t2", 0), ("t3", 0), ("t4", 0), ("t5", 1))
        ],
        topic_members=[
            {"clustering_id": "c", "prompt_id": f"{topic_id} {number}", "topic_id": topic_id}
            for topic_id, count in members
            for number in range(count)
        ]
        + [{"clustering_id": "c", "prompt_id": "p", "topic_id": "t5", "is_outlier": True}],
        benchmarks=[{"benchmark_id": "v"}],
        questions=[{"benchmark_id": "v", "prompt_id": "t3 0"}],
    )
    assert rows("from broad_topic_overview order by broad_topic") == [
        (0, ["about t3", "about t4", "about t2"], 4, 10, 1),
        (1, ["about t5"], 1, 1, 0),
    ]


def test_a_topic_without_members_is_shown_with_zeros(given: Given, rows: Rows) -> None:
    """And without a clustering there is nothing to show."""
    assert rows("from topic_overview") == []
    given(clusterings=[{"clustering_id": "c"}], topics=[{"clustering_id": "c", "topic_id": "t", "keywords": ["a"]}])
    assert rows("select topic_id, count_prompts, count_nearby_outliers, count_questions from topic_overview") == [
        ("t", 0, 0, 0)
    ]
