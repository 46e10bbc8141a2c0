"""Find topics when a full clustering is due, else place the new prompts into the topics that stand.

The latest clustering stands, whatever made it. A full one begins from its topics and is matched to them, also where the
settings or the embedder are others: a topic that survives keeps its id, and with it its name. What became of each is
recorded in topic_changes.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from benchbuilder.errors import NothingToRunError, UsageError
from benchbuilder.schemas import frame_of
from benchbuilder.text import digest_of
from benchbuilder.topics.changes import find_changes
from benchbuilder.topics.clustering import Standing, fit_clustering
from benchbuilder.topics.matching import match_topics
from benchbuilder.topics.placing import place, place_on_map
from benchbuilder.topics.relations import change_frame, member_frame, topic_frame
from benchbuilder.topics.standing import SIZE_OF_NEWCOMER
from tasks import Run, cached_step, check_mostly_there, logger

_EMBEDDED = (
    "select prompt_id, text, vector from accepted_prompts join embeddings using (prompt_id)"
    " where curation_digest = $digest and embedder = $embedder and revision = $revision order by prompt_id"
)
_PLACED = (
    "select count(*) as count_placed, count(*) filter (where is_outlier) as count_outliers"
    " from topic_members where clustering_id = $id and is_placed"
)


def _standing(run: Run) -> dict[str, Any] | None:
    """The clustering whose topics stand: the latest one."""
    rows = run.warehouse.read("from latest_clustering")
    return rows.row(0, named=True) if rows.height else None


def _made_by(run: Run) -> dict[str, str]:
    """Embedder and settings of this run, as columns of `clusterings`."""
    return {**run.settings.embedded_by, "settings": orjson.dumps(run.settings.clustering).decode()}


def _is_outdated(run: Run, standing: dict[str, Any]) -> bool:
    """Whether another embedder or other settings made what stands: nothing can be placed into it."""
    return any(standing[name] != value for name, value in _made_by(run).items())


def _is_due(run: Run, standing: dict[str, Any]) -> bool:
    """Whether a full clustering is due: the last is outdated or too old, or too many prompts fit nowhere."""
    every = timedelta(days=run.settings.cadence.recluster_every_days)
    return _is_outdated(run, standing) or run.as_of - standing["as_of"] >= every or _is_crowded_out(run, standing)


def _is_crowded_out(run: Run, standing: dict[str, Any]) -> bool:
    """Whether too many of the placed prompts fit nowhere, and enough of them that they could be a new topic."""
    count_placed, count_outliers = run.warehouse.read(_PLACED, id=standing["clustering_id"]).row(0)
    most = max(run.settings.cadence.max_share_unplaced, standing["share_unassigned"])
    fewest = SIZE_OF_NEWCOMER * run.settings.clustering.topic_size_for(standing["count_prompts"] + count_placed)
    return count_outliers > most * count_placed and count_outliers >= fewest


def _inputs(run: Run) -> Any:
    prompts = run.warehouse.read(
        f"select count(*), bit_xor(hash(prompt_id)) from ({_EMBEDDED})",  # noqa: S608 - our own query
        digest=digest_of(run.settings.curation),
        **run.settings.embedded_by,
    ).row(0)
    standing = _standing(run)
    # What a full clustering begins from, or began from: so the step itself changes no input, and the same night again
    # is skipped, but what was placed into one clustering is not taken for placed into the next.
    begins_from = standing and standing["clustering_id" if _is_due(run, standing) else "previous_id"]
    return [list(map(str, prompts)), _made_by(run), begins_from, run.settings.cadence.placing_similarity]


@cached_step(version=3, inputs=_inputs)
async def cluster(run: Run) -> dict[str, int]:
    """Cluster anew or place.

    Returns:
        count_prompts assigned now, count_topics there are, count_outliers among the prompts assigned now.

    Raises:
        NothingToRunError: no prompt has a vector.
        IncompleteError: too many prompts have none yet.
    """
    crowd = run.warehouse.read(_EMBEDDED, digest=digest_of(run.settings.curation), **run.settings.embedded_by)
    if crowd.is_empty():
        raise NothingToRunError("no prompt was accepted and embedded, so there is nothing to cluster")
    accepted = run.warehouse.read(
        "select count(*) from accepted_prompts where curation_digest = $digest", digest=digest_of(run.settings.curation)
    ).item()
    check_mostly_there("embedded", crowd.height, accepted)
    standing = _standing(run)
    if standing is None or (_is_due(run, standing) and _finds_other_topics(run, crowd, standing)):
        counts = await _cluster_anew(run, crowd, standing)
    else:
        counts = _place_new(run, crowd, standing)
    logger.info("cluster: %s", ", ".join(f"{count:,} {name[6:]}" for name, count in counts.items()))
    return counts


def _finds_other_topics(run: Run, crowd: pl.DataFrame, standing: dict[str, Any]) -> bool:
    """Whether there is anything to find anew: not of the very prompts that the standing clustering was made of."""
    if _is_outdated(run, standing):
        return True
    clustered = run.warehouse.read(
        "select prompt_id from topic_members where clustering_id = $id and not is_placed order by prompt_id",
        id=standing["clustering_id"],
    )
    return not clustered["prompt_id"].equals(crowd["prompt_id"])


class _Topics(NamedTuple):
    """Topics by their ids."""

    members: dict[str, set[str]]  # prompt_ids, without outliers
    centroids: dict[str, NDArray[np.float32]]  # none where they cannot be compared


async def _cluster_anew(run: Run, crowd: pl.DataFrame, standing: dict[str, Any] | None) -> dict[str, int]:
    before = _topics_of(run, standing) if standing else _Topics({}, {})
    clustering = await asyncio.to_thread(
        fit_clustering,
        crowd["prompt_id"].to_list(),
        _vectors(crowd),
        "@".join(run.settings.embedded_by.values()),
        run.settings.clustering,
        _standing_of(standing["clustering_id"], before) if standing else None,
    )
    members = clustering.members_by_topic()
    centroids = dict(zip(clustering.topic_ids, clustering.centroids, strict=True))
    matched = match_topics(before.members, before.centroids, members, centroids)
    stays = {new: match.old_topic_id or new for new, match in matched.items()}
    changes = find_changes(before.members, {stays[topic]: prompt_ids for topic, prompt_ids in members.items()})
    count_outliers = int(clustering.members.is_outlier.sum())
    row = {
        **_made_by(run),
        "clustering_id": clustering.clustering_id,
        "previous_id": standing["clustering_id"] if standing else None,
        "count_prompts": crowd.height,
        "count_topics": len(clustering.topic_ids),
        "share_unassigned": count_outliers / crowd.height,
        "as_of": run.as_of,
        "clustered_at": datetime.now(UTC),
    }
    texts = dict(crowd.select("prompt_id", "text").iter_rows())
    topics = topic_frame(clustering, matched, texts)
    everybody = member_frame(
        clustering.clustering_id, clustering.prompt_ids, clustering.members, clustering.coordinates
    )
    everybody = everybody.with_columns(pl.col("topic_id").replace(stays), is_placed=pl.lit(value=False))
    with run.warehouse.write() as writer:
        writer.append("clusterings", frame_of("clusterings", [row]))
        writer.append("topics", topics)
        writer.append("topic_members", everybody)
        writer.append("topic_changes", change_frame(clustering.clustering_id, changes))
    return {"count_prompts": crowd.height, "count_topics": len(stays), "count_outliers": count_outliers}


def _topics_of(run: Run, standing: dict[str, Any]) -> _Topics:
    """Those that stand; without centroids where they are another embedder's, for they lie in another space."""
    rows = run.warehouse.read(
        "select topic_id, any_value(centroid) as centroid, list(prompt_id) as prompt_ids"
        " from topics join topic_members using (clustering_id, topic_id)"
        " where clustering_id = $id and not is_outlier group by topic_id order by topic_id",
        id=standing["clustering_id"],
    )
    is_same_space = all(standing[name] == value for name, value in run.settings.embedded_by.items())
    return _Topics(
        {topic_id: set(prompt_ids) for topic_id, _, prompt_ids in rows.iter_rows()},
        {topic_id: np.asarray(centroid, np.float32) for topic_id, centroid, _ in rows.iter_rows() if is_same_space},
    )


def _standing_of(clustering_id: str, topics: _Topics) -> Standing:
    return Standing(clustering_id, {one: topic for topic, prompt_ids in topics.members.items() for one in prompt_ids})


def _place_new(run: Run, crowd: pl.DataFrame, standing: dict[str, Any]) -> dict[str, int]:
    clustering_id = standing["clustering_id"]
    topics = run.warehouse.read(
        "select topic_id, centroid from topics where clustering_id = $id order by topic_id", id=clustering_id
    )
    members = run.warehouse.read(
        "select prompt_id, x, y from topic_members where clustering_id = $id", id=clustering_id
    )
    new = crowd.join(members, on="prompt_id", how="anti")
    counts = {"count_prompts": new.height, "count_topics": topics.height, "count_outliers": 0}
    if new.is_empty():
        return counts
    centroids = np.array(topics["centroid"].to_list(), np.float32).reshape(topics.height, -1)
    placed = place(_vectors(new), centroids, topics["topic_id"].to_list(), run.settings.cadence.placing_similarity)
    mapped = crowd.join(members, on="prompt_id", how="inner").sort("prompt_id")
    coordinates = place_on_map(_vectors(new), _vectors(mapped), mapped.select("x", "y").to_numpy().astype(np.float32))
    rows = member_frame(clustering_id, new["prompt_id"].to_list(), placed, coordinates)
    run.warehouse.append("topic_members", rows.with_columns(is_placed=pl.lit(value=True)))
    return counts | {"count_outliers": int(placed.is_outlier.sum())}


def _vectors(crowd: pl.DataFrame) -> NDArray[np.float32]:
    """One row per prompt, of length 1.

    Raises:
        UsageError: the embedder has changed under one name and revision.
    """
    lengths = crowd["vector"].list.len().unique().sort().to_list()
    if len(lengths) > 1:
        shown = " and ".join(map(str, lengths))
        raise UsageError(f"embedder.model: there are vectors of {shown} numbers; give it a new revision in [models]")
    # Not by way of Python's numbers: those of 200,000 prompts would take gigabytes.
    return (
        crowd["vector"]
        .explode(empty_as_null=False)
        .to_numpy()
        .astype(np.float32, copy=False)
        .reshape(crowd.height, *lengths)
    )
