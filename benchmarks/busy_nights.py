"""Whole nights against the scripted server, as benchmarks disturb them: a new warehouse, and the night after."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.fakes.crowd import prompts, write_crowd
from tests.fakes.running import Counts, RunningServer
from tests.fakes.scene import Finished, Scene

FIRST_NIGHT = ("refresh", "--as-of", "2026-05-04T03:00:00+00:00")
SECOND_NIGHT = ("refresh", "--as-of", "2026-05-05T03:00:00+00:00")
ENDPOINT = "scripted"
COUNT_TOPICS = 5  # of the crowd that is written by rule
PHASES = {"annotator": "annotator", "model": "answer", "judge": "judge"}  # how served names begin → what is asked
_VERSION = "select benchmark_id, prompt_id from questions order by all"


@dataclass(frozen=True)
class Size:
    """How much there is to do.

    Attributes:
        count_prompts: of the first night.
        count_new: prompts that come with the second.
        count_models: contestants, one of them the baseline.
        judges: by name.
        count_per_topic: questions; there are five topics.
        concurrency: calls in flight.
        latency_seconds: of the endpoint.
    """

    count_prompts: int
    count_new: int
    count_models: int
    judges: tuple[str, ...]
    count_per_topic: int
    concurrency: int
    latency_seconds: float

    @property
    def models(self) -> list[str]:
        """Their names carry their skills."""
        return [f"model-{21 + 60 * number // self.count_models}" for number in range(self.count_models)]

    @property
    def count_calls(self) -> dict[str, int]:
        """About so many a new night makes, by phase."""
        count_questions = COUNT_TOPICS * self.count_per_topic
        count_games = 2 * count_questions * (self.count_models - 1) * len(self.judges)
        counts = (self.count_prompts, count_questions * self.count_models, count_games)
        return dict(zip(PHASES.values(), counts, strict=True))


QUICK = Size(80, 20, 3, ("judge",), 6, concurrency=4, latency_seconds=0.05)
FULL = Size(140, 10, 20, ("judge", "judge-b"), 12, concurrency=16, latency_seconds=0.05)


class Result(NamedTuple):
    """What must be the same again: the questions of all versions, and the whole board, to the last bit."""

    questions: list[tuple[Any, ...]]
    board: list[tuple[Any, ...]]


@contextmanager
def prefect_running(folder: Path) -> Iterator[str]:
    """The address of a Prefect server for many commands; it saves each its start, and ends with this program."""
    os.environ |= {"PREFECT_HOME": str(folder), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    from flows.prefect_server import start_server

    folder.mkdir()
    yield start_server(folder / "server.log")


def new_night(folder: Path, server: RunningServer, prefect_url: str, size: Size) -> Scene:
    """An empty state folder, a crowd, and everything to do. The endpoint forgets what it was asked before."""
    folder.mkdir()
    scene = Scene(folder, server.base_url, [write_crowd(folder / "crowd.jsonl", prompts(size.count_prompts))])
    limits = {"concurrency": size.concurrency, "timeout_seconds": 30, "deadline_seconds": 30}
    scene.change("endpoints", **{ENDPOINT: {"base_url": server.base_url, "limits": limits}})
    scene.change("models", **{name: {"endpoint": ENDPOINT} for name in (*size.models, *size.judges)})
    scene.change("evaluation", models=size.models, baseline=size.models[size.count_models // 2])
    scene.tables["judges"] = [{"model": name} for name in size.judges]
    scene.change("selection", count_per_topic=size.count_per_topic)
    scene.change("prefect", api_url=prefect_url)
    _begin(server, size)
    return scene


def second_night(first: Scene, folder: Path, server: RunningServer, size: Size) -> Scene:
    """A copy of a night's state, new prompts, another annotator and judge: topics and most questions stand."""
    scene = first.branch(folder)
    new = write_crowd(folder / "second.jsonl", prompts(size.count_new, start=size.count_prompts))
    scene.files = [*scene.files, new]
    for name in ("annotator", *size.judges):
        scene.renew(name)
    _begin(server, size)
    return scene


def _begin(server: RunningServer, size: Size) -> None:
    server.reset()
    server.script(latency_seconds=size.latency_seconds, is_numbering=True)


def check_end(finished: Finished) -> None:
    """Fail where a command did.

    Raises:
        RuntimeError: with what it said.
    """
    if finished.code:
        raise RuntimeError(f"a command ended with {finished.code}:\n{finished.err}")


def result_of(scene: Scene) -> Result:
    """What a night has led to."""
    snapshot = scene.snapshot
    columns = [name for name in snapshot.read("from board").columns if not name.endswith(("_at", "leaderboard_id"))]
    board = snapshot.read(f"select {', '.join(columns)} from board order by model")  # noqa: S608 - names of our view
    return Result(snapshot.read(_VERSION).rows(), board.rows())


def calls_by_phase(counts: Counts) -> Counter[str]:
    """Requests that have had their reply: to annotate, to answer, to judge."""
    found: Counter[str] = Counter()
    for model, states in counts.by_model.items():
        phase = next((phase for prefix, phase in PHASES.items() if model.startswith(prefix)), None)
        if phase is not None:
            found[phase] += sum(states.values())
    return found
