"""Run: the background half of the route, with the one error border."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable

import structlog

from fetchgram.errors import (
    ChoiceGone,
    DiskFull,
    FetchgramError,
    WorkerCrashed,
    first_of,
    is_no_room,
    may_go_better,
)
from fetchgram.model import Job, Stage, Text, text
from fetchgram.pipeline.audience import Failed, MenuAgain
from fetchgram.pipeline.housekeeping import Housekeeping
from fetchgram.pipeline.lease import JobLease, LeaseLost
from fetchgram.pipeline.numbers import error_number
from fetchgram.pipeline.outcome import Outcomes
from fetchgram.pipeline.poison import MOST_DEATHS, Poisonous
from fetchgram.pipeline.queue import JobQueue
from fetchgram.pipeline.retries import Retries, was_killed
from fetchgram.pipeline.stages import Stages
from fetchgram.pipeline.stories import Stories
from fetchgram.ports import Clock
from fetchgram.settings import WorkSettings

log = structlog.get_logger()

_IDLE_S = 5.0
"""Longest sleep without a hint: finds work that another process put there."""
_SWEEP_EVERY_S = 60.0


class Runner:
    """Takes jobs from the queue and carries them from download to delivery.

    Args:
        queue: Where jobs come from.
        stages: What is done with one.
        outcomes: How it ends, durably, and who hears of it.
        stories: Of failures.
        housekeeping: Sweeps the folders of jobs that ended, before the work begins.
        settings: How much at once, how often, how long.
        clock: Time.
    """

    def __init__(
        self,
        *,
        queue: JobQueue,
        stages: Stages,
        outcomes: Outcomes,
        stories: Stories,
        housekeeping: Housekeeping,
        settings: WorkSettings,
        clock: Clock,
    ) -> None:
        self._queue = queue
        self._stages = stages
        self._outcomes = outcomes
        self._stories = stories
        self._housekeeping = housekeeping
        self._settings = settings
        self._retries = Retries(settings, clock)
        self._clock = clock
        self._running: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Event()
        self._draining = False

    async def run(self, *, only: int | None = None) -> None:
        """Work until cancelled; jobs at work are then handed back to the queue.

        Args:
            only: The one job to work on; by default all.
        """
        await self._sweep()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_sweeping())
            while True:
                found = await self._next(only)
                if found is None:
                    continue
                job, lease = found
                task = group.create_task(self._work(job, lease), name=f"job {job.id}")
                self._running[job.id] = task
                task.add_done_callback(functools.partial(self._ended, job.id))

    async def _keep_sweeping(self) -> None:
        """Remove now and then what was left here by jobs that ended elsewhere, where somebody had taken them over."""
        while True:
            await self._clock.sleep(_SWEEP_EVERY_S)
            await self._sweep()

    async def _sweep(self) -> None:
        """Remove the folders of jobs that ended; where the database does not answer, the next time does it."""
        try:
            await self._housekeeping.sweep()
        except FetchgramError as error:
            log.warning("runner.not_swept", error=repr(error))

    async def drain(self) -> None:
        """Take no more jobs and let those at work finish within `work.stop_s`; cancelling hands the rest back."""
        self._draining = True
        if self._running:
            log.info("runner.draining", jobs=len(self._running), limit_s=self._settings.stop_s)
            await asyncio.wait(self._running.values(), timeout=self._settings.stop_s)

    def _has_room(self) -> bool:
        return not self._draining and len(self._running) < self._settings.jobs

    @property
    def running(self) -> tuple[int, ...]:
        """Return the ids of the jobs at work here."""
        return tuple(self._running)

    def stop(self, job_id: int) -> asyncio.Task[None] | None:
        """Cancel a job that runs here and return its task."""
        task = self._running.get(job_id)
        if task is not None:
            task.cancel()
        return task

    async def _next(self, only: int | None) -> tuple[Job, JobLease] | None:
        """Claim a job, or wait for one; a database that takes nothing for now is waited for as well."""
        while not self._has_room():
            self._room.clear()
            await self._room.wait()
        asked = self._clock.monotonic()
        try:
            job = await self._queue.claim(only)
            if job is None:
                await self._queue.wait(_IDLE_S)
        except FetchgramError as error:
            log.error("runner.no_claim", error=repr(error))
            await asyncio.sleep(_IDLE_S)
            return None
        if job is None:
            return None
        return job, JobLease(job, self._queue, lease_s=self._settings.lease_s, since=asked, clock=self._clock)

    def _ended(self, job_id: int, task: asyncio.Task[None]) -> None:
        if self._running.get(job_id) is task:
            del self._running[job_id]
        self._room.set()
        self._queue.ended(job_id)

    async def _work(self, job: Job, lease: JobLease) -> None:
        structlog.contextvars.bind_contextvars(job=job.id, plugin=job.link.plugin)
        log.info("job.started", attempt=job.attempt, stage=str(job.stage))
        try:
            if job.lease > MOST_DEATHS:
                await self._outcomes.check(job)
            await self._carry_under(lease, job)
        except LeaseLost as lost:
            log.warning("job.lease_lost", error=str(lost))
        except asyncio.CancelledError:
            await self._noted(self._outcomes.interrupted(job))
            raise
        except Exception as error:  # noqa: BLE001  # the one error border
            if self._draining and was_killed(error):
                # Whoever stops the bot may have stopped its children with it: no fault of the job.
                await self._noted(self._outcomes.interrupted(job))
                return
            await self._noted(self._border(job, error))
        await self._noted(self._outcomes.tidy(job))

    async def _noted(self, writing: Awaitable[None]) -> None:
        """Write down how a job ended; where that fails, the next owner of its lease does, and nobody else suffers."""
        try:
            await writing
        except Exception as error:
            # Cancelled meanwhile, so that the lease is gone, or the database takes nothing.
            known = isinstance(error, FetchgramError)
            log.log(30 if known else 40, "job.not_noted", error=repr(error), exc_info=None if known else error)

    async def _carry_under(self, lease: JobLease, job: Job) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                heartbeat = group.create_task(lease.keep())
                await self._stages.carry(job)
                heartbeat.cancel()
        except ExceptionGroup as failures:
            raise first_of(failures) from failures

    async def _border(self, job: Job, error: Exception) -> None:
        """Decide what an error means for the job; nothing passes this point."""
        if is_no_room(error):
            error = DiskFull(str(error))
        if isinstance(error, DiskFull) and job.stage is Stage.DOWNLOAD:
            # What came so far may be what fills the disk: then not even this could be written down.
            await self._outcomes.give_room(job)
        if isinstance(error, WorkerCrashed) and not isinstance(error, Poisonous):
            error = await self._crashed(job, error)
        if isinstance(error, ChoiceGone):
            await self._outcomes.back_to_menu(job, error, MenuAgain())
        elif (again := self._retries.another(job, error)) is not None:
            log.warning("job.retrying", error=repr(error), after_s=again.after_s)
            await self._outcomes.retry(job, _told(error), again)
        else:
            await self._fail(job, error)

    async def _fail(self, job: Job, error: Exception) -> None:
        number = error_number()
        told = _told(error)
        known = isinstance(error, FetchgramError)
        log.log(30 if known else 40, "job.failed", number=number, error=repr(error), exc_info=error)
        await self._stories.of_job(number, error, job)
        await self._outcomes.failed(job, Failed(error=told, number=number, retryable=may_go_better(error)))

    async def _crashed(self, job: Job, error: WorkerCrashed) -> WorkerCrashed:
        try:
            await self._outcomes.crashed(job)
        except Poisonous as poison:
            return poison
        return error


def _told(error: Exception) -> Text:
    return error.text if isinstance(error, FetchgramError) else text("error-internal")
