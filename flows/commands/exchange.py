"""Data of others in, ours out. No model is called; every import ends with a snapshot."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from flows.commands.options import Benchmark, Config, StateDir, open_snapshot

if TYPE_CHECKING:
    from benchbuilder.exchange.appending import Appended
    from benchbuilder.warehouse import Warehouse

import_app = App(name="import", help="Bring in what others measured, or what people said.")
export_app = App(name="export", help="Write a version out of the published snapshot.")


@import_app.command(name="arena-hard")
def import_arena_hard(
    path: Path,
    *,
    baseline: Annotated[str | None, Parameter(help="Of judgments that do not name theirs.")] = None,
    config: Config = None,
    state_dir: StateDir = None,
) -> None:
    """A data folder of arena-hard-auto, or one file of questions, answers, judgments, verdicts or battles."""
    from benchbuilder.exchange.arena_hard import import_arena_hard as run_import
    from benchbuilder.settings import load_settings
    from flows.printing import say

    settings = load_settings(config, state_dir)
    done = run_import(_warehouse(settings.state_dir), path, settings.rating, baseline=baseline, progress=_tell)
    new = ", ".join(f"{count:,} {relation}" for relation, count in sorted(done.counts.items()) if count)
    say(f"{done.count_records:,} records read; new: {new or 'nothing'}; known {done.count_known:,}")
    _say_rejected(done.count_rejected)
    told = f" --state-dir {shlex.quote(str(settings.state_dir))}"
    if done.benchmark_id:
        say(f"version {done.benchmark_id}")
    if done.note:
        say(done.note)
    say(f"snapshot {done.snapshot.path}")
    if done.benchmark_id:
        say(f"next     benchbuilder board --benchmark {done.benchmark_id[:12]}{told}")


@import_app.command(name="votes")
def import_votes(path: Path, *, config: Config = None, state_dir: StateDir = None) -> None:
    """Votes of people between two answers, as Chatbot Arena publishes them: JSONL, JSON, CSV or Parquet."""
    from benchbuilder.exchange.people import import_votes as run_import
    from benchbuilder.settings import load_settings
    from flows.printing import say

    done = run_import(_warehouse(load_settings(config, state_dir).state_dir), path)
    _say_appended("votes", done.appended)
    say(f"snapshot {done.snapshot.path}")


@import_app.command(name="ratings")
def import_ratings(
    path: Path,
    *,
    people: Annotated[str | None, Parameter(help="What the board is called. Default: the file's name.")] = None,
    config: Config = None,
    state_dir: StateDir = None,
) -> None:
    """A published board of people's ratings, which [quality] people can name."""
    from benchbuilder.exchange.people import import_ratings as run_import
    from benchbuilder.settings import load_settings
    from flows.printing import say

    done = run_import(_warehouse(load_settings(config, state_dir).state_dir), path, people)
    _say_appended("ratings", done.appended)
    say(f"snapshot {done.snapshot.path}")


@export_app.command(name="arena-hard")
def export_arena_hard(
    folder: Path, *, benchmark: Benchmark = None, config: Config = None, state_dir: StateDir = None
) -> None:
    """Questions, answers and judgments in arena-hard-auto's v2.0 layout."""
    from benchbuilder.exchange.export import export_arena_hard as run_export
    from flows.printing import say

    _, snapshot = open_snapshot(config, state_dir)
    done = run_export(snapshot, folder, benchmark)
    say(f"wrote {len(done.paths)} files of version {done.benchmark_id[:12]} to {folder}")


@export_app.command(name="questions")
def export_questions(
    path: Path, *, benchmark: Benchmark = None, config: Config = None, state_dir: StateDir = None
) -> None:
    """The questions of a version with topic, score and provenance, as Parquet."""
    from benchbuilder.exchange.export import export_questions as run_export
    from flows.printing import say

    _, snapshot = open_snapshot(config, state_dir)
    done = run_export(snapshot, path, benchmark)
    say(f"wrote the questions of version {done.benchmark_id[:12]} to {path}")


def _warehouse(state_dir: Path) -> "Warehouse":
    from benchbuilder.warehouse import Warehouse

    return Warehouse(state_dir)


def _tell(line: str) -> None:
    from flows.printing import harmless

    print(harmless(line), file=sys.stderr)  # noqa: T201 - progress


def _say_appended(what: str, appended: "Appended") -> None:
    from flows.printing import say

    say(f"new {what}: {sum(appended.counts.values()):,}; known {appended.count_known:,}")
    _say_rejected(appended.count_rejected)


def _say_rejected(count: int) -> None:
    from flows.printing import say

    if count:
        say(f'rejected {count:,}: benchbuilder sql "from import_rejections"')
