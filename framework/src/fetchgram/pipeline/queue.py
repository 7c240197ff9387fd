"""The queue: what the route asks of it, and the one over the `jobs` table of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from fetchgram.model import Delivery, Job, Link, Recipe, Request
from fetchgram.pipeline import facts
from fetchgram.pipeline.poison import note_deaths, note_takeover
from fetchgram.pipeline.turns import Work, cost, flow, person_key
from fetchgram.ports import Clock
from fetchgram.settings import Settings
from fetchgram.storage import Session, Storage


class JobQueue(Protocol):
    """What the route needs of a queue; the truth is the `jobs` table whatever carries the hints."""

    async def put(  # noqa: PLR0913  # a wish, what to make of it and what it costs
        self,
        session: Session,
        request: Request,
        *,
        link: Link,
        recipe: Recipe,
        title: str,
        cached: bool,
        work: Work = Work.INTERACTIVE,
        position: int = 0,
    ) -> tuple[Job, Delivery]:
        """Create the job of a wish, or join the one that already does the same; part of the caller's transaction."""
        ...

    async def hint(self, session: Session, job_id: int, at: datetime | None = None) -> None:
        """Let other processes know, when the transaction is committed, of a job that can start; `at` says from when."""
        ...

    def announce(self) -> None:
        """Say, after the commit, that there may be work."""
        ...

    async def claim(self, only: int | None = None) -> Job | None:
        """Take the next job under a lease, or nothing; with `only`, no other job than that one."""
        ...

    async def renew(self, job: Job) -> bool:
        """Keep the lease; false when it has passed to somebody else."""
        ...

    def ended(self, job_id: int) -> None:
        """Say that a job no longer runs in this process, whatever became of it."""
        ...

    async def stop(self, job_id: int) -> None:
        """Stop a job that was cancelled, wherever it runs; returns when it no longer does in this process."""
        ...

    async def wait(self, longest_s: float) -> None:
        """Return when there may be work, or after this time."""
        ...

    def on_cancel(self, stop: Callable[[int], asyncio.Task[None] | None]) -> None:
        """Tell the queue who stops a running job: cancels and returns its task, if it runs here."""
        ...

    async def recover(self) -> int:
        """End the leases of whoever is known to be dead, before the first claim; returns how many."""
        ...

    async def run(self) -> None:
        """Do what has to be done beside a runner, until cancelled; may end when there is nothing to do."""
        ...


class LocalQueue:
    """A small fair scheduler over the `jobs` table; nothing that matters is in memory.

    Args:
        storage: Where the jobs are.
        settings: Limits of people and of the machine.
        clock: Time.
        worker: Name of this process in the leases.
    """

    def __init__(self, *, storage: Storage, settings: Settings, clock: Clock, worker: str) -> None:
        self._storage = storage
        self._settings = settings
        self._clock = clock
        self._worker = worker
        self._news = asyncio.Event()
        self._stop: Callable[[int], asyncio.Task[None] | None] = lambda _: None

    def on_cancel(self, stop: Callable[[int], asyncio.Task[None] | None]) -> None:
        """Tell the queue who stops a running job: cancels and returns its task, if it runs here."""
        self._stop = stop

    async def put(  # noqa: PLR0913  # the same
        self,
        session: Session,
        request: Request,
        *,
        link: Link,
        recipe: Recipe,
        title: str,
        cached: bool,
        work: Work = Work.INTERACTIVE,
        position: int = 0,
    ) -> tuple[Job, Delivery]:
        """Create or join a job; see `JobQueue.put`."""
        job, delivery, created = await session.jobs.join_or_create(
            fingerprint=recipe.fingerprint(link),
            link=link,
            recipe=recipe,
            title=title,
            request_id=request.id,
            position=position,
            destination=request.destination,
            person_key=person_key(request.bot_id, request.person),
            cost=cost(work, cached=cached),
            flow=flow(request, work),
        )
        if created:
            await self.hint(session, job.id)
        return job, delivery

    async def hint(self, session: Session, job_id: int, at: datetime | None = None) -> None:
        """Tell the processes of other machines; here there are none."""

    def announce(self) -> None:
        """Wake whoever waits for work."""
        self._news.set()

    async def claim(self, only: int | None = None) -> Job | None:
        """Take the job with the lowest fair tag."""
        work, limits = self._settings.work, self._settings.limits
        unlimited = self._settings.owners if limits.owners_exempt else ()
        async with self._storage.write() as session:
            job = await session.jobs.claim(
                self._worker, work.lease_s, running_limit=limits.running, only=only, unlimited=unlimited
            )
            if job is not None and job.lease > 1:
                await note_takeover(session, job, self._clock.now())
            elif job is not None:
                waited_s = max(0.0, (session.now - job.created_at).total_seconds())
                begun = facts.of_job("job.begun", job, self._clock.now(), waited_s=round(waited_s, 3))
                await session.events.add(begun)
        return job

    async def run(self) -> None:
        """Do nothing: all that happens happens in this process."""

    async def recover(self) -> int:
        """End the leases of every earlier process; only for the one process that runs on this database."""
        return await self._end_leases("")

    async def _end_leases(self, workers: str) -> int:
        async with self._storage.write() as session:
            await note_deaths(session, await session.jobs.left_by(workers), self._clock.now())
            return await session.jobs.abandon(workers)

    async def renew(self, job: Job) -> bool:
        """Keep the lease for another `work.lease_s`."""
        async with self._storage.write() as session:
            return await session.jobs.renew(job.id, job.lease, self._settings.work.lease_s)

    def ended(self, job_id: int) -> None:  # noqa: ARG002  # the protocol's
        """Wake whoever waits for work: there is room, and the person may run another job."""
        self.announce()

    async def stop(self, job_id: int) -> None:
        """Stop a job that was cancelled, and wait until its task is gone."""
        task = self._stop(job_id)
        if task is not None and task is not asyncio.current_task():
            await asyncio.wait([task])
        self.announce()

    async def wait(self, longest_s: float) -> None:
        """Return on `announce`, when a waiting job is due, or after `longest_s`."""
        async with self._storage.read() as session:
            due = await session.line.next_due()
        if due is not None:
            longest_s = min(longest_s, max(0.0, (due - self._clock.now()).total_seconds()))
        try:
            async with asyncio.timeout(longest_s):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()
