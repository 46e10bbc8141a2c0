"""The study as tables for a person and as one JSON object for a script."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.coverage.boards import BoardCell
from benchmarks.coverage.study import COUNT_REPETITIONS, Cell, Shares

OURS, OTHERS = "questions", ("rows", "percentile")


def table_of_coverage(cells: Sequence[Cell]) -> str:
    """A row per scenario and count of questions: mean and its error, then the lowest and highest model, per method."""
    methods = list(dict.fromkeys(method for cell in cells for method in cell.shares))
    lines = [f"{'':<30}{'Q':>4}" + "".join(f"{method:>26}" for method in methods)]
    for cell in cells:
        figures = (_figures(cell.shares.get(method)) for method in methods)
        lines.append(f"{cell.name:<30}{cell.count_questions:>4}" + "".join(f"{figure:>26}" for figure in figures))
    return "\n".join(lines)


def _figures(shares: Shares | None) -> str:
    if shares is None:
        return ""
    lowest, highest = 100 * shares.of_models.min(), 100 * shares.of_models.max()
    return f"{100 * shares.mean:.2f} ±{100 * shares.error:.2f} {lowest:5.1f}-{highest:5.1f}"


def table_of_models(cells: Iterable[Cell], method: str) -> str:
    """A row per cell with one figure per model, and the largest standard error of a single figure."""
    lines: list[str] = []
    worst = 0.0
    for cell in cells:
        if method in cell.shares:
            of_models = cell.shares[method].of_models
            worst = max(worst, float(_error(of_models).max()))
            figures = " ".join(
                f"{100 * rate:.3g}:{100 * share:.1f}" for rate, share in zip(cell.rates, of_models, strict=True)
            )
            lines.append(f"{cell.name:<30}{cell.count_questions:>4}  {figures}")
    return "\n".join([*lines, f"standard error of one figure: up to {100 * worst:.1f}"])


def table_of_boards(cells: Sequence[BoardCell]) -> str:
    """A row per kind of board; a share with its standard error per method."""
    lines = [f"{'':<34}{'Q':>4}" + "".join(f"{method:>16}" for method in cells[0].share)]
    for cell in cells:
        figures = (f"{100 * share:.2f} ±{100 * _error(share):.2f}" for share in cell.share.values())
        lines.append(f"{cell.name:<34}{cell.count_questions:>4}" + "".join(f"{figure:>16}" for figure in figures))
    return "\n".join(lines)


def _error(share: Any) -> Any:
    return np.sqrt(share * (1 - share) / COUNT_REPETITIONS)


def summary(cells: Sequence[Cell], equals: Sequence[BoardCell], ladders: Sequence[BoardCell]) -> dict[str, Any]:
    """The figures of ours, with those of the other methods under their names; of boards, the worst."""
    ours, *others = (dict(_of_method(method, cells, equals, ladders)) for method in (OURS, *OTHERS))
    return ours | dict(zip(OTHERS, others, strict=True))


def _of_method(
    method: str, cells: Sequence[Cell], equals: Sequence[BoardCell], ladders: Sequence[BoardCell]
) -> Iterator[tuple[str, Any]]:
    shares = {_name(cell): cell.shares[method] for cell in cells if method in cell.shares}
    of_models = np.concatenate([share.of_models for share in shares.values()])
    yield "lowest", round(float(of_models.min()), 4)
    yield "highest", round(float(of_models.max()), 4)
    yield "scenario_means", {name: round(share.mean, 4) for name, share in shares.items()}
    yield "familywise_error", max(cell.share[method] for cell in equals)
    yield "ranks_inside", min(cell.share[method] for cell in ladders)


def brief(cells: Iterable[Cell]) -> dict[str, Any]:
    """Mean, lowest and highest of cells that stand outside the summary."""
    return {
        _name(cell): {
            method: [round(float(figure), 4) for figure in (of.mean, of.of_models.min(), of.of_models.max())]
            for method, of in cell.shares.items()
        }
        for cell in cells
    }


def _name(cell: Cell) -> str:
    return f"{cell.name}, Q {cell.count_questions}"
