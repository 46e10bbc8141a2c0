"""Who may import whom, and what is loaded by whom: the rules of the house, checked on the code as it is."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.running import ROOT

SLOW = ("prefect", "umap", "hdbscan", "statsmodels", "sklearn", "scipy", "altair", "openai", "numba")
PACKAGES = ("benchbuilder", "flows", "tasks", "sql")
READ_THE_ENVIRONMENT = {
    "benchbuilder/settings/loading.py",
    "benchbuilder/settings/settings.py",
    "benchbuilder/llm/embedded.py",  # hands some of it on to its child
}


def output_of(program: str) -> str:
    """What a program prints in a Python of its own."""
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_the_layers_hold() -> None:
    """Flows → tasks → benchbuilder; the pure parts know nobody; duckdb, openai and prefect have one door each."""
    linted = output_of("from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])")
    assert "0 broken" in linted


def test_help_loads_nothing_that_it_does_not_need() -> None:
    """Of the program and of each command, without database, models, frames or Prefect: it is there at once."""
    program = f"""if True:
        import contextlib, io, sys
        from flows.cli import app
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            app("--help", result_action="return_value")
            runs = "init refresh ingest build evaluate publish doctor"
            questions = "board compare pairs judges quality sql plan import export"
            for command in f"{{runs}} {{questions}}".split():
                app([command, "--help"], result_action="return_value")
        assert shown.getvalue().count("Usage: benchbuilder") == 17
        print([name for name in {(*SLOW, "duckdb", "polars", "numpy", "pydantic")} if name in sys.modules])
    """
    assert output_of(program) == "[]\n"


@pytest.mark.parametrize("module", ["flows.printing", "benchbuilder.ledger", "benchbuilder.doctor"])
def test_what_asks_the_warehouse_loads_no_step(module: str) -> None:
    """Board, queries and the doctor wait for no library that only a run needs."""
    assert output_of(f"import sys, {module}; print([name for name in {SLOW} if name in sys.modules])") == "[]\n"


def code() -> Iterator[tuple[str, ast.Module]]:
    """Every module of ours, by its path."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_the_environment_is_read_in_one_place() -> None:
    """Whatever decides something stands in the settings, where it is named and checked."""
    readers = {
        path
        for path, module in code()
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert readers == READ_THE_ENVIRONMENT


def test_steps_are_declared_in_one_place() -> None:
    """Only tasks/ knows Prefect's task, only flows/ its flow."""
    declared: dict[str, set[str]] = {"task": set(), "flow": set()}
    for path, module in code():
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom) and node.module == "prefect":
                for alias in node.names:
                    declared.setdefault(alias.name, set()).add(Path(path).parts[0])
    assert (declared["task"], declared["flow"]) == ({"tasks"}, {"flows"})


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A file is named after what is in it."""
    empty = {"utils", "helpers", "common", "manager", "misc", "base"}
    assert not [path for path, _ in code() if Path(path).stem in empty]
