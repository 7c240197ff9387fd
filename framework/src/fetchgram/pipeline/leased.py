"""Work that only one process of all does: under a lease in the database, taken over when its holder falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.pipeline.identity import folder_of
from fetchgram.ports import Clock
from fetchgram.storage import Storage

log = structlog.get_logger()

HOUSE = "house"
"""Observers, schedules, commands: things of the whole, once for all."""


async def end_earlier(storage: Storage, worker: str) -> None:
    """Give back what earlier processes of a worker's folder held; where the database is away, that ends by itself."""
    try:
        async with storage.write() as session:
            ended = await session.leases.drop_all(folder_of(worker))
    except (TemporarilyUnavailable, DiskFull) as error:
        log.warning("lease.not_ended", error=repr(error))
    else:
        log.info("lease.ended", count=ended)


class Lease:
    """One lease, as this process sees it.

    Args:
        storage: Where it is.
        clock: Time.
        name: What it is about.
        holder: Name of this process.
        lease_s: How long it holds without being renewed.
    """

    def __init__(self, *, storage: Storage, clock: Clock, name: str, holder: str, lease_s: float) -> None:
        self._storage = storage
        self._clock = clock
        self._name = name
        self._holder = holder
        self._lease_s = lease_s

    async def take(self) -> None:
        """Wait until it is ours."""
        told = False
        while not await self._taken():
            if not told:
                log.info("lease.standby", lease=self._name)
                told = True
            await asyncio.sleep(self._lease_s / 3)

    async def keep(self) -> None:
        """Renew it; returns when it is lost, or may be: before anybody else can have it."""
        held_until = self._clock.monotonic() + self._lease_s
        while self._clock.monotonic() < held_until - self._lease_s / 4:
            await asyncio.sleep(self._lease_s / 4)
            began = self._clock.monotonic()
            renewing = asyncio.ensure_future(self._renewed())
            renewing.add_done_callback(lambda done: done.cancelled() or done.exception())
            await asyncio.wait([renewing], timeout=max(0.0, held_until - self._lease_s / 4 - began))
            if not renewing.done() or renewing.result() is None:
                continue
            if not renewing.result():
                break
            held_until = began + self._lease_s
        log.warning("lease.lost", lease=self._name)

    async def keep_until_taken(self) -> None:
        """Renew it until somebody else has it; where nobody can say, because the database is away, it is kept."""
        while await self._renewed() is not False:  # noqa: ASYNC110  # leases have no event
            await asyncio.sleep(self._lease_s / 4)
        log.warning("lease.lost", lease=self._name)

    async def drop(self) -> None:
        """Give it back, so that somebody else need not wait."""
        try:
            async with self._storage.write() as session:
                await session.leases.drop(self._name, self._holder)
        except (TemporarilyUnavailable, DiskFull) as error:
            log.warning("lease.not_dropped", lease=self._name, error=repr(error))

    async def over(self, work: Callable[[], Coroutine[object, object, None]]) -> None:
        """Do the work whenever the lease is ours, until cancelled."""
        while True:
            await self.take()
            working = asyncio.ensure_future(work())
            keeping = asyncio.ensure_future(self.keep())
            try:
                await asyncio.wait([working, keeping], return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    await working
                    return
            finally:
                for task in (working, keeping):
                    task.cancel()
                await asyncio.gather(working, keeping, return_exceptions=True)
                await self.drop()

    async def _taken(self) -> bool:
        return await self._renewed() or False

    async def _renewed(self) -> bool | None:
        """Take or renew it; `None` when nobody knows."""
        try:
            async with self._storage.write() as session:
                return await session.leases.take(self._name, self._holder, self._lease_s)
        except (TemporarilyUnavailable, DiskFull) as error:
            log.warning("lease.no_answer", lease=self._name, error=repr(error))
            return None
