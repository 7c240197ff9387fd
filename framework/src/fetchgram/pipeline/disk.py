"""Room on the disk: promised before a download begins, given back when the job ends, never below the floor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from fetchgram.errors import DiskFull, TooLarge
from fetchgram.model import Job
from fetchgram.pipeline.workdir import Workdirs

log = structlog.get_logger()

SLACK = 2.2
"""A workdir may hold the parts and the merged file at once."""


class Disk:
    """Promises room to the jobs of this process.

    What is promised and not yet written counts as taken, so that three downloads that began together do not find out in
    their middle that only two of them fit. The promises need not survive a restart: no job runs then.

    Args:
        workdirs: Where the jobs write.
        floor_bytes: Free disk that nobody is promised.
    """

    def __init__(self, workdirs: Workdirs, *, floor_bytes: int) -> None:
        self._workdirs = workdirs
        self._floor_bytes = floor_bytes
        self._promised: dict[int, int] = {}
        self._asking = asyncio.Lock()

    @asynccontextmanager
    async def room(self, job: Job) -> AsyncIterator[None]:
        """Hold the room that a job will need until the block ends.

        Raises:
            DiskFull: If there is none now.
            TooLarge: If there never will be.
        """
        needed_bytes = _needed_bytes(job)
        if needed_bytes is not None:
            async with self._asking:
                await self._promise(job.id, needed_bytes)
        try:
            yield
        finally:
            self._promised.pop(job.id, None)

    async def _promise(self, job_id: int, needed_bytes: int) -> None:
        free_bytes, total_bytes = await asyncio.to_thread(self._workdirs.disk)
        most_bytes = total_bytes - self._floor_bytes
        if 0 < most_bytes < needed_bytes:
            raise TooLarge(round(needed_bytes / SLACK), int(most_bytes / SLACK))
        there_bytes = await asyncio.to_thread(self._workdirs.size, job_id)
        left_bytes = free_bytes - self._floor_bytes - await asyncio.to_thread(self._unwritten)
        missing_bytes = max(0, needed_bytes - there_bytes) - left_bytes
        if missing_bytes > 0:
            log.warning("disk.no_room", free_bytes=free_bytes, needed_bytes=needed_bytes, missing_bytes=missing_bytes)
            raise DiskFull(f"{missing_bytes} bytes more than there is room for")
        self._promised[job_id] = needed_bytes

    def _unwritten(self) -> int:
        promised = tuple(self._promised.items())
        return sum(max(0, size_bytes - self._workdirs.size(job_id)) for job_id, size_bytes in promised)


def _needed_bytes(job: Job) -> int | None:
    """Return what a job may write; `None` when nothing is left but to send it, which makes room."""
    if job.checkpoint is not None:
        return None
    return int((job.recipe.choice.size_bytes or 0) * SLACK)
