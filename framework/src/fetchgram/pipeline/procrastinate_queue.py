"""The queue of many machines: procrastinate carries the hints, the `jobs` table is the truth."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from datetime import datetime

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException

from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.model import Job
from fetchgram.pipeline.identity import folder_of
from fetchgram.pipeline.queue import LocalQueue
from fetchgram.ports import Clock
from fetchgram.settings import Settings
from fetchgram.storage import Session, Storage
from fetchgram.storage.insistent import insistent
from fetchgram.storage.notifier import Notifier
from fetchgram.storage.postgres import PostgresDatabase
from fetchgram.storage.unbroken import unbroken

log = structlog.get_logger()

STOP = "fetchgram_stop"
"""Channel on which a worker hears that a job was cancelled elsewhere."""

_QUEUE = "fetchgram"
_TASK = "fetchgram.job"
_CONNECTIONS = 3
_SWEEP_EVERY_S = 10.0
_SWEEP_LEASE = "queue.sweep"
_MOST_HINTS = 500
_LOOK_EVERY_S = 1.0
"""procrastinate (3.10) does not notice a hint that comes while it looks for one, until it looks again."""
_REST_S = 2.0


class ProcrastinateQueue(LocalQueue):
    """Hands the jobs out as `LocalQueue` does; a hint says that there is one, to one worker that has room.

    A hint is deferred in the transaction of its job, under the job's id as lock. Whoever gets it takes the job whose
    turn it is, which may be another one, and keeps the hint for as long as that runs: so a worker at work on three
    jobs has three hints, and the next one goes to somebody else. A hint that is lost costs time, never a job: workers
    look by themselves now and then, and one of them defers anew what has no hint.

    Args:
        storage: Where the jobs are, on PostgreSQL.
        settings: Limits of people and of the machine.
        clock: Time.
        worker: Name of this process in the leases.
        notifier: Tells the other machines what was cancelled.
    """

    def __init__(self, *, storage: Storage, settings: Settings, clock: Clock, worker: str, notifier: Notifier) -> None:
        super().__init__(storage=storage, settings=settings, clock=clock, worker=worker)
        database = storage.database
        if not isinstance(database, PostgresDatabase):
            raise TypeError(f"{database.name} has no hints")
        # That a hint was taken may be forgotten: it is then taken once more, and leads to nothing.
        kwargs = database.arguments(forgetful=True)
        connector = procrastinate.PsycopgConnector(
            kwargs=kwargs, configure=_each_by_itself, min_size=1, max_size=_CONNECTIONS
        )
        self._app = procrastinate.App(connector=connector)
        self._task = self._app.task(name=_TASK, queue=_QUEUE)(self._keep_hint)
        self._notifier = notifier
        self._idle: deque[asyncio.Future[None]] = deque()
        self._held: dict[int, asyncio.Future[None] | None] = {}
        notifier.on(STOP, self._stopped_elsewhere)

    async def run(self) -> None:
        """Take hints, and defer those that are missing, until cancelled; only where jobs are worked on."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take_hints())
            group.create_task(self._keep_sweeping())

    async def hint(self, session: Session, job_id: int, at: datetime | None = None) -> None:
        """Defer a hint in the caller's transaction.

        Raises:
            TemporarilyUnavailable: If the database does not answer.
        """
        # One for later must not lock out one for now: somebody may want the job sooner.
        lock = str(job_id) if at is None else None
        deferrer = self._task.configure(lock=lock, schedule_at=at, connection=await session.driver())
        try:
            await unbroken(deferrer.defer_async(job_id=job_id))
        except ConnectorException as error:
            raise TemporarilyUnavailable(f"no hint could be deferred: {error.__cause__ or error}") from error

    async def claim(self, only: int | None = None) -> Job | None:
        """Take the job with the lowest fair tag, and with it a hint; without a job, hints have led to nothing."""
        job = await super().claim(only)
        if job is not None:
            self._held[job.id] = self._idle.popleft() if self._idle else None
        while job is None and self._idle:
            _give_back(self._idle.popleft())
        return job

    def ended(self, job_id: int) -> None:
        """Give back the hint of a job that no longer runs here."""
        _give_back(self._held.pop(job_id, None))
        super().ended(job_id)

    async def recover(self) -> int:
        """End the leases of earlier processes of this folder; those of others end by themselves when they are dead."""
        try:
            return await self._end_leases(folder_of(self._worker))
        except (TemporarilyUnavailable, DiskFull) as error:
            log.warning("queue.not_recovered", error=repr(error))
            return 0

    async def stop(self, job_id: int) -> None:
        """Stop a cancelled job here, and tell the others; whoever does not hear it cannot renew the lease."""
        await super().stop(job_id)
        try:
            await self._notifier.say(STOP, str(job_id))
        except (TemporarilyUnavailable, DiskFull) as error:
            log.warning("queue.stop_not_told", job=job_id, error=repr(error))

    async def sweep(self) -> int:
        """Defer a hint for each job that could start and has none; returns how many."""
        lease_s = self._settings.work.lease_s
        async with self._storage.write() as session:
            if not await session.leases.take(_SWEEP_LEASE, self._worker, max(lease_s, 2 * _SWEEP_EVERY_S)):
                return 0
            orphans = await session.hints.orphans(_MOST_HINTS)
            for job_id in orphans:
                await self.hint(session, job_id)
        for stalled in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=lease_s):
            await self._app.job_manager.retry_job(stalled)
        return len(orphans)

    async def _stopped_elsewhere(self, job_id: str) -> None:
        await super().stop(int(job_id))

    async def _keep_hint(self, job_id: int) -> None:  # noqa: ARG002  # whose turn it is, the table says
        """Wait until the job to which this hint leads is over."""
        hint = asyncio.get_running_loop().create_future()
        bare = next((job for job, held in self._held.items() if held is None), None)
        if bare is not None:
            self._held[bare] = hint
        else:
            self._idle.append(hint)
            self.announce()
        try:
            await hint
        finally:
            with suppress(ValueError):
                self._idle.remove(hint)

    async def _take_hints(self) -> None:
        while True:
            try:
                await insistent(self._run_worker())
            except Exception as error:  # noqa: BLE001  # whatever it is: these are hints, the jobs are in the table
                log.warning("queue.no_hints", error=repr(error))
            await asyncio.sleep(_REST_S)

    async def _run_worker(self) -> None:
        lease_s = self._settings.work.lease_s
        async with self._app.open_async():
            await self._app.run_worker_async(
                queues=[_QUEUE],
                name=self._worker,
                concurrency=self._settings.work.jobs,
                delete_jobs="always",
                fetch_job_polling_interval=_LOOK_EVERY_S,
                install_signal_handlers=False,
                shutdown_graceful_timeout=0,
                update_heartbeat_interval=lease_s / 3,
                stalled_worker_timeout=lease_s,
            )

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            try:
                if found := await self.sweep():
                    log.info("queue.swept", hints=found)
            except (TemporarilyUnavailable, DiskFull, ConnectorException, procrastinate.exceptions.AppNotOpen) as error:
                log.warning("queue.not_swept", error=repr(error))


async def _each_by_itself(connection: psycopg.AsyncConnection[object]) -> None:
    """Let each statement be its own transaction: procrastinate never needs two in one, and BEGIN is a round trip."""
    await connection.set_autocommit(True)


def _give_back(hint: asyncio.Future[None] | None) -> None:
    if hint is not None and not hint.done():
        hint.set_result(None)
