"""How fast boards are fitted, beside what they replace: `python -m benchmarks.rating_speed [--quick]`.

Everything on the same battles and the same machine in one run; the last line is JSON. A fixed loop is timed beside it,
so that two machines can be compared.
"""

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import duckdb
import evalica
import numpy as np
import polars as pl
from rich.console import Console
from sklearn.linear_model import LogisticRegression

from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.battles import IS_STRONG, SCORE_OF_MODEL, Sums, Vector, sum_battles
from benchbuilder.rating.leaderboard import fit_leaderboard
from benchbuilder.rating.methods import bootstrap_rounds
from benchmarks.options import options

COUNT_ROUNDS = 1000
COUNT_TIMES = 5
SMALL, LARGE, HUGE = (20, 500), (200, 1000), (250, 1000)  # models, questions
COUNT_JUDGES = 2  # of the huge one: 250 x 1,000 x 2 orders x 2 judges = 1,000,000 battles
SHARES = dict(zip(Verdict, (0.15, 0.33, 0.04, 0.33, 0.15), strict=True))  # about those of a real judge
TARGETS = {
    "seconds_20x500": ("at most", 0.2),
    "seconds_200x1000": ("at most", 1.0),
    "ratio_to_reference": ("at least", 1000),
    "ratio_to_evalica": ("at least", 100),
    "ratio_to_duckdb_1m": ("at most", 3),
    "rss_added_mb": ("at most", 50),
}
_MEMORY_ALONE = "--only-memory"


class Paces(NamedTuple):
    """How often each of the slow ways is timed."""

    reference: int
    evalica: int


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, "fewer rounds of the slow ways")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(_MEMORY_ALONE, action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.only_memory:
        print(json.dumps(measure_memory(told.seed)))
        return
    paces = Paces(reference=3, evalica=5) if told.quick else Paces(reference=10, evalica=20)
    print_table(measured := measure(told.seed, paces))
    print(json.dumps({name: float(f"{figure:.4g}") for name, figure in measured.items()} | {"is_quick": told.quick}))


def measure(seed: int, paces: Paces) -> dict[str, float]:
    """All figures."""
    with Console(stderr=True).status("speed of fits") as status:
        small = make_battles(*SMALL, 1, seed)
        sums = sum_battles(small, sorted(small["model"].unique()))
        large = _random_sums(*LARGE, seed)
        loop = calibrate()
        ours = _median_seconds(lambda: bootstrap_rounds(sums, count_rounds=COUNT_ROUNDS))
        ours_large = _median_seconds(lambda: bootstrap_rounds(large, count_rounds=COUNT_ROUNDS))
        status.update("the reference's way")
        by_reference = reference_round(small, paces.reference, seed)
        status.update("evalica")
        by_evalica = evalica_round(small, paces.evalica, seed)
        status.update("1,000,000 battles")
        board, query = measure_million(seed)
        status.update("memory")
        memory = _in_fresh_process(seed)
    per_round = ours / COUNT_ROUNDS
    return {
        "seconds_20x500": ours,
        "seconds_200x1000": ours_large,
        "ratio_to_reference": by_reference / per_round,
        "ratio_to_evalica": by_evalica / per_round,
        "ratio_to_duckdb_1m": board / query,
        "rss_added_mb": memory,
        "seconds_reference_round": by_reference,
        "seconds_evalica_round": by_evalica,
        "seconds_board_1m": board,
        "seconds_duckdb_1m": query,
        "seconds_calibration_loop": loop,
    }


def print_table(measured: dict[str, float]) -> None:
    """One line per figure, with its target."""
    for name, figure in measured.items():
        word, target = TARGETS.get(name, ("", None))
        wanted = "" if target is None else f"   {word} {target:g}"
        print(f"{name:<26}{figure:>12.4g}{wanted}")


def make_battles(count_models: int, count_questions: int, count_judges: int, seed: int) -> pl.DataFrame:
    """Every model against one baseline on every question, in both orders, by every judge."""
    shape = (count_models, count_questions, 2, count_judges)
    model, question, order, judge = (axis.ravel() for axis in np.indices(shape))
    questions = np.array([hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest() for n in range(shape[1])])
    models = np.array([f"model-{number:03}-instruct" for number in range(count_models)])
    drawn = np.random.default_rng(seed).choice(len(SHARES), len(model), p=list(SHARES.values()))
    columns = {
        "question_id": questions[question],
        "topic_id": np.array([f"topic {number % 50}" for number in range(count_questions)])[question],
        "model": models[model],
        "judge": np.array([f"judge {number}" for number in range(count_judges)])[judge],
        "baseline_first": order == 0,
        "verdict": np.array([verdict.value for verdict in SHARES])[drawn],
    }
    return pl.DataFrame(columns).with_columns(baseline=pl.lit("baseline"), replicate=pl.lit(0, pl.Int32))


def _random_sums(count_models: int, count_questions: int, seed: int) -> Sums:
    random = np.random.default_rng(seed)
    weight = random.integers(2, 7, (count_questions, count_models)).astype(float)
    names, clusters = (tuple(map(str, range(count))) for count in (count_models, count_questions))
    return Sums(names, clusters, weight * random.random(weight.shape), weight)


def reference_round(battles: pl.DataFrame, count_rounds: int, seed: int) -> float:
    """Seconds per round of arena-hard-auto's way, without its pandas, which would make it slower.

    Strong rows stand three times; rows are drawn with replacement, each drawn row stands twice so that a tie can be a
    win and a loss, and a logistic regression without penalty gives the ratings.
    """
    copied = battles.with_columns(copies=_by_verdict(IS_STRONG, pl.Boolean) * 2 + 1)
    copied = copied.select(pl.col("model", "verdict").repeat_by("copies").explode())
    names = copied["model"].unique().sort()
    model = copied["model"].cast(pl.Enum(names)).to_physical().to_numpy()
    score = copied.select(_by_verdict(SCORE_OF_MODEL, pl.Float64)).to_series().to_numpy()
    random = np.random.default_rng(seed)

    def play_round() -> None:
        drawn = random.integers(0, len(model), len(model))
        twice = np.concatenate([drawn, drawn])
        design = np.zeros((len(twice), len(names) + 1))
        design[np.arange(len(twice)), model[twice]] = 1.0
        design[:, -1] = -1.0
        has_won = np.concatenate([score[drawn] > 0, score[drawn] == 1])
        LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8).fit(design, has_won)

    return _median_seconds(play_round, count_rounds)


def evalica_round(battles: pl.DataFrame, count_rounds: int, seed: int) -> float:
    """Seconds per round of evalica's bootstrap; the fit before the first round counts as one."""
    winner = {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y}
    scores = battles.select(_by_verdict(SCORE_OF_MODEL, pl.Float64)).to_series()
    weights = battles.select(_by_verdict(IS_STRONG, pl.Boolean) * 2.0 + 1.0).to_series()
    method: Any = evalica.bradley_terry  # its own protocol does not admit its frozen result
    seconds = _median_seconds(
        lambda: evalica.bootstrap(
            method,
            battles["model"].to_list(),
            battles["baseline"].to_list(),
            [winner[score] for score in scores],
            weights=weights.to_list(),
            n_resamples=count_rounds,
            bootstrap_method="percentile",
            random_state=seed,
        ),
        1,
    )
    return seconds / (count_rounds + 1)


def _by_verdict(values: dict[str, Any], kind: type[pl.DataType]) -> pl.Expr:
    return pl.col("verdict").replace_strict(values, return_dtype=kind)


def measure_million(seed: int) -> tuple[float, float]:
    """Seconds from a Parquet file to a board, and of DuckDB's sums over the same file, in turn."""
    battles = make_battles(*HUGE, COUNT_JUDGES, seed)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "battles.parquet"
        battles.write_parquet(path)
        del battles
        seconds = [
            (_seconds(lambda: _board_of(path)), _seconds(lambda: connection.execute(_sums_in_sql(path)).pl()))
            for _ in range(COUNT_TIMES + 1)
        ]
    boards, queries = zip(*seconds[1:], strict=True)  # the first reads the file from disk and imports scipy
    return median(boards), median(queries)


def _board_of(path: Path) -> None:
    battles = pl.read_parquet(path)
    planned = battles.group_by("model").agg(count_planned=pl.len(), count_readable=pl.col("verdict").count())
    fit_leaderboard(battles, planned)


def _sums_in_sql(path: Path) -> str:
    """What DuckDB itself would make of the file."""
    weights = " ".join(f"when '{verdict}' then 3.0" for verdict in Verdict if verdict.is_strong)
    scores = " ".join(f"when '{verdict}' then {verdict.score_of_first}" for verdict in Verdict)
    return f"""
        with battles as (
            select question_id, model, case verdict {weights} else 1.0 end as w, case verdict {scores} end as s
            from read_parquet('{path}')
        )
        select question_id, model, sum(w * s), sum(w) from battles group by all
    """  # noqa: S608 - all parts are ours


def measure_memory(seed: int) -> float:
    """MB that 1,000 rounds at 200 x 1,000 add to this process at their peak."""
    sums = _random_sums(*LARGE, seed)
    before = _start_of_peak()
    bootstrap_rounds(sums, count_rounds=COUNT_ROUNDS)
    return (_peak_mb() - before) if before else 0.0


def _in_fresh_process(seed: int) -> float:
    command = [sys.executable, "-m", "benchmarks.rating_speed", _MEMORY_ALONE, "--seed", str(seed)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def _start_of_peak() -> float:
    """MB now; on Linux the record of the peak starts anew, elsewhere it is the peak so far."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5", encoding="ascii")
    return _peak_mb()


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


def calibrate() -> float:
    """Seconds of a fixed amount of plain Python and numpy."""

    def work() -> Vector:
        square = np.arange(90_000.0).reshape(300, 300) / 90_000
        for _ in range(20):
            square = np.tanh(square @ square / 300 + 0.5)
        return square * sum(number * number % 7 for number in range(300_000))

    return _median_seconds(work)


def _median_seconds(work: Callable[[], object], count_times: int = COUNT_TIMES) -> float:
    return median(_seconds(work) for _ in range(count_times))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
