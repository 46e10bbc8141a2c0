"""The sample crowd holds what its docstring says, whoever edits its texts."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import numpy as np
import openai
import polars as pl
import pytest

from benchbuilder.curation.privacy import mask
from benchbuilder.curation.rules import CurationSettings, curate
from benchbuilder.llm.embedded import EmbeddedServer, start_embedded
from benchbuilder.sources import Batch, FieldMap, Record, Source, read_source
from benchbuilder.text import count_tokens, prompt_id_of
from benchbuilder.topics.clustering import ClusteringSettings, fit_clustering
from benchbuilder.topics.placing import place

FOLDER = Path(str(files("benchbuilder.samples")))
FIRST_DAY, LAST_DAY = datetime(2026, 5, 4, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
FORM = FieldMap(prompt="question", seen_at="asked_at", sender="member")
SOURCES = (
    Source("crowd", ("crowd.jsonl",), preset="prompt"),
    Source("messages", ("crowd_messages.jsonl",), preset="openai_messages"),
    Source("form", ("crowd_form.csv",), mapping=FORM),
)
NEXT = Source("crowd", ("crowd_next.jsonl",), preset="prompt")


def masked(text: str) -> str:
    """The text as the warehouse would hold it."""
    return mask(text).text


def batches(*sources: Source) -> list[Batch]:
    """All that the sources hold."""
    return [batch for source in sources for batch in read_source(source, {}, base=FOLDER, mask=masked)]


def records_of(*sources: Source) -> list[Record]:
    """All readable records, in the order of ingest."""
    return [record for batch in batches(*sources) for record in batch.records]


def curated(*sources: Source) -> pl.DataFrame:
    """Each distinct prompt with what curation makes of it."""
    distinct = {prompt_id_of(masked(record.text)): record for record in reversed(records_of(*sources))}
    firsts = {prompt_id: record for prompt_id, record in reversed(distinct.items()) if record.turn == 1}
    rows = [(prompt_id, masked(record.text), 0) for prompt_id, record in firsts.items()]
    frame = pl.DataFrame(rows, ["prompt_id", "text", "count_masked"], orient="row")
    nothing = pl.DataFrame(schema={"prompt_id": pl.String, "text": pl.String})
    return frame.join(curate(frame, nothing, CurationSettings()), on="prompt_id", maintain_order="left")


def accepted(*sources: Source) -> dict[str, str]:
    """Texts by prompt_id, sorted by it, of what survives curation."""
    rows = curated(*sources).filter(pl.col("outcome") == "accepted").sort("prompt_id")
    return dict(rows.select("prompt_id", "text").iter_rows())


def test_the_crowd_has_what_a_crowd_has() -> None:
    """114 records: three cannot be read, ten repeat another, 25 are turned away by curation, 76 survive."""
    records = records_of(*SOURCES)
    rejections = [rejection.reason for batch in batches(*SOURCES) for rejection in batch.rejections]
    assert len(records) + len(rejections) == 114
    assert Counter(rejections) == {"broken_json": 1, "missing_field": 1, "null_field": 1}
    crowd = curated(*SOURCES)
    assert len(records) - crowd.height == 11  # one is a later turn
    reasons = dict(crowd["reason"].value_counts().iter_rows())
    assert reasons == {None: 76, "near_duplicate": 8, "too_short": 8, "language": 8}


def test_every_record_says_who_sent_it_and_when() -> None:
    """Senders of uneven zeal, over four weeks; the night after comes after."""
    records = records_of(*SOURCES)
    assert all(record.sender and record.seen_at and FIRST_DAY <= record.seen_at < LAST_DAY for record in records)
    assert len({record.sender for record in records}) > 15
    assert all(record.seen_at and record.seen_at >= LAST_DAY for record in records_of(NEXT))


def test_personal_data_and_the_key_are_found_and_are_nobody_s() -> None:
    """One e-mail address of a reserved domain, one number of a range kept for fiction, one key that says it is none."""
    found = [mask(record.text) for record in records_of(*SOURCES)]
    assert sum((Counter(one.counts) for one in found), Counter()) == {"email": 1, "phone": 1, "key": 1}
    text = "\n".join(record.text for record in records_of(*SOURCES))
    assert "@example.com" in text
    assert "+44 20 7946 0" in text
    assert "sk-not-a-real-key" in text


def test_prompts_fit_the_embedded_judge() -> None:
    """A prompt and two answers of 64 tokens must leave room in a context of 2048; most are of 15 to 80 words."""
    counts = [count_tokens(text) for text in accepted(*SOURCES, NEXT).values()]
    assert max(counts) <= 150
    words = [len(text.split()) for text in accepted(*SOURCES).values()]
    assert sum(15 <= count <= 80 for count in words) >= 0.7 * len(words)


def test_the_next_night_is_new() -> None:
    """Twelve records, none of them in the crowd; one repeats a prompt of the crowd with a word changed."""
    records = records_of(NEXT)
    before = {prompt_id_of(masked(record.text)) for record in records_of(*SOURCES)}
    assert len({prompt_id_of(masked(record.text)) for record in records} - before) == len(records) == 12
    assert len(accepted(*SOURCES, NEXT)) - len(accepted(*SOURCES)) == 10


def test_every_file_is_plain_utf_8_with_unix_lines() -> None:
    """The same bytes on every machine are the same records."""
    for name in ("crowd.jsonl", "crowd_messages.jsonl", "crowd_form.csv", "crowd_next.jsonl"):
        text = (FOLDER / name).read_bytes().decode()
        assert "\r" not in text
        assert text.endswith("\n")
    assert json.loads((FOLDER / "crowd_messages.jsonl").read_text().splitlines()[0])["messages"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """The embedded models, their encoded weights kept between sessions."""
    cache: pytest.Cache = request.config.cache  # pyright: ignore[reportAssignmentType] - None without its plugin
    started = start_embedded(cache.mkdir("weights"), tmp_path_factory.mktemp("samples") / "child.log")
    yield started
    started.close()


def vectors_of(server: EmbeddedServer, texts: list[str]) -> np.ndarray:
    """(n, 384) float32 rows of length 1."""

    async def ask() -> list[list[float]]:
        async with openai.AsyncOpenAI(base_url=server.embeddings_url, api_key="none") as client:
            calls = [texts[start : start + 8] for start in range(0, len(texts), 8)]
            replies = [await client.embeddings.create(model="minilm", input=call) for call in calls]
        return [item.embedding for reply in replies for item in reply.data]

    vectors = np.asarray(asyncio.run(ask()), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.weights
def test_the_topics_separate_and_the_next_night_finds_them(server: EmbeddedServer) -> None:
    """Six to ten topics of six or more prompts, few outliers; most new prompts are placed at the default similarity."""
    crowd = accepted(*SOURCES)
    clustering = fit_clustering(list(crowd), vectors_of(server, list(crowd.values())), "minilm", ClusteringSettings())
    sizes = [len(members) for members in clustering.members_by_topic().values()]
    assert 6 <= len(sizes) <= 10
    assert min(sizes) >= 6
    assert clustering.share_unassigned() <= 0.1
    new = [text for prompt_id, text in accepted(*SOURCES, NEXT).items() if prompt_id not in crowd]
    placed = place(vectors_of(server, new), clustering.centroids, clustering.topic_ids, 0.4)
    assert placed.is_outlier.sum() <= 3
