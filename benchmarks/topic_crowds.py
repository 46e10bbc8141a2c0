"""Crowds for the benchmarks of topics: a real one with vectors of the embedded model, and one whose topics are planted.

The embedded model takes minutes for thousands of prompts, so the vectors of the real crowd are kept in a folder that
the caller names; prompts that are not there yet are embedded.
"""

import asyncio
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.progress import track

from benchbuilder.llm.embedded import cut_texts, running
from benchbuilder.schemas import RELATIONS
from benchbuilder.text import digest_of
from tasks import Run
from tests.fakes.scene import Scene

TEXTS_PER_CALL = 8
LENGTH_VECTOR = 384
SHARE_STRAYS = 0.1
HARD, MIDDLING, CLEAR = (0.25, 0.6), (0.3, 0.7), (0.4, 0.8)  # how near members are to the middle of their topic


class Crowd(NamedTuple):
    """Prompts and their vectors.

    Attributes:
        prompt_ids: n, sorted.
        texts: n.
        vectors: (n, d) float32 rows of length 1.
        planted: (n,) the number of each prompt's topic, -1 for a stray; of a real crowd all are -1.
    """

    prompt_ids: list[str]
    texts: list[str]
    vectors: NDArray[np.float32]
    planted: NDArray[np.intp]

    def of(self, rows: NDArray[np.intp]) -> "Crowd":
        """Those of these rows, which are in rising order."""
        ids, texts = [self.prompt_ids[row] for row in rows], [self.texts[row] for row in rows]
        return Crowd(ids, texts, self.vectors[rows], self.planted[rows])


def unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Rows of length 1."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def planted_crowd(count: int, *, nearness: tuple[float, float] = HARD, seed: int = 20240617) -> Crowd:
    """Topics of very different sizes that come in families of five, and a tenth of strays.

    A topic for every hundred prompts, its size drawn log-normally. Its middle lies at a cosine of about 0.8 to that of
    its family, its members at a cosine within `nearness` to its middle, and strays at 0.3 to the middle of some topic.
    """
    random = np.random.default_rng(seed)
    count_topics = max(count // 100, 5)
    weights = random.lognormal(0, 0.7, count_topics)
    planted = random.choice(count_topics, count, p=weights / weights.sum())
    families = unit(random.normal(size=(count_topics // 5 + 1, LENGTH_VECTOR)))
    middles = around(families[np.arange(count_topics) % len(families)], 0.8, random)
    is_stray = random.random(count) < SHARE_STRAYS
    cosines = np.where(is_stray, 0.3, random.uniform(*nearness, count))
    vectors = around(middles[planted], cosines[:, None], random)
    ids = [f"{row:032x}" for row in range(count)]
    texts = [f"prompt {row} about matter {topic}" for row, topic in enumerate(planted)]
    return Crowd(ids, texts, vectors, np.where(is_stray, -1, planted))


def around(
    middles: NDArray[np.float32], cosine: float | NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float32]:
    """A row at about this cosine to each middle, in any direction from it."""
    off = random.normal(size=middles.shape) / middles.shape[1] ** 0.5
    return unit(cosine * middles + (1 - cosine**2) ** 0.5 * off)


def real_crowd(data: Path, kept: Path) -> Crowd:
    """The accepted prompts of all files of a folder, with vectors that are made once.

    Args:
        data: the folder with JSON lines.
        kept: the folder where the vectors are kept.
    """
    prompt_ids, texts = asyncio.run(_accepted(sorted(data.glob("*.jsonl"))))
    kept.mkdir(parents=True, exist_ok=True)
    path = kept / "vectors.npz"
    known: dict[str, NDArray[np.float32]] = {}
    if path.exists():
        with np.load(path) as file:
            known = dict(zip(file["prompt_ids"].tolist(), file["vectors"], strict=True))
    if missing := {one: text for one, text in zip(prompt_ids, texts, strict=True) if one not in known}:
        known |= dict(zip(missing, asyncio.run(_embed(list(missing.values()), kept)), strict=True))
        np.savez(path, prompt_ids=np.array(list(known)), vectors=np.stack(list(known.values())))
    return Crowd(prompt_ids, texts, np.stack([known[one] for one in prompt_ids]), np.full(len(texts), -1, np.intp))


async def _accepted(files: Iterable[Path]) -> tuple[list[str], list[str]]:
    """prompt_ids and texts as ingest and curation leave them."""
    from tasks.curate import curate
    from tasks.ingest import ingest

    with tempfile.TemporaryDirectory() as folder:
        run = run_of(Scene(Path(folder), "http://127.0.0.1:1/v1", list(files)))
        for source in run.settings.sources:
            await ingest.fn(run, source.name)
        await curate.fn(run)
        rows = run.warehouse.read("select prompt_id, text from accepted_prompts order by prompt_id")
    return rows["prompt_id"].to_list(), rows["text"].to_list()


def accept(run: Run, crowd: Crowd) -> None:
    """Put prompts into the warehouse as ingest, curation and the embedder would leave them."""
    embedder = run.settings.embedder.model
    now = datetime.now(UTC)
    columns: dict[str, dict[str, Any]] = {
        "prompts": {"text": crowd.texts, "count_masked": 0, "batch_id": "benchmark", "ingested_at": now},
        "curations": {
            "curation_digest": digest_of(run.settings.curation),
            "outcome": "accepted",
            "curated_at": now,
        },
        "embeddings": {
            "embedder": embedder,
            "revision": run.settings.models[embedder].revision,
            "vector": list(crowd.vectors),
            "request_key": "benchmark",
            "embedded_at": now,
        },
    }
    for relation, values in columns.items():
        run.warehouse.append(relation, frame_with(relation, crowd.prompt_ids, values))


def frame_with(relation: str, prompt_ids: list[str], values: dict[str, Any]) -> pl.DataFrame:
    """Rows of a relation: a list is a column, anything else the same in all rows, and what is not named is null."""
    empty = RELATIONS[relation].create_empty()
    columns = {name: value for name, value in values.items() if isinstance(value, list)}
    frame = pl.DataFrame({"prompt_id": prompt_ids, **columns}, schema_overrides={"vector": pl.List(pl.Float32)})
    others = {name: pl.lit(values.get(name)) for name in empty.columns if name not in frame.columns}
    return frame.with_columns(**others).select(pl.col(name).cast(empty.schema[name]) for name in empty.columns)


def run_of(scene: Scene, as_of: datetime | None = None) -> Run:
    """What the steps of a scene are given when they are called without Prefect."""
    from benchbuilder.settings import load_settings

    return Run(load_settings(scene.config), as_of or datetime.now(UTC))


async def _embed(texts: list[str], cache_dir: Path) -> NDArray[np.float32]:
    server = running(cache_dir)
    vectors = np.empty((len(texts), LENGTH_VECTOR), np.float32)
    starts = range(0, len(texts), TEXTS_PER_CALL)
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        for start in track(starts, "embedding", console=stderr()):
            some = await cut_texts(server.embeddings_url, texts[start : start + TEXTS_PER_CALL])
            async with session.post(f"{server.embeddings_url}/embeddings", json={"input": some, "model": ""}) as reply:
                found = (await reply.json())["data"]
            vectors[start : start + len(some)] = [
                row["embedding"] for row in sorted(found, key=lambda row: row["index"])
            ]
    return unit(vectors)


def stderr() -> Any:
    """Where progress is shown, so that the last line of the output stays JSON."""
    from rich.console import Console

    return Console(stderr=True)
