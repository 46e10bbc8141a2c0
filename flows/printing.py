"""What the command line prints: board, funnel, costs, paths and what to do next. Frames in, text out."""

import re
import shlex
from collections.abc import Iterable
from decimal import Decimal
from math import floor
from pathlib import Path
from typing import Any, Literal

import orjson
import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchbuilder.doctor import Finding
from benchbuilder.errors import NothingToRunError
from benchbuilder.warehouse import Snapshot, current_snapshot

DEMO_NOTE = (
    "Demo: tiny embedded models answer and judge. The board is position noise and measures nothing about any model."
)
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
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
    print_stored_board(snapshot, console)
    console.print(
        frame_table("What became of every record", snapshot.read("select stage, reason, count_records from funnel"))
    )
    costs = snapshot.read(
        "select kind, model, sum(count_calls)::bigint as calls, sum(count_tokens_in)::bigint as tokens_in,"
        " sum(count_tokens_out)::bigint as tokens_out, sum(cost_usd) as usd"
        " from costs group by all order by kind, model"
    )
    console.print(frame_table("What it cost, all runs of this warehouse together", costs))
    told = f" --state-dir {shlex.quote(str(state_dir))}"
    console.print(f"\nsnapshot  {snapshot.path}", soft_wrap=True, markup=False)
    for query in _QUERIES:
        console.print(f'          benchbuilder sql "{query}"{told}', soft_wrap=True, markup=False)
    console.print(f"report    {state_dir / 'reports' / 'current' / 'index.html'}", soft_wrap=True, markup=False)
    console.print(
        "next      benchbuilder init   (then your own prompts and models in benchbuilder.toml)", soft_wrap=True
    )
    if is_demo:
        console.print(DEMO_NOTE, soft_wrap=True)


def print_stored_board(snapshot: Snapshot, console: Console) -> None:
    """The newest board as the mart has it; win-rates in percent."""
    board = snapshot.read("from board")
    if board.is_empty():
        console.print("No board yet.")
        return
    first = board.row(0, named=True)
    title = f"Leaderboard, version {first['benchmark_id'][:12]}, win-rate against {first['baseline']}"
    console.print(board_table(title, "interval", board, first["baseline"]))


def board_table(title: str, interval: str, rows: pl.DataFrame, baseline: str) -> Table:
    """A board for people; `interval` heads its column, and a column in which nobody has anything is left out."""
    cells = [_board_cells(row, baseline) for row in rows.iter_rows(named=True)]
    names = ("rank", "model", "win-rate", interval, "judgments", "read", "if unread", "note")
    table, shown = Table(title=escape(harmless(title))), []
    for place, name in enumerate(names):
        if any(row[place] for row in cells):
            table.add_column(name, overflow="fold", no_wrap=name not in {"model", "note"})
            shown.append(place)
    for row in cells:
        table.add_row(*(escape(harmless(row[place])) for place in shown))
    return table


def _board_cells(row: dict[str, Any], baseline: str) -> tuple[str, ...]:
    """Rank range, model, win-rate, interval, judgments, share read, what the unread ones could change, note."""
    low, high = row["rank_low"], row["rank_high"]
    rank = "" if low is None else str(low) if low == high else f"{low}-{high}"
    win_rate = "" if row["win_rate"] is None else f"{row['win_rate']:.1%}"
    interval = "" if row["lower"] is None else f"{100 * row['lower']:.1f}-{100 * row['upper']:.1f}"
    read = row["share_readable"]
    share = "" if read is None else f"{floor(1000 * read) / 10:g}%"  # rounded down: 99.96 % is not 100
    note = row["reason"] or ("baseline" if row["model"] == baseline else "")
    return rank, row["model"], win_rate, interval, str(row["count_judgments"]), share, _if_unread(row), note


def _if_unread(row: dict[str, Any]) -> str:
    """The bounds, where anything is unread."""
    lost, won = row["win_rate_if_lost"], row["win_rate_if_won"]
    return "" if lost is None or won is None or lost == won else f"{100 * lost:.1f}-{100 * won:.1f}"


def print_rows(rows: pl.DataFrame, output: Literal["table", "csv", "json"]) -> None:
    """The rows of a query: a table for people, csv and json as the warehouse has them; lists in a csv are JSON."""
    if output == "csv":
        nested = [name for name, kind in rows.schema.items() if kind.is_nested() or kind == pl.Binary]
        flat = rows.with_columns(pl.Series(name, map(_json_or_null, rows[name]), pl.String) for name in nested)
        print(flat.write_csv(), end="")  # noqa: T201 - this is what the command is for
    elif output == "json":
        print(to_json(rows.to_dicts()))  # noqa: T201
    else:
        Console(highlight=False).print(frame_table(None, rows))


def say(line: str) -> None:
    """One line of what a command was for."""
    print(harmless(line))  # noqa: T201


def harmless(text: str) -> str:
    """`text` with control characters but the line break escaped: crowd text must not steer a terminal."""
    return _CONTROLS.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


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


def frame_table(title: str | None, rows: pl.DataFrame) -> Table:
    """Any rows as a table for people."""
    table = Table(title=title)
    for name, kind in rows.schema.items():
        table.add_column(name, justify="right" if kind.is_numeric() else "left", overflow="fold")
    for row in rows.iter_rows():
        table.add_row(*(escape(cell_of(value)) for value in row))
    return table


def cell_of(value: Any) -> str:
    """One value as people read it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        value = _number(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return harmless(to_json(value) if isinstance(value, list | dict | bytes) else str(value))


def to_json(value: Any) -> str:
    """What JSON has no word for: NaN is null, a moment ISO 8601, bytes hex digits."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()


def _json_or_null(value: Any) -> str | None:
    if value is None:
        return None
    return to_json(value.to_list() if isinstance(value, pl.Series) else value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _number(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def _number(value: Decimal) -> int | float:
    """DuckDB's sums of integers come as decimals; those that JSON readers cannot hold become floats."""
    return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
