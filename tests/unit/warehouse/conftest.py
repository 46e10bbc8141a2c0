"""A warehouse in a temporary folder, frames of prompts, and other processes that share the folder."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from benchbuilder.schemas import frame_of
from benchbuilder.warehouse import Warehouse

Prompts = Callable[..., pl.DataFrame]
Started = Callable[..., subprocess.Popen[str]]

ROOT = Path(__file__).resolve().parents[3]
_PREAMBLE = """
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchbuilder.schemas import frame_of
from benchbuilder.warehouse import FileLock, Warehouse, current_snapshot

state_dir = Path(sys.argv[1])

def prompts(*names):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [{"prompt_id": n, "text": n, "count_masked": 0, "batch_id": "b", "ingested_at": moment} for n in names]
    return frame_of("prompts", rows)
"""


@pytest.fixture(scope="session")
def _new_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Warehouse(tmp_path_factory.mktemp("new")).path


@pytest.fixture
def warehouse(_new_file: Path, tmp_path: Path) -> Warehouse:
    """A new one, in the folder `state`; copied, because creating one takes a while."""
    (tmp_path / "state").mkdir(mode=0o700)
    shutil.copyfile(_new_file, tmp_path / "state" / "warehouse.duckdb")
    return Warehouse(tmp_path / "state")


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    """A frame of prompts with these ids; `text` is the text of all of them."""

    def make(*prompt_ids: str, text: str = "text") -> pl.DataFrame:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        shared = {"text": text, "count_masked": 0, "batch_id": "b", "ingested_at": moment}
        return frame_of("prompts", [{"prompt_id": prompt_id, **shared} for prompt_id in prompt_ids])

    return make


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Start a script in a process of its own; it has `state_dir`, `prompts` and the warehouse's names."""
    processes: list[subprocess.Popen[str]] = []

    def start(script: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _PREAMBLE + script, str(tmp_path / "state"), *arguments]
        process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()
