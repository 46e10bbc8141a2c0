"""A clustering as rows."""

from typing import Any

import numpy as np

from benchbuilder.schemas import RELATIONS
from benchbuilder.topics.changes import ChangeKind, TopicChange
from benchbuilder.topics.clustering import Clustering
from benchbuilder.topics.matching import MatchedTopic
from benchbuilder.topics.relations import change_frame, member_frame, topic_frame

NEW = MatchedTopic(None, 0.0, 0.0)


def test_a_topic_that_goes_on_has_the_id_that_it_had(crowd: Any, clustering: Clustering) -> None:
    """The others have their own; each has its members without outliers, its centroid and a broad topic."""
    matched = dict.fromkeys(clustering.topic_ids, NEW) | {clustering.topic_ids[1]: MatchedTopic("old", 0.9, 1.0)}
    texts = dict.fromkeys(crowd.prompt_ids, "a prompt about databases")
    frame = topic_frame(clustering, matched, texts)
    RELATIONS["topics"].validate(frame)
    first, _, *others = clustering.topic_ids
    assert frame["topic_id"].to_list() == [first, "old", *others]
    assert frame["continues_topic_id"].to_list() == [None, "old", None, None, None]
    assert frame["count_members"].to_list() == [len(members) for members in clustering.members_by_topic().values()]
    np.testing.assert_array_equal(np.array(frame["centroid"].to_list(), np.float32), clustering.centroids)
    assert frame["broad_topic"].max() == 2


def test_every_prompt_has_a_row_in_its_order(clustering: Clustering) -> None:
    """With its place on the map; whether it was placed is said by who places."""
    frame = member_frame("c", clustering.prompt_ids, clustering.members, clustering.coordinates)
    assert frame["prompt_id"].to_list() == list(clustering.prompt_ids)
    assert frame["topic_id"].to_list() == list(clustering.members.topic_ids)
    np.testing.assert_array_equal(frame.select("x", "y").to_numpy(), clustering.coordinates)
    assert RELATIONS["topic_members"].columns().keys() - set(frame.columns) == {"is_placed"}


def test_a_change_is_a_row_with_its_kind_as_a_word() -> None:
    """The other topic is null where there is none."""
    changes = [TopicChange("a", ChangeKind.MERGED, "b", 7), TopicChange("b", ChangeKind.KEPT, None, 20)]
    frame = change_frame("c", changes)
    RELATIONS["topic_changes"].validate(frame)
    assert frame.rows() == [("c", "a", "merged", "b", 7), ("c", "b", "kept", None, 20)]
