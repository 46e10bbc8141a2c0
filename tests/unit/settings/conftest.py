"""The smallest settings that are whole, and files of them with something changed."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toml

SMALLEST: dict[str, Any] = {
    "sources": [{"name": "logs", "paths": ["logs/*.jsonl"], "preset": "prompt"}],
    "endpoints": {"ours": {"base_url": "http://127.0.0.1:8000/v1"}},
    "models": {"one": {"endpoint": "ours"}, "two-2.5": {"endpoint": "ours"}},
    "embedder": {"model": "one"},
    "namer": {"model": "one"},
    "annotator": {"model": "one"},
    "evaluation": {"models": ["one", "two-2.5"], "baseline": "one"},
    "judges": [{"model": "one"}],
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write({"budget/usd": 5, "sources/0/kind": "x", "embedder": None})` writes them with keys set, or taken away."""

    def to_file(changes: dict[str, Any] | None = None, path: Path = tmp_path / "benchbuilder.toml") -> Path:
        tables = copy.deepcopy(SMALLEST)
        for key, value in (changes or {}).items():
            *way, last = key.split("/")
            table: Any = tables
            for step in way:
                table = table[int(step)] if isinstance(table, list) else table.setdefault(step, {})
            if isinstance(table, list):
                table.append(value)
            elif value is None:
                del table[last]
            else:
                table[last] = value
        path.write_text(toml.dumps(tables), encoding="utf-8")
        return path

    return to_file
