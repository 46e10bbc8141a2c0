"""A clustering as rows of its relations."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchbuilder.schemas import frame_of
from benchbuilder.topics.broad import broad_topics
from benchbuilder.topics.changes import TopicChange
from benchbuilder.topics.clustering import Clustering
from benchbuilder.topics.keywords import find_keywords
from benchbuilder.topics.matching import MatchedTopic
from benchbuilder.topics.placing import Membership


def topic_frame(clustering: Clustering, matched: Mapping[str, MatchedTopic], texts: Mapping[str, str]) -> pl.DataFrame:
    """Rows of `topics`: one per topic, under the id that it keeps where it goes on with one that stood.

    Args:
        clustering: of t topics.
        matched: what each of its topics continues.
        texts: of its prompts, by prompt_id.
    """
    members = clustering.members_by_topic()
    keywords = find_keywords({topic: [texts[one] for one in sorted(ids)] for topic, ids in members.items()})
    broad = broad_topics(clustering.centroids)
    rows = [
        {
            "clustering_id": clustering.clustering_id,
            "topic_id": matched[topic].old_topic_id or topic,
            "continues_topic_id": matched[topic].old_topic_id,
            "broad_topic": int(broad[place]),
            "keywords": keywords[topic],
            "count_members": len(members[topic]),
            "centroid": clustering.centroids[place].tolist(),
        }
        for place, topic in enumerate(clustering.topic_ids)
    ]
    return frame_of("topics", rows)


def member_frame(
    clustering_id: str, prompt_ids: Sequence[str], members: Membership, coordinates: NDArray[np.float32]
) -> pl.DataFrame:
    """Rows of `topic_members`, but for `is_placed`, which is the caller's to say.

    Args:
        clustering_id: that they are members of.
        prompt_ids: n.
        members: where they stand, in their order.
        coordinates: (n, 2) on the map.
    """
    columns = {
        "prompt_id": prompt_ids,
        "topic_id": pl.Series(members.topic_ids, dtype=pl.String),
        "is_outlier": members.is_outlier,
        "similarity": members.similarities.astype(float),
        "x": coordinates[:, 0].astype(float),
        "y": coordinates[:, 1].astype(float),
    }
    now = datetime.now(UTC)
    return pl.DataFrame(columns).with_columns(clustering_id=pl.lit(clustering_id), assigned_at=pl.lit(now))


def change_frame(clustering_id: str, changes: Iterable[TopicChange]) -> pl.DataFrame:
    """Rows of `topic_changes` of one clustering."""
    rows = [{**change._asdict(), "clustering_id": clustering_id, "kind": change.kind.value} for change in changes]
    return frame_of("topic_changes", rows)
