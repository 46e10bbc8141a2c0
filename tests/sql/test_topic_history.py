"""marts/09: the way of a prompt through the topics."""

from tests.sql.conftest import At, Given, Rows


def test_a_prompt_has_one_row_per_clustering_with_what_became_of_its_topic(given: Given, rows: Rows, at: At) -> None:
    """Placed at first, then a member, then in the part that split off; a topic is called as it is called now."""
    given(
        clusterings=[{"clustering_id": f"c{week}", "clustered_at": at(168 * week)} for week in range(3)],
        topics=[
            {"clustering_id": "c0", "topic_id": "t", "keywords": ["old"]},
            {"clustering_id": "c1", "topic_id": "t", "keywords": ["query"]},
            {"clustering_id": "c2", "topic_id": "u", "keywords": ["join"]},
        ],
        topic_members=[
            {"clustering_id": "c0", "prompt_id": "p", "topic_id": "t", "is_placed": True},
            {"clustering_id": "c1", "prompt_id": "p", "topic_id": "t"},
            {"clustering_id": "c2", "prompt_id": "p", "topic_id": "u"},
            {"clustering_id": "c2", "prompt_id": "other", "topic_id": "u"},
        ],
        topic_changes=[
            {"clustering_id": "c0", "topic_id": "t", "kind": "new"},
            {"clustering_id": "c1", "topic_id": "t", "kind": "kept"},
            {"clustering_id": "c2", "topic_id": "t", "kind": "gone"},
            {"clustering_id": "c2", "topic_id": "u", "kind": "split", "other_topic_id": "t"},
        ],
    )
    columns = "clustering_id, topic_id, topic_name, is_placed, topic_change, split_from_topic_id"
    assert rows(f"select {columns} from topic_history where prompt_id = 'p' order by clustered_at") == [  # noqa: S608 - ours
        ("c0", "t", "query", True, "new", None),
        ("c1", "t", "query", False, "kept", None),
        ("c2", "u", "join", False, "split", "t"),
    ]


def test_a_prompt_without_a_topic_and_clusterings_of_older_warehouses_have_rows_too(given: Given, rows: Rows) -> None:
    """What was not recorded is null."""
    given(
        clusterings=[{"clustering_id": "c"}],
        topic_members=[{"clustering_id": "c", "prompt_id": "p", "topic_id": None, "is_outlier": True}],
    )
    assert rows("select topic_id, is_outlier, topic_change from topic_history") == [(None, True, None)]
