"""Work folders: one per job, inside one root, gone when the job ends."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection
from pathlib import Path

from fetchgram.workers.watch import measure


class Workdirs:
    """The folders of the jobs.

    Args:
        root: Holds them; made when missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, job_id: int) -> Path:
        """Return the folder of a job, which may not exist yet."""
        return self._root / str(job_id)

    async def open(self, job_id: int) -> Path:
        """Make the folder of a job, or find what an earlier attempt left in it."""
        path = self.path(job_id)
        await asyncio.to_thread(path.mkdir, parents=True, exist_ok=True)
        return path

    async def remove(self, job_id: int) -> None:
        """Remove a job's folder and all that is in it."""
        await asyncio.to_thread(shutil.rmtree, self.path(job_id), ignore_errors=True)

    async def job_ids(self) -> list[int]:
        """Return the jobs that have a folder."""
        return await asyncio.to_thread(self._job_ids)

    async def sweep(self, keep: Collection[int], *, among: Collection[int]) -> int:
        """Remove the folders of some jobs but those that are to be kept; returns how many went."""
        gone = [job_id for job_id in among if job_id not in keep]
        for job_id in gone:
            await self.remove(job_id)
        return len(gone)

    def disk(self) -> tuple[int, int]:
        """Return how many bytes are free under the root, and how many there are."""
        self._root.mkdir(parents=True, exist_ok=True)
        usage = shutil.disk_usage(self._root)
        return usage.free, usage.total

    def size(self, job_id: int) -> int:
        """Return the bytes in the folder of a job."""
        path = self.path(job_id)
        return measure(path) if path.is_dir() else 0

    def _job_ids(self) -> list[int]:
        names = [path.name for path in self._root.iterdir()] if self._root.is_dir() else []
        return [int(name) for name in names if name.isdecimal()]
