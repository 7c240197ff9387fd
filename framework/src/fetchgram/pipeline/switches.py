"""What admins change about plugins is kept in the database; every process on it follows, at the next start too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.plugins.overrides import Override, Overrides
from fetchgram.plugins.switching import Switching
from fetchgram.ports import Clock
from fetchgram.storage import Session, Storage

log = structlog.get_logger()

_EVERY_S = 1.0


class Switches:
    """Writes changes of plugins down and lets them hold here; picks up those of other processes.

    Args:
        storage: Keeps them.
        switching: Lets them hold in this process.
        clock: Time.
    """

    def __init__(self, storage: Storage, switching: Switching, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._refused: dict[str, Override] = {}
        self.switching = switching

    async def change(
        self,
        plugin: str,
        edit: Callable[[Override], Override],
        within: Callable[[], AbstractAsyncContextManager[Session]] | None = None,
    ) -> None:
        """Let a change hold here and everywhere.

        Args:
            plugin: Which one.
            edit: Returns what shall hold instead of what was changed so far.
            within: Opens the transaction in which it is written down; one with nothing else in it by default.

        Raises:
            FetchgramError: As `Switching.change`; nothing was changed then.
        """
        async with self._one_at_a_time:
            override = edit(self.switching.overrides.of(plugin))

            async def keep() -> None:
                async with (within or self._storage.write)() as session:
                    for key, value in override.rows(plugin).items():
                        await (session.overrides.set(key, value) if value else session.overrides.drop(key))

            await self.switching.change(plugin, override, keep)

    async def run(self) -> None:
        """Follow what other processes change, and put away what was replaced, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.switching.run())
            group.create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            try:
                await self.follow()
            except FetchgramError as error:
                log.warning("switches.no_database", error=repr(error))
            await self._clock.sleep(_EVERY_S)

    async def follow(self) -> None:
        """Let hold here what was changed elsewhere; what cannot hold here is logged once and leaves the old one."""
        async with self._one_at_a_time:
            kept, known = await recalled(self._storage), self.switching.overrides
            for plugin in sorted({*kept.plugins, *known.plugins}):
                wanted = kept.of(plugin)
                if wanted not in (known.of(plugin), self._refused.get(plugin)):
                    await self._take_over(plugin, wanted)

    async def _take_over(self, plugin: str, wanted: Override) -> None:
        try:
            await self.switching.change(plugin, wanted)
        except FetchgramError as error:
            log.error("plugin.change_refused", plugin=plugin, error=str(error))
            self._refused[plugin] = wanted


async def recalled(storage: Storage) -> Overrides:
    """Return what admins have changed about plugins."""
    async with storage.read() as session:
        return Overrides.read(await session.overrides.get_all())
