"""Topics that stay."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchbuilder.topics.matching import MatchedTopic, match_topics


def _prompts(start: int, stop: int) -> set[str]:
    return {f"p{number}" for number in range(start, stop)}


def _at(degrees: float) -> NDArray[np.float32]:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def test_a_topic_that_keeps_half_of_its_members_keeps_its_id() -> None:
    """Half is enough, less is not; share and similarity say how sure it is."""
    old = {"a": _prompts(0, 10), "b": _prompts(10, 20)}
    new = {"x": _prompts(0, 5) | _prompts(100, 130), "y": _prompts(10, 14) | _prompts(200, 205)}
    centroids = {"a": _at(0), "b": _at(90), "x": _at(60), "y": _at(0)}
    matched = match_topics(old, {k: centroids[k] for k in "ab"}, new, {k: centroids[k] for k in "xy"})
    assert matched["x"].old_topic_id == "a"
    assert matched["x"].share_members == 0.5
    np.testing.assert_allclose(matched["x"].similarity, 0.5, atol=1e-6)
    assert matched["y"] == MatchedTopic(None, 0.0, 0.0)


def test_of_two_topics_that_merge_the_larger_lives_on() -> None:
    """One to one: the topic that brings more members gives its id."""
    old = {"a": _prompts(0, 10), "b": _prompts(10, 30)}
    assert match_topics(old, {}, {"x": _prompts(0, 30)}, {})["x"].old_topic_id == "b"


def test_a_topic_that_splits_lives_on_in_its_larger_part() -> None:
    """The other part is new."""
    new = {"x": _prompts(0, 4), "y": _prompts(4, 10)}
    matched = match_topics({"a": _prompts(0, 10)}, {}, new, {})
    assert {topic: match.old_topic_id for topic, match in matched.items()} == {"x": None, "y": "a"}


def test_a_topic_with_other_members_is_found_by_its_centroid() -> None:
    """What members do not settle, centroids do, the most similar first, as long as they are similar enough."""
    old = {"a": _prompts(0, 10), "b": _prompts(10, 20)}
    new = {"x": _prompts(50, 60), "y": _prompts(60, 70), "z": _prompts(70, 80)}
    old_centroids = {"a": _at(0), "b": _at(90)}
    new_centroids = {"x": _at(10), "y": _at(5), "z": _at(120)}
    matched = match_topics(old, old_centroids, new, new_centroids)
    assert {topic: match.old_topic_id for topic, match in matched.items()} == {"x": None, "y": "a", "z": None}
    assert matched["y"].share_members == 0.0


def test_members_go_before_centroids() -> None:
    """A topic that members carry over is not given away to a twin of its old centroid."""
    matched = match_topics(
        {"a": _prompts(0, 10)},
        {"a": _at(0)},
        {"x": _prompts(0, 10), "y": _prompts(50, 60)},
        {"x": _at(30), "y": _at(0)},
    )
    assert matched["x"].old_topic_id == "a"
    assert matched["y"].old_topic_id is None


def test_without_an_old_clustering_all_topics_are_new() -> None:
    """The first night has nothing to match."""
    assert match_topics({}, {}, {"x": _prompts(0, 3)}, {"x": _at(0)}) == {"x": MatchedTopic(None, 0.0, 0.0)}


TOPIC_OF_PROMPT = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), max_size=60)


@given(topics=TOPIC_OF_PROMPT)
def test_every_surviving_topic_is_carried_over_once_at_most(topics: list[tuple[int, int]]) -> None:
    """No id is given twice; an old topic with more than half of its members in one new topic lives on or was merged."""
    members = {f"p{number}": pair for number, pair in enumerate(topics)}
    old = {f"o{t}": group for t in range(5) if (group := {p for p, (o, _) in members.items() if o == t})}
    new = {f"n{t}": group for t in range(5) if (group := {p for p, (_, n) in members.items() if n == t})}
    matched = match_topics(old, {}, new, {})
    kept = [match.old_topic_id for match in matched.values() if match.old_topic_id is not None]
    assert list(matched) == list(new)
    assert len(kept) == len(set(kept))
    for old_id, group in old.items():
        for new_id, others in new.items():
            if 2 * len(group & others) > len(group) and old_id not in kept:
                heir = matched[new_id].old_topic_id
                assert heir is not None
                assert len(old[heir] & others) >= len(group & others)


@given(topics=TOPIC_OF_PROMPT)
def test_the_same_topics_again_keep_all_ids(topics: list[tuple[int, int]]) -> None:
    """A clustering matched to itself changes nothing."""
    members = {f"p{number}": pair[0] for number, pair in enumerate(topics)}
    old = {f"o{t}": group for t in range(5) if (group := {p for p, o in members.items() if o == t})}
    assert {new: match.old_topic_id for new, match in match_topics(old, {}, old, {}).items()} == {o: o for o in old}
