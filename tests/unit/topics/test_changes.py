"""What a full clustering made of the topics before it."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.topics.changes import ChangeKind, TopicChange, find_changes
from benchbuilder.topics.matching import match_topics


def _prompts(start: int, stop: int) -> set[str]:
    return {f"p{number}" for number in range(start, stop)}


def test_a_topic_that_is_found_again_is_kept_with_what_it_still_holds() -> None:
    """Also where a centroid carried it over and no member is the same."""
    old = {"a": _prompts(0, 10), "b": _prompts(10, 20)}
    new = {"a": _prompts(0, 7) | _prompts(30, 40), "b": _prompts(50, 60)}
    assert find_changes(old, new) == [
        TopicChange("a", ChangeKind.KEPT, None, 7),
        TopicChange("b", ChangeKind.KEPT, None, 0),
    ]


def test_a_topic_that_lost_its_id_to_a_larger_one_was_merged_into_it() -> None:
    """Half of its members are enough."""
    old = {"a": _prompts(0, 20), "b": _prompts(20, 30)}
    assert find_changes(old, {"a": _prompts(0, 25)})[1] == TopicChange("b", ChangeKind.MERGED, "a", 5)


def test_a_topic_that_scattered_is_gone() -> None:
    """Its members lie in several topics or in none."""
    old = {"a": _prompts(0, 20), "b": _prompts(20, 30)}
    assert find_changes(old, {"a": _prompts(0, 24)})[1] == TopicChange("b", ChangeKind.GONE, None, 0)


def test_a_part_that_got_an_id_of_its_own_has_split_off() -> None:
    """At least half of it stood in one topic; with less it is new."""
    old = {"a": _prompts(0, 20)}
    new = {"a": _prompts(0, 12), "x": _prompts(12, 17) | _prompts(40, 45), "y": _prompts(17, 20) | _prompts(50, 60)}
    assert find_changes(old, new)[1:] == [
        TopicChange("x", ChangeKind.SPLIT, "a", 5),
        TopicChange("y", ChangeKind.NEW, None, 0),
    ]


def test_on_the_first_night_all_topics_are_new() -> None:
    """There is nothing that they could come from."""
    assert find_changes({}, {"x": _prompts(0, 3)}) == [TopicChange("x", ChangeKind.NEW, None, 0)]


@given(topics=st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), max_size=60))
def test_every_topic_has_one_fate(topics: list[tuple[int, int]]) -> None:
    """Of those that stood and those that did not; the other topic is one that is there."""
    members = {f"p{number}": pair for number, pair in enumerate(topics)}
    old = {f"o{t}": group for t in range(5) if (group := {p for p, (o, _) in members.items() if o == t})}
    found = {f"n{t}": group for t in range(5) if (group := {p for p, (_, n) in members.items() if n == t})}
    stays = {topic: match.old_topic_id or topic for topic, match in match_topics(old, {}, found, {}).items()}
    new = {stays[topic]: group for topic, group in found.items()}
    changes = find_changes(old, new)
    assert Counter(change.topic_id for change in changes) == Counter(old.keys() | new.keys())
    for change in changes:
        assert (change.kind in {ChangeKind.SPLIT, ChangeKind.NEW}) == (change.topic_id not in old)
        assert (change.kind is ChangeKind.KEPT) == (change.topic_id in old and change.topic_id in new)
        if change.other_topic_id is not None:
            side = new if change.kind is ChangeKind.MERGED else old
            assert change.other_topic_id in side
