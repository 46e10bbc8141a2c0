"""A team's set-up in a temporary folder: settings that point at a scripted server, and the command line over them.

For tests of whole runs and for benchmarks: what they show is what a user would see.
"""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import toml

from benchbuilder.warehouse import Snapshot, Warehouse, current_snapshot
from tests.fakes.running import ROOT

CROWD_PRESETS = {"arena_votes_1k.jsonl": "arena_conversation"}
SCRIPTED_MODELS = ("embedder", "namer", "annotator", "judge", "model-50", "model-70", "model-30")


@dataclass(frozen=True)
class Finished:
    """One command that came to its end."""

    code: int
    out: str
    err: str


@dataclass
class Scene:
    """One state folder with its settings.

    Attributes:
        folder: where settings, state and Prefect's home lie.
        base_url: of the scripted server.
        files: the crowd, one source each.
        tables: stand over the settings, table by table; a list of tables stands in the place of another.
    """

    folder: Path
    base_url: str
    files: Sequence[Path] = ()
    tables: dict[str, Any] = field(default_factory=dict)

    @property
    def state_dir(self) -> Path:
        """Of the settings."""
        return self.folder / "state"

    @property
    def config(self) -> Path:
        """The settings file, written anew from what the scene says now."""
        path = self.folder / "benchbuilder.toml"
        path.write_text(toml.dumps(self._settings()), encoding="utf-8")
        return path

    def _settings(self) -> dict[str, Any]:
        sources = [
            {"name": file.stem, "paths": [str(file)], "preset": CROWD_PRESETS.get(file.name, "prompt")}
            for file in self.files
        ]
        limits = {"concurrency": 16, "timeout_seconds": 10, "deadline_seconds": 2}
        settings: dict[str, Any] = {
            "state_dir": str(self.state_dir),
            "sources": sources,
            "endpoints": {"scripted": {"base_url": self.base_url, "limits": limits}, "embedded": {"kind": "embedded"}},
            "models": {name: {"endpoint": "scripted"} for name in SCRIPTED_MODELS},
            "embedder": {"model": "embedder"},
            "namer": {"model": "namer"},
            "annotator": {"model": "annotator"},
            "evaluation": {"models": ["model-50", "model-70", "model-30"], "baseline": "model-50"},
            "judges": [{"model": "judge"}],
            "selection": {"min_topic_mean": 3.5, "count_topics": 20},
        }
        for name, table in self.tables.items():
            settings[name] = {**settings.get(name, {}), **table} if isinstance(table, Mapping) else table
        return settings

    @property
    def snapshot(self) -> Snapshot:
        """What is published now."""
        return current_snapshot(self.state_dir)

    @property
    def warehouse(self) -> Warehouse:
        """The live one, whatever is published."""
        return Warehouse(self.state_dir)

    def use_running_prefect(self) -> None:
        """Let commands use the server of the test session, as a team with a server does; it saves each its start."""
        from prefect.settings import get_current_settings

        self.change("prefect", api_url=str(get_current_settings().api.url))

    def branch(self, folder: Path) -> "Scene":
        """The same crowd and state restored into another folder: nothing that happens there happens here.

        As with any restore, the copy is a warehouse of its own, so that Prefect's cache does not mix the two.
        """
        folder.mkdir()
        files = [Path(shutil.copy(file, folder)) for file in self.files]
        copy = Scene(folder, self.base_url, files, dict(self.tables))
        shutil.copytree(self.state_dir, copy.state_dir, symlinks=True, ignore=shutil.ignore_patterns("prefect"))
        with duckdb.connect(copy.state_dir / "warehouse.duckdb") as connection:
            connection.execute("update warehouse set warehouse_id = $1", [str(uuid.uuid4())])
        return copy

    def change(self, table: str, **values: Any) -> None:
        """Set keys of one table of the settings; those not named stay."""
        self.tables[table] = {**self.tables.get(table, {}), **values}

    def renew(self, model: str) -> None:
        """A new checkpoint of a model that says other things; no new version is due, so that only it is asked again."""
        self.change("models", **{model: {"endpoint": "scripted", "revision": "checkpoint-2", "seed": 2}})
        self.change("cadence", rebuild_every_days=1)

    def command(self, *words: str) -> list[str]:
        """A command of ours over these settings."""
        return [sys.executable, "-m", "flows", *words, "--config", str(self.config)]

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command and go on; Prefect has its home in the state folder."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        return subprocess.Popen(
            self.command(*words), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: str) -> Finished:
        """Run a command to its end."""
        process = self.start(*words)
        out, err = process.communicate()
        return Finished(process.returncode, out, err)

    def sql(self, query: str) -> list[dict[str, Any]]:
        """Rows from the published snapshot, through the command line."""
        finished = self.run("sql", query, "--format", "json")
        if finished.code:
            raise RuntimeError(finished.err)
        return json.loads(finished.out)
