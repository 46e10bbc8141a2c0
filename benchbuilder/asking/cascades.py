"""Who looks at which prompt where there are two annotators: the members of topics, the sample, what has passed."""

from typing import Any

import orjson

from benchbuilder.boards import Reader
from benchbuilder.cascade.cheap_marks import VERSION
from benchbuilder.cascade.sample import draw_sample, size_of_sample
from benchbuilder.criteria import PARSER_VERSION
from benchbuilder.settings import Annotator, CascadeSettings, Settings
from benchbuilder.text import digest_of

MEMBERS = """
    select prompt_id from topic_members
    semi join latest_clustering using (clustering_id)
    where not is_outlier
"""
_SEEN = "select prompt_id from cascade_members where cascade_id = $id"
_LATEST = "select clustering_id from latest_clustering"


def cascade_row(reader: Reader, settings: Settings, cascade: CascadeSettings) -> dict[str, Any]:
    """What makes a cascade another one, as columns of `cascades`; its id is a hash of the rest.

    A fit stands as long as the topics do: it is made anew for each full clustering, so that what was turned away stays
    so from night to night.
    """
    cheap = settings.cheap_annotator
    clustering_id = reader.read(_LATEST).to_series().to_list()
    row = {
        "clustering_id": clustering_id[0] if clustering_id else "",
        "annotator": settings.annotator.model,
        "annotator_digest": settings.digest_of_annotator(),
        "parser_version": PARSER_VERSION,
        "cheap_kind": "embeddings" if cheap is None else "model",
        "cheap_annotator": settings.embedder.model if cheap is None else cheap.model,
        "cheap_digest": digest_of(settings.embedded_by) if cheap is None else settings.digest_of_annotator(cheap),
        "settings": orjson.dumps(cascade.model_dump()).decode(),
        "min_score": settings.selection.min_score,
    }
    return {"cascade_id": digest_of([row, VERSION]), **row}


def plan_sample(reader: Reader, cascade: CascadeSettings) -> list[str]:
    """The prompts that both annotators mark, as the topics are now."""
    members = reader.read(MEMBERS)["prompt_id"].to_list()
    size = size_of_sample(len(members), cascade.count_sample, cascade.max_share_sample)
    return draw_sample(members, size, cascade.seed)


def is_fitted(reader: Reader, settings: Settings) -> bool:
    """Whether a cascade is fitted to the topics as they are now."""
    cascade = settings.annotator.cascade
    if cascade is None:
        return False
    cascade_id = cascade_row(reader, settings, cascade)["cascade_id"]
    return not reader.read("from cascades where cascade_id = $id", id=cascade_id).is_empty()


def count_undecided(reader: Reader, settings: Settings) -> int:
    """The members of topics of which it is open whether the strong annotator looks at them: no fit has marked them."""
    cascade = settings.annotator.cascade
    if cascade is None:
        return 0
    if not is_fitted(reader, settings):
        return reader.read(MEMBERS).height - len(plan_sample(reader, cascade))
    cascade_id = cascade_row(reader, settings, cascade)["cascade_id"]
    return reader.read(f"{MEMBERS} and prompt_id not in ({_SEEN})", id=cascade_id).height


def looks_at(reader: Reader, settings: Settings, annotator: Annotator, prefix: str = "") -> list[str]:
    """The prompts that an annotator is to mark, of those whose id begins with `prefix`, sorted.

    Returns:
        All members of topics for the cheap annotator, and for the strong one where it is alone. Else the sample while
        no cascade is fitted to these topics; afterwards the sample and what has passed.
    """
    cascade = settings.annotator.cascade
    if cascade is None or annotator != settings.strong_annotator:
        members = f"{MEMBERS} and starts_with(prompt_id, $prefix) order by prompt_id"
        return reader.read(members, prefix=prefix)["prompt_id"].to_list()
    if not is_fitted(reader, settings):
        return [prompt_id for prompt_id in plan_sample(reader, cascade) if prompt_id.startswith(prefix)]
    return reader.read(
        f"{_SEEN} and (is_sampled or is_passed) and starts_with(prompt_id, $prefix) order by prompt_id",
        id=cascade_row(reader, settings, cascade)["cascade_id"],
        prefix=prefix,
    )["prompt_id"].to_list()
