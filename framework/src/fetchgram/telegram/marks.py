"""Marks on stored updates, begun and ended, with one transaction for all that come at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fetchgram.storage import Storage


@dataclass(eq=False, slots=True, kw_only=True)
class _Mark:
    update_id: int
    has_begun: bool = False
    failure: str | None = None


class Marks:
    """Writes down how far updates are; on disk when a call returns.

    A flush of the log for each mark would cost more than most handlers do. So whoever has the turn takes along what
    others wait to write.

    Args:
        storage: Where updates rest.
        bot_id: Whose updates.
    """

    def __init__(self, storage: Storage, bot_id: int) -> None:
        self._storage = storage
        self._bot_id = bot_id
        self._turn = asyncio.Lock()
        self._waiting: list[_Mark] = []

    async def begin(self, update_id: int) -> None:
        """Count an attempt before it is made."""
        await self._write(_Mark(update_id=update_id, has_begun=True))

    async def end(self, update_id: int, failure: str | None) -> None:
        """Mark as handled, or as given up for a reason."""
        await self._write(_Mark(update_id=update_id, failure=failure))

    async def _write(self, mark: _Mark) -> None:
        self._waiting.append(mark)
        try:
            async with self._turn:
                if mark in self._waiting:
                    batch = tuple(self._waiting)
                    await self._commit(batch)
                    self._waiting = [each for each in self._waiting if each not in batch]
        finally:
            # After a failure each of the others tries for itself, and tells its own caller.
            if mark in self._waiting:
                self._waiting.remove(mark)

    async def _commit(self, batch: tuple[_Mark, ...]) -> None:
        begun = [mark.update_id for mark in batch if mark.has_begun]
        failed = [mark for mark in batch if mark.failure is not None]
        handled = [mark.update_id for mark in batch if not mark.has_begun and mark.failure is None]
        async with self._storage.write() as session:
            if begun:
                await session.inbox.begin_many(self._bot_id, begun)
            if handled:
                await session.inbox.handled_many(self._bot_id, handled)
            for mark in failed:
                await session.inbox.failed(self._bot_id, mark.update_id, mark.failure or "")
