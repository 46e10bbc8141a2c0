"""What the command line prints: board, funnel, costs, paths and what to do next. Frames in, text out."""

import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchbuilder.doctor import Finding
from benchbuilder.errors import NothingToRunError, UsageError
from benchbuilder.warehouse import Snapshot, current_snapshot

DEMO_NOTE = (
    "Demo: tiny embedded models answer and judge. The board is position noise and measures nothing about any model."
)
_QUERIES = (
    "from board",
    "select stage, reason, count_records from funnel",
)


def print_summary(state_dir: Path, *, is_demo: bool) -> None:
    """Everything a person wants to see after a run, from the published snapshot."""
    console = Console(highlight=False)
    try:
        snapshot = current_snapshot(state_dir)
    except NothingToRunError:
        return
    print_board(snapshot, console)
    console.print(
        _table("What became of every record", snapshot.read("select stage, reason, count_records from funnel"))
    )
    costs = snapshot.read(
        "select kind, model, sum(count_calls)::bigint as calls, sum(count_tokens_in)::bigint as tokens_in,"
        " sum(count_tokens_out)::bigint as tokens_out, sum(cost_usd) as usd"
        " from costs group by all order by kind, model"
    )
    console.print(_table("What it cost, all runs of this warehouse together", costs))
    told = f" --state-dir {shlex.quote(str(state_dir))}"
    console.print(f"\nsnapshot  {snapshot.path}", soft_wrap=True)
    for query in _QUERIES:
        console.print(f'          benchbuilder sql "{query}"{told}', soft_wrap=True, markup=False)
    console.print(f"report    {state_dir / 'reports' / 'current' / 'index.html'}", soft_wrap=True)
    console.print("next      benchbuilder init   (then your own prompts and models in benchbuilder.toml)", soft_wrap=True)
    if is_demo:
        console.print(DEMO_NOTE, soft_wrap=True)


def print_board(snapshot: Snapshot, console: Console | None = None) -> None:
    """The newest board; win-rates in percent."""
    console = console or Console(highlight=False)
    board = snapshot.read("from board")
    if board.is_empty():
        console.print("No board yet.")
        return
    first = board.row(0, named=True)
    title = f"Leaderboard, version {first['benchmark_id'][:12]}, win-rate against {escape(first['baseline'])}"
    table = Table("rank", "model", "win-rate", "95 %", "judgments", "read", "note", title=title)
    for row in board.iter_rows(named=True):
        table.add_row(*map(escape, _board_cells(row)))
    console.print(table)


def _board_cells(row: dict[str, Any]) -> tuple[str, ...]:
    low, high = row["rank_low"], row["rank_high"]
    rank = "" if low is None else str(low) if low == high else f"{low}-{high}"
    win_rate = "" if row["win_rate"] is None else f"{row['win_rate']:.1%}"
    interval = "" if row["lower"] is None else f"{100 * row['lower']:.1f}-{100 * row['upper']:.1f}"
    share = "" if row["share_readable"] is None else f"{row['share_readable']:.0%}"
    note = row["reason"] or ("baseline" if row["model"] == row["baseline"] else "")
    return rank, row["model"], win_rate, interval, str(row["count_judgments"]), share, note


def print_rows(rows: pl.DataFrame, output: str) -> None:
    """The rows of a query as table, csv or json.

    Raises:
        UsageError: another format.
    """
    if output == "csv":
        flat = rows.with_columns(pl.col(pl.List).map_elements(lambda cell: json.dumps(cell.to_list()), pl.String))
        print(flat.write_csv(), end="")  # noqa: T201 - this is what the command is for
    elif output == "json":
        print(json.dumps(rows.to_dicts(), default=str, ensure_ascii=False))  # noqa: T201
    elif output == "table":
        Console(highlight=False).print(_table(None, rows))
    else:
        raise UsageError(f"--format {output!r}: there are table, csv and json")


def print_findings(findings: Iterable[Finding]) -> int:
    """One line per finding.

    Returns:
        The exit code: 2 where there is an error.
    """
    console = Console(highlight=False)
    is_well = True
    for finding in findings:
        sign = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "error": "[red]✗[/]"}[finding.level]
        console.print(f"{sign} {escape(finding.subject)}: {escape(finding.message)}", soft_wrap=True)
        is_well &= finding.level != "error"
    return 0 if is_well else 2


def _table(title: str | None, rows: pl.DataFrame) -> Table:
    table = Table(title=title)
    for name, kind in rows.schema.items():
        table.add_column(name, justify="right" if kind.is_numeric() else "left", overflow="fold")
    for row in rows.iter_rows():
        table.add_row(*(escape(_cell(value)) for value in row))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
