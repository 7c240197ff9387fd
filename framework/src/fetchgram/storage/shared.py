"""One database for all parts of a process, opened when the first of them needs it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fetchgram.ports import Clock
from fetchgram.storage.storage import Storage, open_storage


class SharedStorage:
    """Opens the database once, whoever asks first; plugins and the route then share its one writer.

    Args:
        url: Setting `database.url`.
        data_dir: The folder in which it is, unless the URL says otherwise, and beside it the work.
        migrate: Whether to bring the core's schema up to date.
        clock: Time; the system's by default.
    """

    def __init__(self, url: str | None, data_dir: Path, *, migrate: bool = True, clock: Clock | None = None) -> None:
        self.data_dir = data_dir
        self._url = url
        self._migrate = migrate
        self._clock = clock
        self._storage: Storage | None = None
        self._opening = asyncio.Lock()

    async def get(self) -> Storage:
        """Return the open database.

        Raises:
            ConfigError, TemporarilyUnavailable, SchemaTooNew: As `open_storage` does; the next who asks tries anew.
        """
        async with self._opening:
            if self._storage is None:
                self._storage = await open_storage(self._url, self.data_dir, migrate=self._migrate, clock=self._clock)
            return self._storage

    async def close(self) -> None:
        """Close it, if it was opened."""
        async with self._opening:
            if self._storage is not None:
                await self._storage.close()
                self._storage = None
