"""The spool keeps what is paid for until it is in the warehouse."""

import fcntl
import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from benchbuilder.llm.requests import Completion
from benchbuilder.llm.spool import LeftBehind, Spool, left_behind


def completion(number: int) -> Completion:
    """One paid call."""
    return Completion(
        request_key=f"key-{number}",
        kind="embed",
        model="m",
        revision="",
        template="",
        template_sha256="",
        state="ok",
        completed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        run_id="run",
        logprobs={"a": -0.5},
        vectors=((0.5, 0.25),),
        prompt_ids=("p",),
    )


def test_what_a_run_left_behind_comes_back_whole(tmp_path: Path) -> None:
    """Every field survives the file."""
    spool = Spool(tmp_path)
    spool.write(completion(1))
    spool.close()
    with left_behind(tmp_path) as files:
        assert [file.completions for file in files] == [[completion(1)]]


def test_a_living_run_keeps_its_file(tmp_path: Path) -> None:
    """Others merge only files whose lock is free."""
    spool = Spool(tmp_path)
    spool.write(completion(1))
    with left_behind(tmp_path) as files:
        assert files == []
    spool.close()


def test_a_file_is_locked_before_anybody_can_find_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one who merges could delete it between its making and its locking, and what is written to it were lost."""
    seen: list[list[LeftBehind]] = []
    lock = fcntl.flock

    def look_first(file: BinaryIO, operation: int) -> None:
        if not operation & fcntl.LOCK_NB:
            with left_behind(tmp_path) as files:
                seen.append(files)
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", look_first)
    spool = Spool(tmp_path)
    assert seen == [[]]
    assert spool.path.exists()
    spool.close()


def test_nothing_pending_leaves_no_file(tmp_path: Path) -> None:
    """After the append the file is empty, and goes with the run."""
    spool = Spool(tmp_path)
    spool.write(completion(1))
    spool.clear()
    assert spool.path.stat().st_size == 0
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_a_torn_last_line_is_ignored(tmp_path: Path) -> None:
    """A kill in mid-write costs that line only."""
    spool = Spool(tmp_path)
    spool.write(completion(1))
    spool.close()
    with spool.path.open("ab") as file:
        file.write(b'{"request_key": "torn')
    with left_behind(tmp_path) as files:
        assert [len(file.completions) for file in files] == [1]


def test_kill_9_loses_nothing_that_was_written(tmp_path: Path) -> None:
    """A real process is killed right after its write, without a close."""
    program = f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from test_spool import completion
        from benchbuilder.llm.spool import Spool
        spool = Spool(Path({str(tmp_path)!r}))
        for number in range(3):
            spool.write(completion(number))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    root = Path(__file__).parents[3]
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    with left_behind(tmp_path) as files:
        assert [one.request_key for file in files for one in file.completions] == ["key-0", "key-1", "key-2"]


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"{}", b'{"request_key": "k", "shape": "of a later version"}'])
def test_a_line_that_nobody_can_read_is_set_aside(tmp_path: Path, line: bytes) -> None:
    """It stops neither the other lines nor any later run, and stays where a person can look at it."""
    spool = Spool(tmp_path)
    spool.write(completion(1))
    with spool.path.open("ab") as file:
        file.write(line + b"\n")
    spool.write(completion(2))
    spool.close()
    with left_behind(tmp_path) as files:
        assert [one.request_key for file in files for one in file.completions] == ["key-1", "key-2"]
    assert spool.path.with_suffix(".bad").read_bytes() == line + b"\n"


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """What did not fit is still pending, so that it can go into the warehouse; the lines before it stand."""
    program = f"""
        import resource, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from test_spool import completion
        from benchbuilder.errors import StateDirError
        from benchbuilder.llm.spool import Spool
        spool = Spool(Path({str(tmp_path)!r}))
        spool.write(completion(1))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = spool.path.stat().st_size
        for room in (size // 2, 0):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.RLIM_INFINITY))
            try:
                spool.write(completion(2))
            except StateDirError as error:
                print(len(spool.pending), "cannot be written" in str(error), spool.path.stat().st_size == size)
    """
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=root,
        env=environment,
        check=True,
        text=True,
        capture_output=True,
    )
    assert told.stdout.splitlines() == ["2 True True", "3 True True"]
