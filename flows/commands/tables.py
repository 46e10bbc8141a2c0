"""How boards, pairs, comparisons, judges and quality are printed: tables for people, JSON, CSV, Markdown for scripts.

JSON and CSV have shares from 0 to 1 and null where something cannot be said; percent stand in tables only.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.printing import board_table, cell_of, frame_table, harmless, print_rows, to_json

if TYPE_CHECKING:
    from benchbuilder.boards import Contest, Reader
    from benchbuilder.judges import Judges
    from benchbuilder.rating.comparison import Comparison
    from benchbuilder.rating.leaderboard import Leaderboard
    from benchbuilder.rating.options import RatingSettings
    from benchbuilder.rating.pairs import Pairs
    from benchbuilder.rating.quality import Quality

FROM_ROUNDS = ("bootstrap", "rows")  # the methods that take percentiles
BOARD_COLUMNS = (
    *("model", "win_rate", "lower", "upper", "rank_low", "rank_high", "count_judgments", "share_readable"),
    *("count_questions", "win_rate_if_lost", "win_rate_if_won", "reason"),
)


def print_no_board(output: str) -> None:
    """What a board without rows is in each format."""
    if output == "table":
        _print("No board yet.")
    else:
        print_frame(pl.DataFrame(schema=dict.fromkeys(BOARD_COLUMNS, pl.String)), output)


def print_board(board: "Leaderboard", contest: "Contest", reader: "Reader", output: str) -> None:
    """A fitted board; the table says how it was fitted, and how good the benchmark is."""
    if output != "table":
        print_frame(board.rows.select(BOARD_COLUMNS), output)
        return
    console = Console(highlight=False)
    low, high = board.settings.bounds if board.settings.method in FROM_ROUNDS else (0, 100 * board.settings.confidence)
    confidence = f"{high - low:g} %"
    title = f"Leaderboard, version {contest.benchmark_id[:12]}, win-rate against {contest.baseline}"
    console.print(board_table(title, confidence, board.rows, contest.baseline))
    for line in _how(board.settings, contest):
        console.print(line, markup=False, soft_wrap=True)
    if board.style.height:
        console.print(frame_table("Style: log-odds per standard deviation", board.style))
    for row in reader.read("from quality where leaderboard_id = $id", id=contest.leaderboard_id).iter_rows(named=True):
        console.print(f"quality: {_quality_line(row)}", markup=False, soft_wrap=True)


def _how(settings: "RatingSettings", contest: "Contest") -> list[str]:
    """What a reader must know to compare the board with another one."""
    from benchbuilder.rating.ensemble import RULES

    who = ", ".join(harmless(judge) for judge in contest.judges)
    rule = f"; {RULES[settings.ensemble]}" if len(contest.judges) > 1 else ""
    ways = {
        "questions": f"how much does the score move when one {settings.cluster} is left out",
        "bootstrap": f"bootstrap over {settings.cluster}s",
        "glm": f"logistic regression clustered by {settings.cluster} (statsmodels)",
        "rows": "rows resampled as arena-hard-auto does: too narrow, for comparison only",
    }
    style = f"; at equal {' and '.join(settings.styles)}" if settings.styles else ""
    return [
        f"judged by {who}{rule}; a strong verdict weighs {settings.strong_weight:g}{style}",
        f"intervals: {ways[settings.method]}; ranks: all pairs tested together (Holm)",
    ]


def print_comparison(compared: "Sequence[Comparison]", x: str, y: str, detect: float, output: str) -> None:
    """The difference of two models, over all and by topic."""
    if output != "table":
        print_frame(pl.DataFrame([row._asdict() for row in compared], infer_schema_length=None), output)
        return
    overall, *topics = compared
    _print(f"{x} {overall.win_rate_x:.1%}, {y} {overall.win_rate_y:.1%}, against the baseline")
    _print(f"difference {_difference(overall)} on {overall.count_questions:,} questions")
    if overall.count_questions_needed is not None and overall.detectable is not None:
        _print(
            f"four of five benchmarks like this one find a difference of {100 * overall.detectable:.1f} points;"
            f" to find {100 * detect:g} points it takes {overall.count_questions_needed:,} questions"
        )
    told = [row for row in topics if row.lower is not None]
    if told:
        table = Table(
            "topic", "difference", "questions", "needed", title="By topic; p is not corrected for their number"
        )
        for row in told:
            cells = (row.group or "", _difference(row), f"{row.count_questions:,}", f"{row.count_questions_needed:,}")
            table.add_row(*(escape(harmless(cell)) for cell in cells))
        Console(highlight=False).print(table)
    if len(topics) > len(told):
        _print(f"{len(topics) - len(told)} topics have too few questions for an interval; --format json has them")


def _difference(row: "Comparison") -> str:
    """In points, with its interval where there is one."""
    points = f"{100 * row.difference:+.1f} points"
    if row.lower is None or row.upper is None:
        return points
    return f"{points} ({100 * row.lower:+.1f} to {100 * row.upper:+.1f}, p = {row.p_value:.3g})"


def print_pairs(pairs: "Pairs", output: str) -> None:
    """Every pair once, the higher model first."""
    above, below = np.triu_indices(len(pairs.models), k=1)
    frame = pl.DataFrame(
        {
            "model": [pairs.models[place] for place in above],
            "other": [pairs.models[place] for place in below],
            "difference": pairs.difference[above, below],
            "lower": pairs.lower[above, below],
            "upper": pairs.upper[above, below],
            "p_value": pairs.p_value[above, below],
            "p_holm": pairs.p_holm[above, below],
            "is_separated": pairs.is_separated[above, below],
        },
        schema_overrides={"model": pl.String, "other": pl.String},
    )
    print_frame(frame, output, title="Pairs, tested together by Holm")
    if output == "table":
        _print(f"{int(frame['is_separated'].sum()):,} of {frame.height:,} pairs are separated")


def print_judges(judges: "Judges", output: str) -> None:
    """One row per judge; who agrees with whom stands beside it, in JSON within the judge's row."""
    if output == "json":
        rows = judges.each.to_dicts()
        for row in rows:
            of_judge = (pl.col("judge") == row["judge"]) | (pl.col("other_judge") == row["judge"])
            row["agreement"] = judges.pairs.filter(of_judge).to_dicts()
            row["fleiss_kappa"] = judges.together.kappa
        _print_plain(to_json(rows))
        return
    if output != "table":
        print_frame(judges.each, output)
        return
    console = Console(highlight=False)
    table = Table("figure", *(escape(harmless(name)) for name in judges.each["judge"]), title="Judges")
    for name in judges.each.columns[1:]:
        table.add_row(name, *(escape(cell_of(value)) for value in judges.each[name]))
    console.print(table)
    if judges.pairs.height:
        console.print(frame_table("Agreement of judges, game by game", judges.pairs))
        console.print(f"Fleiss' kappa of all judges: {_figure(judges.together.kappa)}")


def print_quality(quality: "Quality", output: str) -> None:
    """The metrics by their names; agreement under its three published definitions."""
    if output == "json":
        _print_plain(to_json(quality._asdict()))
        return
    table = Table("metric", "value", title="Benchmark quality")
    for name, value in quality._asdict().items():
        table.add_row(name, str(value) if isinstance(value, int) else _figure(value))
    Console(highlight=False).print(table)


def print_frame(frame: pl.DataFrame, output: str, title: str | None = None) -> None:
    """Any rows in one of the four formats."""
    if output == "md":
        _print_plain(_markdown(frame))
    elif output == "json":
        print_rows(frame, "json")
    elif output == "csv":
        print_rows(frame, "csv")
    else:
        Console(highlight=False).print(frame_table(title, frame))


def _markdown(frame: pl.DataFrame) -> str:
    """A table in Markdown; what would end a cell or begin markup is escaped."""
    lines = [frame.columns, ["---" if not kind.is_numeric() else "---:" for kind in frame.dtypes]]
    lines += [[_markdown_cell(value) for value in row] for row in frame.iter_rows()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _markdown_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = harmless(str(value)).replace("\n", " ")
    return "".join(f"\\{letter}" if letter in r"\`*_[]<>|#" else letter for letter in text)


def _quality_line(row: dict[str, Any]) -> str:
    who = f" with {row['people']}" if row["people"] else ""
    parts = [f"separability {_figure(row['separability'])}"]
    if who:
        parts += [f"agreement{who} {_figure(row['agreement_paper'])} (paper), {_figure(row['agreement_blog'])} (blog)"]
        parts += [f"Spearman {_figure(row['spearman'])}, Brier {_figure(row['brier'])}"]
    return f"{', '.join(parts)}; by overlap of intervals, as the paper counts"


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def _print(line: str) -> None:
    Console(highlight=False).print(harmless(line), markup=False, soft_wrap=True)


def _print_plain(text: str) -> None:
    print(text)  # noqa: T201 - what scripts read
