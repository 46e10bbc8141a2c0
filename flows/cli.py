"""The command line: parses, starts a flow or asks the warehouse, prints. Exit codes stand in benchbuilder.errors.

Prefect and the libraries of the steps are imported when a command needs them, so that `--help` is quick.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from benchbuilder.errors import BenchBuilderError, UsageError
from flows.commands.boards import board, compare, judges, pairs, quality, sql
from flows.commands.diff import diff
from flows.commands.exchange import export_app, import_app
from flows.commands.forget import forget
from flows.commands.options import EVERY_RUN, Config, RunOptions, StateDir
from flows.commands.plan import plan


def _version() -> str:
    try:
        return version("benchbuilder")
    except PackageNotFoundError:
        return "not installed, run from its folder"


app = App(
    name="benchbuilder", help="Benchmarks that a crowd writes, judged by models, trusted by people.", version=_version
)

for command in (board, compare, pairs, judges, quality, sql, diff, plan, forget):
    app.command(command)
for group in (import_app, export_app):
    app.command(group)


@app.command
def init(path: Path = Path("benchbuilder.toml")) -> None:
    """Write a commented settings file to start from."""
    from benchbuilder.settings import STARTER

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; nothing was written") from error
    print(f"wrote {path}: name your sources, models and judges there, then run `benchbuilder doctor`")


@app.command
def refresh(
    *,
    options: RunOptions = EVERY_RUN,
    demo: Annotated[bool, Parameter(help="The packaged crowd and the embedded models.")] = False,
) -> int:
    """The nightly run: ingest, build when one is due, evaluate, publish."""
    from benchbuilder.settings import DEMO

    if demo and options.config:
        raise UsageError("--demo has settings of its own: leave out --config")
    told = replace(options, config=DEMO) if demo else options
    return _run_flow("refresh", told, is_summed_up=True, needs_all_keys=True)


@app.command
def ingest(*sources: str, options: RunOptions = EVERY_RUN) -> int:
    """Pull new prompts from the sources of the settings, or from those that are named."""
    return _run_flow("ingest_prompts", options, {"sources": list(sources)})


@app.command
def build(*, options: RunOptions = EVERY_RUN) -> int:
    """Freeze a benchmark version from the prompts that are there."""
    return _run_flow("build_benchmark", options)


@app.command
def evaluate(*models: str, benchmark: str | None = None, options: RunOptions = EVERY_RUN) -> int:
    """Ask the models (all of the settings, or those that are named) and the judges."""
    return _run_flow("evaluate_models", options, {"benchmark_id": benchmark, "models": list(models)})


@app.command
def publish(*, benchmark: str | None = None, options: RunOptions = EVERY_RUN) -> int:
    """Fit the board, publish snapshot and report."""
    return _run_flow("publish_leaderboard", options, {"benchmark_id": benchmark}, is_summed_up=True)


@app.command
def doctor(*, config: Config = None, state_dir: StateDir = None) -> int:
    """Check what a run needs: settings, state folder, lock, disk, versions, keys, endpoints."""
    from benchbuilder.doctor import examine
    from benchbuilder.settings import load_settings
    from flows.printing import print_findings

    return print_findings(asyncio.run(examine(load_settings(config, state_dir))))


def _run_flow(
    name: str,
    options: RunOptions,
    more: Mapping[str, Any] | None = None,
    *,
    is_summed_up: bool = False,
    needs_all_keys: bool = False,
) -> int:
    """Run one flow to its end on the Prefect that the settings name; what can be checked is checked before that."""
    from benchbuilder.settings import load_settings
    from benchbuilder.warehouse import Warehouse
    from flows.prefect_server import start_prefect

    settings = load_settings(options.config, options.state_dir)
    if needs_all_keys:
        settings.check_keys(tuple(settings.roles.values()))
    Warehouse(settings.state_dir)
    _show_progress()
    if settings.is_demo and is_summed_up:
        from flows.printing import DEMO_NOTE

        print(DEMO_NOTE, flush=True)
    located = replace(options, config=settings.config_path, state_dir=settings.state_dir)
    start_prefect(settings)
    code = _await_flow(name, asdict(located) | dict(more or {}))
    if is_summed_up:
        from flows.printing import print_summary

        print_summary(settings.state_dir, is_demo=settings.is_demo)
    return code


def _await_flow(name: str, told: dict[str, Any]) -> int:
    from prefect.exceptions import TerminationSignal

    from flows.conclusion import PARTIAL, error_of, is_lost
    from flows.registry import FLOWS

    flow, parameters = FLOWS[name]
    state = None
    try:
        state = asyncio.run(flow(parameters(**told), return_state=True))
    except* (KeyboardInterrupt, TerminationSignal):  # Ctrl-C; SIGTERM, as a container is stopped, from within a group
        pass
    if state is None:
        return 130
    error = asyncio.run(error_of(state)) if is_lost(state) else None
    if isinstance(error, BenchBuilderError):
        raise error
    if error is not None:
        logging.getLogger("benchbuilder").error("%s failed: %s", name, error, exc_info=error)
        return 1
    if state.name == PARTIAL:
        print(f"partial: {state.message}", file=sys.stderr)
        return 3
    return 0


def _show_progress() -> None:
    """One line per step and every few seconds of model traffic, on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("benchbuilder")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)


def main() -> None:
    """The entry point: an error on purpose is one clear line and its exit code."""
    try:
        code = app(sys.argv[1:], result_action="return_value")
    except BenchBuilderError as error:
        from flows.printing import harmless

        print(f"benchbuilder: {harmless(str(error))}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    raise SystemExit(code if isinstance(code, int) else 0)
