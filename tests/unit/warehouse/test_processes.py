"""Several processes and one warehouse: nothing is lost, readers never notice, and a kill leaves an intact file."""

import subprocess
import time
from datetime import UTC, datetime, timedelta

from benchbuilder.warehouse import Warehouse, publish_snapshot, read_sql
from tests.unit.warehouse.conftest import Prompts, Started

COUNT = "select count(*) from prompts"

APPEND = """
name, count_batches = sys.argv[2], int(sys.argv[3])
warehouse = Warehouse(state_dir)
print("ready", flush=True)
sys.stdin.readline()
for batch in range(count_batches):
    own = [f"{name} {batch} {number}" for number in range(20)]
    warehouse.append("prompts", prompts(f"shared {batch}", *own))
    print("committed", flush=True)
"""

STOP_IN_THE_MIDDLE = """
with Warehouse(state_dir).write() as writer:
    writer.append("prompts", prompts(*(f"lost {number}" for number in range(5000))))
    print("written", flush=True)
    sys.stdin.readline()
"""

READ = """
print("ready", flush=True)
last = 0
for _ in range(200):
    count = current_snapshot(state_dir).read("select count(*) from prompts").item()
    assert count >= last and count % 10 == 0, f"{count} after {last}"
    last = count
print(last, flush=True)
"""


def _read_lines(process: subprocess.Popen[str], count: int = 1) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def _start(process: subprocess.Popen[str]) -> None:
    """Let a process that is ready go on."""
    assert _read_lines(process) == ["ready"]
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def _count_faults(warehouse: Warehouse) -> int:
    return sum(warehouse.read(check.text).height for check in read_sql("checks"))


def test_two_processes_that_append_at_once_lose_nothing(warehouse: Warehouse, started: Started) -> None:
    """200 rows of each are there; the 10 that both bring are there once."""
    processes = [started(APPEND, name, "10") for name in ("left", "right")]
    for process in processes:
        _start(process)
    for process in processes:
        assert process.communicate()[0].split() == ["committed"] * 10
        assert process.returncode == 0
    counted = warehouse.read("select split_part(prompt_id, ' ', 1), count(*) from prompts group by 1 order by 1")
    assert counted.rows() == [("left", 200), ("right", 200), ("shared", 10)]
    assert _count_faults(warehouse) == 0


def test_a_process_killed_in_the_middle_of_a_write_leaves_nothing_of_it(
    warehouse: Warehouse, prompts: Prompts, started: Started
) -> None:
    """After kill -9 the file opens, holds what was committed before, and takes new rows."""
    warehouse.append("prompts", prompts("p1"))
    process = started(STOP_IN_THE_MIDDLE)
    assert _read_lines(process) == ["written"]
    process.kill()
    process.wait()
    again = Warehouse(warehouse.state_dir)
    assert again.read("select prompt_id from prompts")["prompt_id"].to_list() == ["p1"]
    assert again.append("prompts", prompts("lost 0", "p2")) == 2


def test_a_process_killed_at_any_moment_loses_no_commit(warehouse: Warehouse, started: Started) -> None:
    """All that it had reported is there, of what was under way either all or nothing."""
    process = started(APPEND, "storm", "1000000")
    _start(process)
    assert _read_lines(process, 3) == ["committed"] * 3
    process.kill()
    process.wait()
    again = Warehouse(warehouse.state_dir)
    count = again.read(COUNT).item()
    assert count >= 63
    assert count % 21 == 0
    assert _count_faults(again) == 0


def test_a_reader_never_notices_that_snapshots_are_published(
    warehouse: Warehouse, prompts: Prompts, started: Started
) -> None:
    """Another process opens the current one 200 times while rows come in: no failure, and never fewer rows."""
    as_of = datetime(2026, 1, 1, tzinfo=UTC)
    publish_snapshot(warehouse, as_of)
    reader = started(READ)
    assert _read_lines(reader) == ["ready"]
    count_published = 0
    while reader.poll() is None:
        time.sleep(0.25)
        count_published += 1
        warehouse.append("prompts", prompts(*(f"p{count_published} {number}" for number in range(10))))
        publish_snapshot(warehouse, as_of + timedelta(minutes=count_published))
    assert reader.returncode == 0
    assert 0 < int(_read_lines(reader)[0]) <= 10 * count_published
