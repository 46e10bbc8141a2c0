"""Turn away, whatever curation says, what stands in a public benchmark and what people vetoed; or let it in again.

It comes after `embed`, so that vectors are compared too, and before `cluster`, so that no topic is made of what is
turned away. All is compared anew in each run: a list that grew, or a veto withdrawn, needs no memory of what was
compared.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchbuilder.curation.contamination import Match, match_texts, match_vectors
from benchbuilder.curation.exclusion import decide, exclusions_of
from benchbuilder.text import digest_of
from tasks import Run, cached_step, logger

# What other rules turned away needs no second reason; a near duplicate tells more by what it was copied from.
_CANDIDATES = """
    select prompt_id, text from curations join prompts using (prompt_id)
    where curation_digest = $digest and (outcome = 'accepted' or reason = 'near_duplicate')
"""
_ITEMS = "select item_id, benchmark, text from public_items where list_contains($benchmarks, benchmark)"
_EMBEDDED = "from embeddings where embedder = $embedder and revision = $revision"
_VECTORS = f"select prompt_id, vector {_EMBEDDED}"
_STANDING = "from exclusions qualify row_number() over (partition by prompt_id order by decision desc) = 1"


def _inputs(run: Run) -> Any:
    counted = [
        (_CANDIDATES, {"digest": digest_of(run.settings.curation)}),
        (_ITEMS, {"benchmarks": list(run.settings.public_benchmarks)}),
        (f"select prompt_id {_EMBEDDED}", run.settings.embedded_by),
        (_STANDING, {}),  # a list that was taken out and put back is no old news
    ]
    seen = [
        run.warehouse.read(f"select count(*), bit_xor(hash(seen)) from ({query}) as seen", **bound).row(0)  # noqa: S608
        for query, bound in counted
    ]
    vetoes = [list(veto) for veto in run.settings.load_vetoes().values()]
    return [list(map(str, seen)), run.settings.decontamination, vetoes]


@cached_step(version=1, inputs=_inputs)
async def exclude(run: Run) -> dict[str, int]:
    """Decide about the whole crowd; only what changed is written.

    Returns:
        Prompts newly vetoed, newly found in a public benchmark, and let in again.

    Raises:
        SettingsError: the vetoes cannot be read.
    """
    vetoes = run.settings.load_vetoes()
    named = pl.DataFrame({"prompt_id": list(vetoes)}, {"prompt_id": pl.String})
    present = run.warehouse.read(
        "select prompt_id from prompts semi join named using (prompt_id)", frames={"named": named}
    )
    items = _items(run)
    matches = await asyncio.to_thread(lambda: list(_matches(run, items))) if items.height else []
    wanted = exclusions_of(
        (vetoes[prompt_id] for prompt_id in present["prompt_id"]),
        matches,
        dict(items.select("item_id", "benchmark").iter_rows()),
    )
    news = decide(wanted, run.warehouse.read(_STANDING).drop("decided_at"))
    run.warehouse.append("exclusions", news.with_columns(decided_at=pl.lit(datetime.now(UTC))))
    told = dict(news.select(pl.col("reason").fill_null("let_in_again")).group_by("reason").len().iter_rows())
    logger.info(
        "exclude: %s; %d of %d vetoes name a prompt that is there",
        ", ".join(f"{count:,} {name}" for name, count in sorted(told.items())) or "nothing new",
        present.height,
        len(vetoes),
    )
    return told


def _items(run: Run) -> pl.DataFrame:
    """item_id, benchmark, text: one row per text, of the benchmarks that the settings name now."""
    benchmarks = list(run.settings.public_benchmarks)
    items = run.warehouse.read(f"{_ITEMS} order by benchmark, item_id", benchmarks=benchmarks)
    for name in sorted(set(benchmarks) - set(items["benchmark"])):
        logger.warning("exclude: public benchmark %s has no items; if it was read as a crowd before, rename it", name)
    return items.unique("item_id", keep="first", maintain_order=True)


def _matches(run: Run, items: pl.DataFrame) -> Iterator[Match]:
    """By texts, and of the prompts that these leave, by vectors."""
    settings = run.settings.decontamination
    prompts = run.warehouse.read(f"{_CANDIDATES} order by prompt_id", digest=digest_of(run.settings.curation))
    by_text = list(match_texts(dict(prompts.iter_rows()), dict(items.select("item_id", "text").iter_rows()), settings))
    yield from by_text
    left = set(prompts["prompt_id"]) - {match.prompt_id for match in by_text}
    vectors = run.warehouse.read(_VECTORS, **run.settings.embedded_by)
    lengths = vectors["vector"].list.len().unique()
    if settings.use_vectors and len(lengths) == 1:  # `cluster` says what is wrong where they differ
        ours, theirs = (
            vectors.join(pl.DataFrame({"prompt_id": ids}), on="prompt_id", how="semi").sort("prompt_id")
            for ids in (sorted(left), items["item_id"])
        )
        if ours.height and theirs.height:
            yield from match_vectors(*_split(ours), *_split(theirs), settings.min_vectors)


def _split(vectors: pl.DataFrame) -> tuple[list[str], NDArray[np.float32]]:
    """The ids, and the vectors as rows."""
    length = len(vectors["vector"][0])
    return vectors["prompt_id"].to_list(), vectors["vector"].list.to_array(length).to_numpy()
