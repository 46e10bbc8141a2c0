"""An analyst who never stops: opens the current snapshot again and again and asks what people ask.

`python -m tests.fakes.reader STATE_DIR` reads until its stdin is closed, then prints one line of JSON.
"""

import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchbuilder.errors import BenchBuilderError
from benchbuilder.warehouse import current_snapshot
from tests.fakes.running import ROOT

_PAUSE_SECONDS = 0.1  # between rounds; the machine has other work too
QUERIES = {
    "board": "from board",
    "boards over versions": "select as_of, benchmark_id, model, win_rate from boards order by as_of, model",
    "judgments of one question": "select model, baseline_first, verdict, question, answer, baseline_answer, judge_text"
    " from judged_games where prompt_id = (select min(prompt_id) from judged_games) order by all",
    "why a prompt was turned away": "select text, stage, reason, threshold, measured from prompt_outcomes"
    " where stage <> 'question' order by prompt_id",
    "cost by model and day": "select model, day, sum(count_calls)::int as count_calls, sum(cost_usd) as cost_usd"
    " from costs group by all order by all",
}


@dataclass
class Read:
    """What a reader saw.

    Attributes:
        count_reads: queries that gave rows.
        failures: messages of those that failed or gave none.
        snapshots: names of the files that were current, in their order.
    """

    count_reads: int = 0
    failures: list[str] = field(default_factory=list)
    snapshots: list[str] = field(default_factory=list)


@contextmanager
def reading(state_dir: Path) -> Iterator[Read]:
    """A reader in a process of its own while the block runs; what it saw is in the `Read` afterwards."""
    seen = Read()
    command = [sys.executable, "-m", "tests.fakes.reader", str(state_dir)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        yield seen
    finally:
        out, _ = process.communicate()
        vars(seen).update(json.loads(out))


def read_until_closed(state_dir: Path) -> Read:
    """Ask every query in turn, each on a snapshot opened anew, until stdin is closed."""
    seen = Read()
    while not select.select([sys.stdin], [], [], 0)[0]:
        time.sleep(_PAUSE_SECONDS)
        for name, query in QUERIES.items():
            try:
                snapshot = current_snapshot(state_dir)
                is_empty = snapshot.read(query).is_empty()
            except BenchBuilderError as error:
                seen.failures.append(f"{name}: {error}")
                continue
            if is_empty:
                seen.failures.append(f"{name}: no rows")
            seen.count_reads += not is_empty
            if snapshot.path.name not in seen.snapshots[-1:]:
                seen.snapshots.append(snapshot.path.name)
    return seen


if __name__ == "__main__":
    print("reading", flush=True)  # noqa: T201 - the contract
    print(json.dumps(vars(read_until_closed(Path(sys.argv[1])))))  # noqa: T201 - likewise
