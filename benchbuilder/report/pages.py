"""The folder: every page from its view and template, the style, the script, and the board as CSV and JSON.

It is written beside its place and renamed into it, so that a reader never meets half a report. Nothing in it depends on
the clock or on the machine: the same frames give the same bytes.
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import polars as pl

from benchbuilder.report.board import board_view
from benchbuilder.report.frames import ReportFrames
from benchbuilder.report.funnel import funnel_view
from benchbuilder.report.method import method_view
from benchbuilder.report.topics import topics_view
from benchbuilder.text import escape_for_message

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
ASSETS = ("report.css", "report.js")
LENGTH_ID = 10


class Page(NamedTuple):
    """A page of the report: its file, what the navigation calls it, and what it shows."""

    file: str
    label: str
    view: Callable[[ReportFrames], Any]


PAGES = (
    Page("index.html", "Board", board_view),
    Page("topics.html", "Topics", topics_view),
    Page("funnel.html", "Funnel", funnel_view),
    Page("method.html", "Method", method_view),
)


@dataclass(frozen=True, slots=True)
class Colophon:
    """What header and footer of every page say; empty texts where there is no version or no board yet."""

    version: str
    frozen_on: str
    board_of: str
    baseline: str
    judges: tuple[str, ...]


def write_report(frames: ReportFrames, folder: Path) -> Path:
    """All pages and files, in place of what stood in `folder`.

    Args:
        frames: see `read_frames`.
        folder: of the report; its parent must be writable. It is replaced as a whole.

    Returns:
        The path of index.html.

    Raises:
        OSError: the folder cannot be written; what stood there stays.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, text in render_files(frames).items():
            (partial / name).write_text(text, encoding="utf-8", newline="\n")
        partial.chmod(0o755)
        _swap(partial, folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return folder / "index.html"


def render_files(frames: ReportFrames) -> dict[str, str]:
    """Every file of the report by name."""
    rendered = {page.file: render_page(page, frames) for page in PAGES}
    assets = {
        name: files("benchbuilder.report").joinpath("assets", name).read_text(encoding="utf-8") for name in ASSETS
    }
    return rendered | assets | {"board.csv": frames.board.write_csv(), "board.json": _board_json(frames.board)}


def render_page(page: Page, frames: ReportFrames) -> str:
    """One page as HTML."""
    return (
        _environment()
        .get_template(page.file)
        .render(
            view=page.view(frames),
            page=page,
            pages=PAGES,
            policy=POLICY,
            colophon=_colophon(frames),
            is_embedded_demo=frames.options.is_embedded_demo,
        )
    )


def _swap(partial: Path, folder: Path) -> None:
    """Rename the new folder into its place; the old one steps aside first, because a full folder cannot be replaced."""
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        folder.rename(old)
        partial.rename(folder)
        shutil.rmtree(old)
    else:
        partial.rename(folder)


@cache
def _environment() -> jinja2.Environment:
    """Autoescape for every template: whatever a view hands over as plain text stays text."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(
            lambda name: files("benchbuilder.report").joinpath("templates", name).read_text(encoding="utf-8")
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _colophon(frames: ReportFrames) -> Colophon:
    version = frames.benchmark.row(0, named=True) if frames.benchmark.height else {}
    published = frames.leaderboard.row(0, named=True) if frames.leaderboard.height else {}
    return Colophon(
        version=(version.get("benchmark_id") or "")[:LENGTH_ID],
        frozen_on=_day(version.get("as_of")),
        board_of=_day(published.get("as_of")),
        baseline=escape_for_message(published.get("baseline") or "", 60),
        judges=tuple(escape_for_message(judge or "", 60) for judge in published.get("judges") or ()),
    )


def _day(moment: Any) -> str:
    return f"{moment:%Y-%m-%d}" if moment is not None else ""


def _board_json(board: pl.DataFrame) -> str:
    """Rows as objects; what is no number is null, so that any parser reads it."""
    rows = board.fill_nan(None).to_dicts()
    return json.dumps(rows, ensure_ascii=False, indent=1, default=str) + "\n"
