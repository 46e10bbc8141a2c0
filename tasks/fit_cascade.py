"""Fit the cheap annotator to the strong one, and say of each prompt in a topic whether the strong one looks at it.

A fit stands until the next full clustering; until then new prompts are marked by what was learned from its sample. What
is there is found there, so Prefect caches nothing of it.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from benchbuilder.asking.cascades import MEMBERS, cascade_row, plan_sample
from benchbuilder.cascade.cheap_marks import Matrix, features_of_likelihoods, features_of_vectors, fit_cheap_marks
from benchbuilder.cascade.gate import fit_gate
from benchbuilder.criteria import CRITERIA, PARSER_VERSION
from benchbuilder.schemas import frame_of
from benchbuilder.settings import CascadeSettings
from tasks import Run, check_mostly_there, logger, plain_step

_NAMES = [criterion.name for criterion in CRITERIA]
_VECTORS = "select prompt_id, vector from embeddings where embedder = $embedder and revision = $revision"
_LIKELIHOODS = f"""
    select prompt_id, case when is_readable then [{", ".join(_NAMES)}] end as likelihoods
    from annotations
    where annotator = $cheap_annotator and annotator_digest = $cheap_digest and parser_version = $parser_version
"""  # noqa: S608 - names of our own criteria
_CROWD = f"""
    with standing as (from cascade_members where cascade_id = $cascade_id),
    strong as (
        select prompt_id, is_readable, [{", ".join(_NAMES)}] as marks
        from annotations
        where annotator = $annotator and annotator_digest = $annotator_digest and parser_version = $parser_version
    )
    select
        members.prompt_id,
        prompts.text,
        standing.prompt_id is null as is_new,
        coalesce(standing.is_sampled, list_contains($sample::varchar[], members.prompt_id)) as is_sampled,
        strong.prompt_id is not null as is_marked,
        case when strong.is_readable then strong.marks end as marks,
        seen.prompt_id is not null as is_seen,
        seen.* exclude (prompt_id)
    from ({MEMBERS}) as members
    inner join prompts using (prompt_id)
    left join standing using (prompt_id)
    left join strong using (prompt_id)
    left join ({{seen}}) as seen using (prompt_id)
    where standing.prompt_id is null or standing.is_sampled
    order by members.prompt_id
"""  # noqa: S608 - likewise


@plain_step("fit cascade")
async def fit_cascade(run: Run) -> str:
    """Fit where no fit stands for these topics, and mark the members that have come since.

    Returns:
        What a person wants to know: the recall of the strong annotator's picks with its interval, and what passes.

    Raises:
        IncompleteError: too much of the sample has no marks of both annotators yet; or, where no fit stands, too much
            of the crowd none of the cheap one.
    """
    cascade = run.settings.annotator.cascade
    if cascade is None:
        return "there is no cascade"
    row = cascade_row(run.warehouse, run.settings, cascade)
    fitted = run.warehouse.read("from cascades where cascade_id = $id", id=row["cascade_id"])
    crowd = _crowd(run, row, [] if fitted.height else plan_sample(run.warehouse, cascade))
    if fitted.is_empty() and crowd.is_empty():
        return "cascade: no prompt stands in a topic"
    _check_looked_at(crowd, is_fitted=not fitted.is_empty())
    if crowd.filter("is_new", "is_seen").height:
        marked = await asyncio.to_thread(_mark, crowd)
        row = fitted.row(0, named=True) if fitted.height else row | _fit(run, cascade, marked)
        _append(run, row, marked.filter("is_new", "is_seen"))
    else:
        row = fitted.row(0, named=True)
    logger.info("%s", _told(row))
    return _told(row)


def _crowd(run: Run, row: dict[str, Any], sample: list[str]) -> pl.DataFrame:
    """The sample, and the members of topics that have no cheap marks yet, by prompt_id."""
    named = ("cascade_id", "annotator", "annotator_digest")
    bound = {name: row[name] for name in named} | {"parser_version": PARSER_VERSION, "sample": sample}
    if row["cheap_kind"] == "embeddings":
        return run.warehouse.read(_CROWD.format(seen=_VECTORS), **bound, **run.settings.embedded_by)
    cheap = {name: row[name] for name in ("cheap_annotator", "cheap_digest")}
    return run.warehouse.read(_CROWD.format(seen=_LIKELIHOODS), **bound, **cheap)


def _check_looked_at(crowd: pl.DataFrame, *, is_fitted: bool) -> None:
    """Refuse to learn from a part of the sample; once a fit stands, whom the cheap one has not seen waits for it."""
    sample = crowd.filter("is_sampled")
    check_mostly_there("marked by both annotators", sample.filter("is_marked", "is_seen").height, sample.height)
    if not is_fitted:
        check_mostly_there("marked by the cheap annotator", crowd.filter("is_seen").height, crowd.height)


def _mark(crowd: pl.DataFrame) -> pl.DataFrame:
    """Add `cheap`, the likelihoods of the criteria, and `cheap_score`, how many are expected to be met.

    Both are null where nothing is known of a prompt: its reply could not be read.
    """
    seen = crowd.columns[-1]
    known = crowd.filter("is_sampled", pl.col("marks").is_not_null(), pl.col(seen).is_not_null())
    others = crowd.filter(pl.col(seen).is_not_null()).join(known, on="prompt_id", how="anti")
    width = max(crowd[seen].list.len().drop_nulls(), default=0)
    cheap = fit_cheap_marks(_features(known, width), _matrix(known["marks"], len(_NAMES)), _features(others, width))
    told = pl.DataFrame(
        {
            "prompt_id": pl.concat([known["prompt_id"], others["prompt_id"]]),
            "cheap": pl.Series(np.vstack(cheap)).arr.to_list(),
        }
    )
    return (
        crowd.drop("text", seen)
        .join(told, on="prompt_id", how="left", maintain_order="left")
        .with_columns(cheap_score=pl.col("cheap").list.sum(), score=pl.col("marks").list.sum())
        .with_columns(cheap_score=pl.when(pl.col("cheap").is_not_null()).then("cheap_score"))
    )


def _features(crowd: pl.DataFrame, width: int) -> Matrix:
    texts = crowd["text"].to_list()
    if "vector" in crowd.columns:
        return features_of_vectors(_matrix(crowd["vector"], width), texts)
    return features_of_likelihoods(_matrix(crowd["likelihoods"], width), texts)


def _matrix(rows: pl.Series, width: int) -> Matrix:
    """Lists of one length as rows; `width` says which, because there may be none."""
    return rows.explode(empty_as_null=False).to_numpy().reshape(len(rows), width)


def _fit(run: Run, cascade: CascadeSettings, marked: pl.DataFrame) -> dict[str, Any]:
    """The columns of `cascades` that the fit decides."""
    sample = marked.filter("is_sampled", "is_seen")
    read = sample.drop_nulls(["score", "cheap_score"])
    is_pick = (read["score"] >= run.settings.selection.min_score).to_numpy()
    gate = fit_gate(
        read["cheap_score"].to_numpy(),
        is_pick,
        cascade.wanted_recall,
        min_picks=cascade.min_picks,
        confidence=cascade.confidence,
    )
    return {
        **gate._asdict(),
        "count_members": marked.height,
        "count_sample": sample.height,
        "count_read": read.height,
        "wanted_recall": cascade.wanted_recall,
        "fitted_at": datetime.now(UTC),
    }


def _append(run: Run, row: dict[str, Any], new: pl.DataFrame) -> None:
    """The fit, where it is new, and the prompts that it marks; whom the cheap annotator could not be read on passes."""
    is_turned_away = pl.col("cheap_score") < pl.lit(
        row["threshold"], pl.Float64
    )  # null, so nobody, without a threshold
    members = new.with_columns(
        pl.lit(row["cascade_id"]).alias("cascade_id"),
        ~is_turned_away.fill_null(value=False).alias("is_passed"),
        pl.lit(datetime.now(UTC)).alias("marked_at"),
        *(pl.col("cheap").list.get(place).alias(name) for place, name in enumerate(_NAMES)),
    )
    with run.warehouse.write() as writer:
        writer.append("cascades", frame_of("cascades", [row]))
        writer.append("cascade_members", members.select(frame_of("cascade_members", []).columns))


def _told(row: dict[str, Any]) -> str:
    """E.g. `cascade: 33 of 500 are picks, 33 of these pass (recall 89.4 to 100.0 %), and 24.8 % of the sample`."""
    begin = f"cascade: {row['count_picks']:,} of {row['count_read']:,} are picks"
    if row["threshold"] is None:
        return f"{begin}, too few to turn anybody away"
    lower, upper = 100 * row["recall_lower"], 100 * row["recall_upper"]
    kept = f"{row['count_kept']:,} of these pass (recall {lower:.1f} to {upper:.1f} %)"
    return f"{begin}, {kept}, and {100 * row['share_passed']:.1f} % of the sample"
