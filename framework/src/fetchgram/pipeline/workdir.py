"""Work folders: one per job, inside one root, gone when the job ends."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection
from pathlib import Path

from fetchgram.errors import DiskFull


class Workdirs:
    """The folders of the jobs.

    Args:
        root: Holds them; made when missing.
        floor_bytes: Free disk below which nothing is begun.
    """

    def __init__(self, root: Path, *, floor_bytes: int) -> None:
        self._root = root
        self._floor_bytes = floor_bytes

    def path(self, job_id: int) -> Path:
        """Return the folder of a job, which may not exist yet."""
        return self._root / str(job_id)

    async def open(self, job_id: int) -> Path:
        """Make the folder of a job, or find what an earlier attempt left in it.

        Raises:
            DiskFull: If less than the floor is free.
        """
        return await asyncio.to_thread(self._open, job_id)

    async def remove(self, job_id: int) -> None:
        """Remove a job's folder and all that is in it."""
        await asyncio.to_thread(shutil.rmtree, self.path(job_id), ignore_errors=True)

    async def sweep(self, keep: Collection[int]) -> int:
        """Remove the folders of jobs that are not to be kept; returns how many went."""
        return await asyncio.to_thread(self._sweep, {str(job_id) for job_id in keep})

    def free_bytes(self) -> int:
        """Return the free disk under the root."""
        self._root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._root).free

    def _open(self, job_id: int) -> Path:
        free = self.free_bytes()
        if free < self._floor_bytes:
            raise DiskFull(f"{free} bytes free under {str(self._root)!r}, the floor is {self._floor_bytes}")
        path = self.path(job_id)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _sweep(self, keep: Collection[str]) -> int:
        if not self._root.is_dir():
            return 0
        stale = [path for path in self._root.iterdir() if path.name not in keep]
        for path in stale:
            shutil.rmtree(path, ignore_errors=True)
        return len(stale)
