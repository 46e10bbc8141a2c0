"""One lock on one file, waited for without blocking."""

import asyncio
import stat
import threading
import time
from pathlib import Path

import pytest

from benchbuilder.errors import LockTimeoutError
from benchbuilder.warehouse import FileLock
from tests.unit.warehouse.conftest import Started


@pytest.fixture
def lock(tmp_path: Path) -> FileLock:
    """A lock that waits for a tenth of a second."""
    return FileLock(tmp_path / "some.lock", timeout_seconds=0.1)


def test_a_lock_that_is_held_times_out(lock: FileLock) -> None:
    """Two holders of one path exclude each other, in one process too; the error names lock and patience."""
    with lock.hold():
        started = time.monotonic()
        with pytest.raises(LockTimeoutError, match=r"some\.lock: .* 0\.1 s"), FileLock(lock.path, 0.1).hold():
            pytest.fail("two hold one lock")
        assert time.monotonic() - started >= 0.1


def test_a_lock_is_free_again_after_its_block(lock: FileLock) -> None:
    """Also where the block raised. The file stays: taken away, two could hold "the" lock on two files."""
    with pytest.raises(ZeroDivisionError), lock.hold():
        _ = 1 / 0
    with lock.hold():
        assert lock.path.exists()
    assert lock.path.exists()
    assert stat.S_IMODE(lock.path.stat().st_mode) == 0o600


def test_whoever_waits_gets_the_lock_when_it_is_free(lock: FileLock) -> None:
    """Within the time that it is willing to wait."""
    is_held, may_go = threading.Event(), threading.Event()

    def occupy() -> None:
        with lock.hold():
            is_held.set()
            may_go.wait()

    thread = threading.Thread(target=occupy)
    thread.start()
    is_held.wait()
    threading.Timer(0.05, may_go.set).start()
    with FileLock(lock.path, timeout_seconds=30).hold():
        assert may_go.is_set()
    thread.join()


def test_no_patience_still_takes_a_free_lock(tmp_path: Path) -> None:
    """A time-out of zero means: once."""
    impatient = FileLock(tmp_path / "some.lock", timeout_seconds=0)
    with impatient.hold(), pytest.raises(LockTimeoutError), impatient.hold():
        pytest.fail("two hold one lock")


def test_an_event_loop_goes_on_while_a_coroutine_waits(lock: FileLock) -> None:
    """Coroutines of one loop exclude each other, and none stops the loop."""
    order: list[str] = []

    async def first() -> None:
        async with lock.hold_async():
            order.append("first has it")
            await asyncio.sleep(0.03)
            order.append("first goes on")

    async def second() -> None:
        await asyncio.sleep(0.01)
        async with FileLock(lock.path, timeout_seconds=30).hold_async():
            order.append("second has it")

    async def both() -> None:
        await asyncio.gather(first(), second())

    asyncio.run(both())
    assert order == ["first has it", "first goes on", "second has it"]


def test_a_coroutine_times_out_too(lock: FileLock) -> None:
    """And leaves no descriptor open."""

    async def wait() -> None:
        async with lock.hold_async():
            pytest.fail("two hold one lock")

    with lock.hold():
        count_open = len(list(Path("/proc/self/fd").iterdir()))
        with pytest.raises(LockTimeoutError):
            asyncio.run(wait())
        assert len(list(Path("/proc/self/fd").iterdir())) == count_open


def test_a_cancelled_coroutine_holds_nothing(lock: FileLock) -> None:
    """Neither one that was waiting nor one that had the lock."""

    async def hold() -> None:
        async with FileLock(lock.path, timeout_seconds=30).hold_async():
            await asyncio.sleep(30)

    async def cancel_both() -> None:
        holder, waiter = asyncio.create_task(hold()), asyncio.create_task(hold())
        await asyncio.sleep(0.05)
        waiter.cancel()
        holder.cancel()
        await asyncio.gather(holder, waiter, return_exceptions=True)

    asyncio.run(cancel_both())
    with lock.hold():
        assert lock.path.exists()


def test_the_kernel_frees_the_lock_of_a_killed_process(tmp_path: Path, started: Started) -> None:
    """After kill -9 no lock is left behind; the file that is left is used again."""
    holder = started(
        """
with FileLock(state_dir).hold():
    print("held", flush=True)
    sys.stdin.read()
"""
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    lock = FileLock(tmp_path / "state", timeout_seconds=30)
    with pytest.raises(LockTimeoutError), FileLock(lock.path, timeout_seconds=0).hold():
        pytest.fail("two hold one lock")
    holder.kill()
    with lock.hold():
        assert lock.path.exists()
