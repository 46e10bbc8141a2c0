"""What a full clustering made of the topics before it: which went on, split, merged, came and went."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import NamedTuple

from benchbuilder.topics.matching import count_overlaps


class ChangeKind(StrEnum):
    """The fate of a topic: the first three are of one that stood, the last two of one that did not."""

    KEPT = "kept"
    MERGED = "merged"
    GONE = "gone"
    SPLIT = "split"
    NEW = "new"


class TopicChange(NamedTuple):
    """What became of one topic.

    Attributes:
        topic_id: whose fate it is.
        kind: of the change.
        other_topic_id: of a merged one the topic that took it in, of a split one the topic that it came from.
        count_shared: members that it shares with itself before (kept) or with the other topic; 0 for gone and new.
    """

    topic_id: str
    kind: ChangeKind
    other_topic_id: str | None
    count_shared: int


Members = Mapping[str, AbstractSet[str]]


def find_changes(old_members: Members, new_members: Members) -> list[TopicChange]:
    """The fate of every topic, each once: those that stood in their order, then the others in theirs.

    A topic that stood is kept where its id is found again; else merged into the topic that holds at least half of its
    members; else gone. A topic that did not stand has split from the topic that at least half of its members stood in;
    else it is new.

    Args:
        old_members: prompt_ids by topic_id, without outliers.
        new_members: the same of the new clustering, in which a topic that goes on has the id it had.
    """
    overlaps = count_overlaps(old_members, new_members)
    into, out_of = _largest(overlaps), _largest({(new, old): count for (old, new), count in overlaps.items()})
    changes = []
    for topic_id, members in old_members.items():
        if topic_id in new_members:
            changes.append(TopicChange(topic_id, ChangeKind.KEPT, None, overlaps.get((topic_id, topic_id), 0)))
        else:
            changes.append(_fate(topic_id, len(members), into, ChangeKind.MERGED, ChangeKind.GONE))
    changes += [
        _fate(topic_id, len(members), out_of, ChangeKind.SPLIT, ChangeKind.NEW)
        for topic_id, members in new_members.items()
        if topic_id not in old_members
    ]
    return changes


def _largest(overlaps: Mapping[tuple[str, str], int]) -> dict[str, tuple[int, str]]:
    """Per first topic the second one that shares most with it, the first by id of equal ones, and how much that is."""
    largest: dict[str, tuple[int, str]] = {}
    for (one, other), count in sorted(overlaps.items()):
        if count > largest.get(one, (0, ""))[0]:
            largest[one] = count, other
    return largest


def _fate(
    topic_id: str, size: int, largest: Mapping[str, tuple[int, str]], shared: ChangeKind, alone: ChangeKind
) -> TopicChange:
    count, other = largest.get(topic_id, (0, None))
    if other is not None and 2 * count >= size:
        return TopicChange(topic_id, shared, other, count)
    return TopicChange(topic_id, alone, None, 0)
