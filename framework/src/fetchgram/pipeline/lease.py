"""The lease of a running job: renewed while its worker can, and given up before anybody else can have it."""

from __future__ import annotations

import asyncio

import structlog

from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.model import Job
from fetchgram.pipeline.queue import JobQueue
from fetchgram.ports import Clock

log = structlog.get_logger()

_MARGIN = 0.25
"""Share of a lease at whose end nothing is sent any more: time for what is under way to stop."""
_AGAIN_S = 1.0


class LeaseLost(Exception):
    """Another worker has taken the job over, or may do so any moment; this one stops without a word."""


class JobLease:
    """The lease of one job.

    Args:
        job: As it was claimed.
        queue: Renews it.
        lease_s: How long it holds.
        since: When it was asked for, by the monotonic clock: it began no earlier.
        clock: Time.
    """

    def __init__(self, job: Job, queue: JobQueue, *, lease_s: float, since: float, clock: Clock) -> None:
        self._job = job
        self._queue = queue
        self._lease_s = lease_s
        self._safe_until = since + lease_s * (1 - _MARGIN)
        self._clock = clock

    async def keep(self) -> None:
        """Renew it until cancelled.

        Raises:
            LeaseLost: If the job is somebody else's, or nobody has said for too long that it is not.
        """
        while True:
            began = self._clock.monotonic()
            await asyncio.sleep(min(self._lease_s / 3, max(0.0, self._safe_until - began)))
            await self._renew()

    async def _renew(self) -> None:
        """Ask until there is an answer, or no time."""
        while not await self._renewed():
            if self._clock.monotonic() >= self._safe_until:
                raise LeaseLost(f"job {self._job.id}: the lease could not be renewed in time")
            await asyncio.sleep(min(_AGAIN_S, self._lease_s / 10))

    async def _renewed(self) -> bool:
        began = self._clock.monotonic()
        # A process that stood still for a while sent nothing meanwhile: it may ask once more before the lease ends.
        patience_s = max(self._safe_until - began, (self._safe_until + self._lease_s * _MARGIN - began) / 2)
        if patience_s <= 0:
            return False
        renewing = asyncio.ensure_future(self._queue.renew(self._job))
        renewing.add_done_callback(_look)
        # Not `timeout`: a statement that is under way ends before its task does, and the job must not wait for it.
        await asyncio.wait([renewing], timeout=patience_s)
        if not renewing.done():
            return False
        try:
            held = renewing.result()
        except (TemporarilyUnavailable, DiskFull) as error:
            log.warning("job.lease_not_renewed", job=self._job.id, error=repr(error))
            return False
        if not held:
            raise LeaseLost(f"job {self._job.id} is somebody else's")
        self._safe_until = began + self._lease_s * (1 - _MARGIN)
        return True


def _look(renewing: asyncio.Future[bool]) -> None:
    """Look at how it ended, also when nobody waits for it any more."""
    if not renewing.cancelled():
        renewing.exception()
