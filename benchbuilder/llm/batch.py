"""A pool of workers over jobs that come one by one: bounded, stoppable, watched.

The workers are as many as the endpoint takes calls in flight, not as many as there are jobs; a job is taken from the
iterator when a worker is free, so that nothing is planned long before it is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

Job = TypeVar("Job")


class Pool:
    """The workers of one batch.

    Attributes:
        stopping: set once an error came; a job that is at work ends its call, for it is paid, and starts no other.
    """

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._errors: list[Exception] = []
        self.stopping = asyncio.Event()

    async def run(self, jobs: Iterator[Job], work: Callable[[Job], Awaitable[None]]) -> None:
        """Do all jobs.

        The first exception (an endpoint that is out, a budget that is spent) stops the pool: no new job is taken, those
        at work come home, and then it is raised. Only a cancellation gives them up.
        """

        async def worker() -> None:
            while not self.stopping.is_set() and (job := next(jobs, None)) is not None:
                try:
                    await work(job)
                except Exception as error:  # noqa: BLE001 - raised below, when the others are home
                    self._errors.append(error)
                    self.stopping.set()

        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(worker())
        if self._errors:
            raise self._errors[0]
