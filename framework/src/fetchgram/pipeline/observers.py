"""Observers: plugins that learn from events, each at its own pace, at least once, never in anybody's way."""

from __future__ import annotations

import asyncio

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.plugins.hooks import Hooks
from fetchgram.storage import PluginTransaction, Storage

log = structlog.get_logger()

_EVERY_S = 1.0
_BATCH = 500
_LIMIT_S = 5.0
"""A batch is written in one transaction, and while it is open nobody else writes."""

_REST_S = 60.0


class Observers:
    """Hands the events on to each plugin that wants them.

    Args:
        storage: Holds events and cursors.
        hooks: The plugins.
    """

    def __init__(self, storage: Storage, hooks: Hooks) -> None:
        self._storage = storage
        self._hooks = hooks

    async def run(self) -> None:
        """Hand on until cancelled; a plugin that fails rests, the others go on."""
        await self._hooks.roster.attend(lambda: self._hooks.active("on_events"), self._serve)

    async def hand_on(self, plugin: str) -> int:
        """Hand the next batch to a plugin; its rows and its cursor are committed together.

        Returns:
            How many events it got.

        Raises:
            FetchgramError: If the plugin failed; its cursor stays.
        """
        async with self._storage.read() as session:
            batch = await session.events.after(await session.events.cursor(plugin), _BATCH)
        if not batch:
            return 0
        async with asyncio.timeout(_LIMIT_S), self._storage.write() as session:
            await self._hooks.on_events(plugin, batch, PluginTransaction(session, plugin))
            await session.events.set_cursor(plugin, batch[-1].id)
        return len(batch)

    async def _serve(self, plugin: str) -> None:
        while True:
            try:
                full = await self.hand_on(plugin) == _BATCH
            except (FetchgramError, TimeoutError) as error:
                log.warning("observer.failed", plugin=plugin, error=repr(error))
                await asyncio.sleep(_REST_S)
                continue
            await asyncio.sleep(0 if full else _EVERY_S)
