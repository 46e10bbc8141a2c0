"""The pool of workers is bounded, takes a job when one of them is free, and stops at the first failure."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

import pytest

from benchbuilder.errors import BudgetError, EndpointOutError
from benchbuilder.llm.batch import Pool

JOBS = range(40)


def run(work: Callable[[int], Awaitable[None]], concurrency: int, jobs: Iterator[int] | None = None) -> None:
    """All jobs by one pool."""
    asyncio.run(Pool(concurrency).run(iter(JOBS) if jobs is None else jobs, work))


def test_every_job_is_done_once_and_no_more_than_allowed_are_at_work() -> None:
    """Forty jobs, five at a time."""
    at_work, most, seen = 0, 0, Counter[int]()

    async def work(job: int) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.001)
        at_work -= 1
        seen[job] += 1

    run(work, 5)
    assert most == 5
    assert seen == dict.fromkeys(JOBS, 1)


def test_a_job_is_taken_when_a_worker_is_free() -> None:
    """Nothing is planned long before it is asked: a million jobs are never held at once."""
    taken, done = 0, 0

    def jobs() -> Iterator[int]:
        nonlocal taken
        for job in JOBS:
            taken += 1
            assert taken - done <= 3
            yield job

    async def work(_job: int) -> None:
        nonlocal done
        await asyncio.sleep(0)
        done += 1

    run(work, 3, jobs())
    assert done == 40


def test_the_first_failure_stops_the_pool_and_keeps_what_came() -> None:
    """No job starts after it; the exception is raised as itself, not as a group."""
    started, kept = [], []

    async def work(job: int) -> None:
        started.append(job)
        await asyncio.sleep(0.001)
        if len(started) > 10:
            raise EndpointOutError("out")
        kept.append(job)

    with pytest.raises(EndpointOutError, match="out"):
        run(work, 2)
    assert 9 <= len(kept) <= 10
    assert len(started) <= 12


def test_jobs_at_work_come_home_when_the_pool_stops() -> None:
    """Their calls are paid: the one that cannot start stops the others from starting, not from arriving."""
    kept = []

    async def work(job: int) -> None:
        if job == 3:
            raise BudgetError("the cap is reached")
        await asyncio.sleep(0.05)
        kept.append(job)

    with pytest.raises(BudgetError, match="the cap is reached"):
        run(work, 4)
    assert kept == [0, 1, 2]


def test_a_job_that_asks_again_learns_that_the_pool_stops() -> None:
    """Its second call would be one after the failure."""
    pool, calls = Pool(2), []

    async def work(job: int) -> None:
        while not pool.stopping.is_set():
            calls.append(job)
            await asyncio.sleep(0.01 * (job + 1))
            if job == 0:
                raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        asyncio.run(pool.run(iter([0, 1]), work))
    assert calls == [0, 1]


def test_a_cancelled_pool_gives_up_what_is_at_work() -> None:
    """Whoever cancels does not wait for replies."""

    async def cancelled() -> None:
        async def work(_job: int) -> None:
            await asyncio.sleep(60)

        task = asyncio.create_task(Pool(2).run(iter(JOBS), work))
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
