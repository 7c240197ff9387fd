"""Pauses of plugins outlive the process: a plugin that broke is not tried again just because the bot was restarted."""

from __future__ import annotations

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.model import Event, Json
from fetchgram.plugins.breaker import Breaker
from fetchgram.ports import Clock
from fetchgram.storage import Storage

log = structlog.get_logger()

PREFIX = "plugins.paused."
"""Each plugin has its own row: several processes keep their pauses here, and must not undo each other's."""

_EVERY_S = 1.0


class Pauses:
    """Keeps the breaker's pauses in the database.

    Args:
        storage: Holds them.
        breaker: Has them.
        clock: Time.
    """

    def __init__(self, storage: Storage, breaker: Breaker, clock: Clock) -> None:
        self._storage = storage
        self._breaker = breaker
        self._clock = clock
        self._kept: dict[str, Json] = {}

    async def recall(self) -> None:
        """Pause again what was paused before the restart."""
        async with self._storage.read() as session:
            stored = await session.overrides.get_all()
        known = {key.removeprefix(PREFIX): pause for key, pause in stored.items() if key.startswith(PREFIX)}
        self._breaker.recall(known)
        self._kept = self._breaker.pauses()

    async def run(self) -> None:
        """Recall, then write down what changes, until cancelled."""
        recalled = False
        while True:
            try:
                if not recalled:
                    await self.recall()
                    recalled = True
                elif self._breaker.pauses() != self._kept:
                    await self.keep()
            except FetchgramError as error:
                log.warning("pauses.no_database", error=repr(error))
            await self._clock.sleep(_EVERY_S)

    async def keep(self) -> None:
        """Write down what was paused here since the last time, and what is back."""
        now = self._breaker.pauses()
        async with self._storage.write() as session:
            for plugin, pause in now.items():
                if self._kept.get(plugin) != pause:
                    await session.overrides.set(PREFIX + plugin, pause)
            for plugin in self._kept.keys() - now.keys():
                await session.overrides.drop(PREFIX + plugin)
            for plugin in sorted(self._kept.keys() ^ now.keys()):
                name = "plugin.paused" if plugin in now else "plugin.back"
                await session.events.add(Event(name=name, at=self._clock.now(), plugin=plugin))
        self._kept = now
