"""The simulation study of intervals, separations and ranks: `python -m benchmarks.coverage [--quick] [--seed N]`.

2,000 repetitions of everything, always. The last line is JSON.
"""

import json
import time
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from benchmarks.coverage import boards, limits, report
from benchmarks.coverage.boards import BoardCell
from benchmarks.coverage.games import SCENARIOS
from benchmarks.coverage.real import FILE, cover_real
from benchmarks.coverage.study import COUNT_REPETITIONS, COUNTS_QUESTIONS, Cell, cover
from benchmarks.coverage.style import cover_style
from benchmarks.options import options

ALL = tuple(product(SCENARIOS, COUNTS_QUESTIONS))
QUICK = tuple(ALL[position] for position in (0, 2, 6, 21))  # the base at both ends, strong effect, unreadable
EQUALS = tuple(product(boards.EQUALS, boards.COUNTS_QUESTIONS))
LADDERS = tuple(product(boards.LADDERS, boards.COUNTS_QUESTIONS))


class Study(NamedTuple):
    """All that was measured; no target speaks of `limits` and `more`."""

    cells: list[Cell]
    equals: list[BoardCell]
    ladders: list[BoardCell]
    limits: list[Cell]
    more: list[Cell]


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, "fewer scenarios, never fewer repetitions", data=Path("../shared/data"))
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    began = time.monotonic()
    study = measure_quickly(told.seed) if told.quick else measure(told.seed, told.data)
    print_tables(study)
    figures = report.summary(study.cells, study.equals, study.ladders)
    beside = {"limits": report.brief(study.limits), "more": report.brief(study.more)}
    ending = {"is_quick": told.quick, "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps(figures | beside | ending))


def measure(seed: int, data: Path) -> Study:
    """Everything; real verdicts where they are at hand."""
    told = partial(track, console=Console(stderr=True))
    cells = [cover(scenario, count, seed) for scenario, count in told(ALL, "coverage")]
    styled = [cover_style(count, seed) for count in told(COUNTS_QUESTIONS, "style")]
    equals = [boards.separate_equals(which, count, seed) for which, count in told(EQUALS, "equal models")]
    ladders = [boards.rank_ladder(which, count, seed) for which, count in told(LADDERS, "ranks")]
    limited = [limit(seed) for limit in told(limits.LIMITS, "limits")]
    more = [coefficients for _, coefficients in styled]
    if (data / FILE).exists():
        more += [cover_real(data, seed) for _ in told((FILE,), "real verdicts")]
    return Study(cells + [rates for rates, _ in styled], equals, ladders, limited, more)


def measure_quickly(seed: int) -> Study:
    """What fits into a minute."""
    told = partial(track, console=Console(stderr=True))
    cells = [cover(scenario, count, seed) for scenario, count in told(QUICK, "coverage")]
    equals = [boards.separate_equals(which, count, seed) for which, count in told(EQUALS[:1], "equal models")]
    ladders = [boards.rank_ladder(which, count, seed) for which, count in told(LADDERS[-3:-2], "ranks")]
    return Study(cells, equals, ladders, [limit(seed) for limit in told(limits.LIMITS, "limits")], [])


def print_tables(study: Study) -> None:
    """For a person, in percent."""
    print(f"95 % intervals over {COUNT_REPETITIONS} repetitions: how many per cent hold the true win rate?")
    print("mean over the models ± its standard error, lowest and highest model\n")
    print(report.table_of_coverage(study.cells))
    print("\nquestions, each model as true win rate:coverage")
    print(report.table_of_models(study.cells, "questions"))
    print("\nboards on which any two equal models are separated (questions: by Holm, others: no overlap)")
    print(report.table_of_boards(study.equals))
    print("\nboards on which all true ranks lie inside their ranges")
    print(report.table_of_boards(study.ladders))
    print("\nwhat the interval cannot do")
    print(report.table_of_coverage(study.limits))
    print(report.table_of_models(study.limits, "questions"))
    if study.more:
        print("\nbeside the study")
        print(report.table_of_coverage(study.more))


if __name__ == "__main__":
    main()
