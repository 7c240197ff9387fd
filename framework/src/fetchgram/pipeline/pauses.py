"""Pauses of plugins outlive the process: a plugin that broke is not tried again just because the bot was restarted."""

from __future__ import annotations

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.plugins.breaker import Breaker
from fetchgram.ports import Clock
from fetchgram.storage import Storage

log = structlog.get_logger()

KEY = "plugins.paused"
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

    async def recall(self) -> None:
        """Pause again what was paused before the restart."""
        async with self._storage.read() as session:
            known = (await session.overrides.get_all()).get(KEY)
        if isinstance(known, dict):
            self._breaker.recall(known)

    async def run(self) -> None:
        """Recall, then write down what changes, until cancelled."""
        kept = None
        while True:
            try:
                if kept is None:
                    await self.recall()
                    kept = self._breaker.pauses()
                elif (now := self._breaker.pauses()) != kept:
                    await self.keep()
                    kept = now
            except FetchgramError as error:
                log.warning("pauses.no_database", error=repr(error))
            await self._clock.sleep(_EVERY_S)

    async def keep(self) -> None:
        """Write down what is paused now."""
        async with self._storage.write() as session:
            await session.overrides.set(KEY, dict(self._breaker.pauses()))
