"""What is decided about prompts from outside the crowd: what changes between what stands and what is found now."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import polars as pl

from benchbuilder.curation.contamination import Match
from benchbuilder.curation.vetoes import Veto

DIGITS = 6  # of a similarity: what linear algebra leaves open must not look like news
_SCHEMA = {
    "prompt_id": pl.String,
    "reason": pl.String,
    "benchmark": pl.String,
    "item_id": pl.String,
    "method": pl.String,
    "similarity": pl.Float64,
    "said_by": pl.String,
    "note": pl.String,
}


class Reason(StrEnum):
    """Why a prompt is excluded; what a person says stands over what is found."""

    VETOED = "vetoed"
    PUBLIC_BENCHMARK = "public_benchmark"


def exclusions_of(vetoes: Iterable[Veto], matches: Iterable[Match], benchmarks: Mapping[str, str]) -> pl.DataFrame:
    """The prompts that are to be turned away, a row each.

    Args:
        vetoes: of prompts that are there.
        matches: with public items; of several about one prompt the first counts.
        benchmarks: item_id → the public benchmark that it stands in.

    Returns:
        prompt_id, reason, benchmark, item_id, method, similarity, said_by, note.
    """
    rows = [
        {"prompt_id": veto.prompt_id, "reason": Reason.VETOED, "said_by": veto.said_by, "note": veto.reason}
        for veto in vetoes
    ]
    rows += [
        {
            **match._asdict(),
            "reason": Reason.PUBLIC_BENCHMARK,
            "benchmark": benchmarks[match.item_id],
            "similarity": round(match.similarity, DIGITS),
        }
        for match in matches
    ]
    return pl.DataFrame(rows, _SCHEMA).unique("prompt_id", keep="first", maintain_order=True)


def decide(wanted: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """The decisions that are new: prompts to turn away, or for another reason than before, or to let in again.

    Args:
        wanted: as of `exclusions_of`.
        standing: the last decision about each prompt, with its number `decision`, and `is_lifted`.

    Returns:
        As `standing`, without a row for what stays as it is.
    """
    excluded = standing.filter(~pl.col("is_lifted"))
    changed = wanted.join(excluded, on=list(_SCHEMA), how="anti", nulls_equal=True)
    lifted = excluded.join(wanted, on="prompt_id", how="anti").select("prompt_id", is_lifted=True)
    news = pl.concat([changed.with_columns(is_lifted=False), lifted], how="diagonal")
    numbered = news.join(standing.select("prompt_id", last="decision"), on="prompt_id", how="left")
    return numbered.with_columns(decision=pl.col("last").fill_null(-1) + 1).drop("last").sort("prompt_id")
