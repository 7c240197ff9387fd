"""The children of one plugin, started when the plugin first needs them or is warmed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from fetchgram.model import Json
from fetchgram.ports import Network
from fetchgram.settings import WorkSettings
from fetchgram.workers.limits import WorkerLimits
from fetchgram.workers.pool import WorkerPool


class PluginWorkers:
    """Implements `ports.Workers` over a pool of the plugin's own.

    Args:
        name: The plugin's.
        settings: How many children, how much memory.
        network: The way out of the children; `None` for children that only look at local files.
        way_out: Its address: the only one that they may connect to.
        roof: Folder for their temporary home; the system's by default.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: WorkSettings,
        network: Network | None = None,
        way_out: tuple[str, int] | None = None,
        roof: Path | None = None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._network = network
        self._way_out = way_out
        self._roof = roof
        self._pool: WorkerPool | None = None
        self._opening = asyncio.Lock()
        self._preload: tuple[str, ...] = ()
        self._may_spawn = False

    def prepare(self, preload: Sequence[str], *, may_spawn: bool = False) -> None:
        """Say how children are to be; before the first of them is started.

        Args:
            preload: Modules that are imported before the first job of each child.
            may_spawn: Whether jobs may start programs.
        """
        self._preload, self._may_spawn = tuple(preload), may_spawn

    @property
    def preloads(self) -> bool:
        """Whether there is anything to import beforehand."""
        return bool(self._preload)

    async def warm(self) -> None:
        """Start the children now: the first person should not wait for imports."""
        await self._open()

    async def run(
        self,
        target: str,
        payload: Json,
        *,
        on_message: Callable[[Json], None] | None = None,
        workdir: Path | None = None,
        timeout_s: float | None = None,
        max_bytes: int | None = None,
    ) -> Json:
        """Run a function in a child; see `ports.Workers.run`."""
        pool = await self._open()
        return await pool.run(
            target, payload, on_message=on_message, workdir=workdir, timeout_s=timeout_s, max_bytes=max_bytes
        )

    async def close(self) -> None:
        """Kill the children, if there are any."""
        if self._pool is not None:
            await self._pool.close()

    async def _open(self) -> WorkerPool:
        async with self._opening:
            if self._pool is None:
                pool = WorkerPool(
                    self._name,
                    size=self._settings.downloads,
                    preload=self._preload,
                    env=self._network.child_env() if self._network else {},
                    limits=WorkerLimits(rss_bytes=int(self._settings.child_memory)),
                    way_out=self._way_out,
                    may_spawn=self._may_spawn,
                    roof=self._roof,
                )
                await pool.start()
                self._pool = pool
            return self._pool
