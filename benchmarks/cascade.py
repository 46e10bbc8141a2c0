"""What a cheap annotator saves, and what it loses: on the real prompts, with an authored marking as the truth.

All accepted prompts are the crowd, in topics by k-means so that none is left out. The strong annotator says what
`benchmarks.authored_marks` says; the cheap one is the regression on the embeddings, as `tasks.fit_cascade` fits it.
Each of several samples is one cascade; what is printed are their means. Costs are those of the requests that would be
sent, at the prices of a large model; a reply that goes through seven questions is taken for 150 tokens. The last line
is JSON.
"""

import asyncio
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.progress import track
from sklearn.cluster import KMeans

from benchbuilder.asking.annotations import ask_about_prompt
from benchbuilder.asking.cascades import plan_sample
from benchbuilder.asking.embeddings import plan_embeddings
from benchbuilder.criteria import CRITERIA, PARSER_VERSION
from benchbuilder.forecast import tokens_of
from benchbuilder.ledger import Ledger
from benchbuilder.schemas import frame_of
from benchbuilder.selection import SelectionSettings, select_questions
from benchmarks.authored_marks import authored_marks
from benchmarks.options import options
from tasks import Run, open_run
from tasks.curate import curate
from tasks.fit_cascade import fit_cascade
from tasks.ingest import ingest
from tests.fakes.scene import Scene
from tests.fakes.vectors import embed

COUNT_TOPICS = 120
TOKENS_OUT = 150
PRICES = {"usd_per_million_tokens_in": 2.0, "usd_per_million_tokens_out": 8.0}
NAMES = [criterion.name for criterion in CRITERIA]
_NOW = datetime.now(UTC)
_ERR = Console(stderr=True)


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, "hashed words as vectors, one sample", data=Path("../shared/data"))
    parser.add_argument("--wanted-recall", type=float, default=0.98)
    parser.add_argument("--count-samples", type=int, default=10)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scene = _scene(Path(folder), sorted((told.data / "prompts").glob("*.jsonl")), told.wanted_recall)
        run = open_run(scene.config, None, _NOW)
        with _ERR.status("reading, curating, embedding"):
            asyncio.run(_prepare(run, is_quick=told.quick))
        crowd = _crowd(run)
        cascades = [
            _cascade(run, crowd, seed)
            for seed in track(range(1 if told.quick else told.count_samples), "cascades", console=_ERR)
        ]
    print(pl.DataFrame(cascades))
    print(json.dumps(_figures(crowd, pl.DataFrame(cascades))))


def _scene(folder: Path, files: list[Path], wanted_recall: float) -> Scene:
    scene = Scene(folder, "http://127.0.0.1:9/v1", files)
    scene.tables = {
        "models": {"minilm": {"endpoint": "embedded"}, "annotator": {"endpoint": "scripted", **PRICES}},
        "endpoints": {"embedded": {"kind": "embedded", "limits": {"concurrency": 1}}},
        "embedder": {"model": "minilm", "texts_per_call": 8},
        "annotator": {"cascade": {"wanted_recall": wanted_recall}},
    }
    return scene


async def _prepare(run: Run, *, is_quick: bool) -> None:
    """Accepted prompts with vectors, in topics."""
    for source in run.settings.sources:
        await ingest.fn(run, source.name)
    await curate.fn(run)
    if is_quick:
        texts = run.warehouse.read("select prompt_id, text from accepted_prompts")
        rows = [
            {"prompt_id": prompt_id, "vector": embed(text[:1000]), "request_key": "-", "embedded_at": _NOW}
            | run.settings.embedded_by
            for prompt_id, text in texts.iter_rows()
        ]
        run.warehouse.append("embeddings", frame_of("embeddings", rows))
    else:
        async with Ledger(run.warehouse, run.settings, "benchmark") as ledger:
            await ledger.fulfil("embed", plan_embeddings(run.warehouse, run.settings))
    _cluster(run)


def _cluster(run: Run) -> None:
    vectors = run.warehouse.read("select prompt_id, vector from accepted_prompts join embeddings using (prompt_id)")
    labels = KMeans(COUNT_TOPICS, init="k-means++", random_state=0).fit_predict(np.array(vectors["vector"].to_list()))
    told: dict[str, Any] = {"clustering_id": "k-means", "as_of": _NOW, "clustered_at": _NOW, "settings": "{}"}
    told |= {"count_prompts": len(labels), "count_topics": COUNT_TOPICS, "share_unassigned": 0.0}
    row = told | run.settings.embedded_by
    common = {"clustering_id": "k-means", "is_outlier": False, "is_placed": False, "assigned_at": _NOW}
    members = [
        {"prompt_id": prompt_id, "topic_id": f"{label:03}", **common}
        for prompt_id, label in zip(vectors["prompt_id"], labels, strict=True)
    ]
    run.warehouse.append("clusterings", frame_of("clusterings", [row]))
    run.warehouse.append("topic_members", frame_of("topic_members", members))


def _crowd(run: Run) -> pl.DataFrame:
    """prompt_id, topic_id, the authored marks, their sum, and what the strong annotator would cost."""
    crowd = run.warehouse.read(
        "select prompt_id, topic_id, text from topic_members join prompts using (prompt_id) order by prompt_id"
    )
    annotator, settings = run.settings.strong_annotator, run.settings
    texts = track(crowd["text"], "marking, counting tokens", console=_ERR)
    rows = [
        authored_marks(text) | {"tokens_in": tokens_of(ask_about_prompt(settings, annotator, text, "").requests[0])}
        for text in texts
    ]
    cost = pl.struct("tokens_in").map_elements(
        lambda one: settings.models[annotator.model].cost_usd(one["tokens_in"], TOKENS_OUT), pl.Float64
    )
    marked = crowd.drop("text").hstack(pl.DataFrame(rows))
    return marked.with_columns(score=pl.sum_horizontal(NAMES), cost_usd=cost)


def _cascade(run: Run, crowd: pl.DataFrame, seed: int) -> dict[str, Any]:
    """One sample of the crowd, one fit, and what became of the picks, the cost and the means of topics."""
    cascade = run.settings.annotator.cascade
    assert cascade is not None  # noqa: S101 - for the type checker
    changed = {
        "annotator": run.settings.annotator.model_copy(update={"cascade": cascade.model_copy(update={"seed": seed})})
    }
    of_seed = Run(run.settings.model_copy(update=changed), _NOW)
    sample = pl.DataFrame({"prompt_id": plan_sample(run.warehouse, cascade.model_copy(update={"seed": seed}))})
    _append_marks(of_seed, crowd.join(sample, on="prompt_id", how="semi"))
    asyncio.run(fit_cascade.fn(of_seed))
    fit = run.warehouse.read("from cascades order by fitted_at desc limit 1").row(0, named=True)
    seen = crowd.join(
        run.warehouse.read("from cascade_members where cascade_id = $id", id=fit["cascade_id"]).drop(NAMES),
        on="prompt_id",
    ).with_columns(is_marked=pl.col("is_sampled") | pl.col("is_passed"))
    is_pick = pl.col("score") >= run.settings.selection.min_score
    looked_at = seen.filter("is_marked")
    return {
        "picks_in_sample": fit["count_picks"],
        "recall_lower": fit["recall_lower"],
        "recall_upper": fit["recall_upper"],
        "recall_of_picks": looked_at.filter(is_pick).height / seen.filter(is_pick).height,
        "share_of_calls": looked_at.height / seen.height,
        "share_of_cost": float(looked_at["cost_usd"].sum()) / float(seen["cost_usd"].sum()),
        **_errors_of_means(seen, fit["threshold"]),
    }


def _append_marks(run: Run, marked: pl.DataFrame) -> None:
    told = {"annotator": run.settings.annotator.model, "annotator_digest": run.settings.digest_of_annotator()}
    told |= {"parser_version": PARSER_VERSION, "is_readable": True, "request_keys": [], "annotated_at": _NOW}
    rows = [{"prompt_id": row["prompt_id"], **{name: row[name] for name in NAMES}, **told} for row in marked.to_dicts()]
    run.warehouse.append("annotations", frame_of("annotations", rows))


def _errors_of_means(seen: pl.DataFrame, threshold: float | None) -> dict[str, float]:
    """Bias and root mean square error of the means of topics that hold five prompts or more; and without estimation."""
    truth = seen.group_by("topic_id").agg(
        pl.col("score").mean(), pl.len(), naive=pl.col("score").filter("is_marked").mean()
    )
    hidden = seen.with_columns(pl.when("is_marked").then(name).alias(name) for name in NAMES)
    every = SelectionSettings(min_score=0, min_topic_mean=0, count_topics=COUNT_TOPICS, count_per_topic=10**6)
    candidates = hidden.drop("score").with_columns(is_outlier=pl.lit(value=False))
    questions = select_questions(candidates, every, criteria=NAMES, gate=threshold).questions
    means = questions.select("topic_id", "topic_mean").unique().join(truth, on="topic_id").filter(pl.col("len") >= 5)
    error, naive = means["topic_mean"] - means["score"], means["naive"] - means["score"]
    root = float((error**2).mean()) ** 0.5  # type: ignore[operator, arg-type]
    return {"topic_mean_bias": error.mean(), "topic_mean_rmse": root, "bias_of_marked_only": naive.mean()}  # type: ignore[dict-item]


def _figures(crowd: pl.DataFrame, cascades: pl.DataFrame) -> dict[str, Any]:
    # A column is null throughout where no sample had enough picks.
    means = cascades.select(pl.all().cast(pl.Float64).mean().round(4)).row(0, named=True)
    lowest = {"lowest_recall": round(cascades["recall_of_picks"].min(), 4)}  # type: ignore[arg-type]
    counts = {"count_prompts": crowd.height, "count_picks": int((crowd["score"] >= 6).sum())}
    return means | lowest | counts | {"count_samples": cascades.height}


if __name__ == "__main__":
    main()
