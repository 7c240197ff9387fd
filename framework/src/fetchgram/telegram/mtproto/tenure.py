"""One user account, one process: held under a lease while files go out, by as many of them at once as like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.pipeline.leased import Lease

_PATIENCE_S = 60.0
"""Longer waits go back to the queue, where another process may have the account by then."""


class Tenure:
    """Holds a lease as long as anybody in this process needs it.

    Args:
        lease: On the user account.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._users = 0
        self._keeper: asyncio.Task[None] | None = None
        self._taking = asyncio.Lock()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        """Hold the account in this block.

        Raises:
            TemporarilyUnavailable: Another process uses it, or took it over meanwhile.
        """
        keeper = await self._enter()
        work = asyncio.current_task()
        lost = False

        def end(_: object) -> None:
            nonlocal lost
            lost = True
            if work is not None:
                work.cancel()

        keeper.add_done_callback(end)
        try:
            yield
        except asyncio.CancelledError:
            if not lost or work is None or work.uncancel():
                raise
            raise TemporarilyUnavailable("another process uses the user account now") from None
        finally:
            keeper.remove_done_callback(end)
            await asyncio.shield(self._leave())

    async def _enter(self) -> asyncio.Task[None]:
        async with self._taking:
            if self._keeper is None or self._keeper.done():
                await self._take()
                self._keeper = asyncio.ensure_future(self._lease.keep())
            self._users += 1
            return self._keeper

    async def _take(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._lease.take()
        except TimeoutError as error:
            raise TemporarilyUnavailable("another process uses the user account", retry_after_s=_PATIENCE_S) from error

    async def _leave(self) -> None:
        async with self._taking:
            self._users -= 1
            if self._users or self._keeper is None:
                return
            keeper, self._keeper = self._keeper, None
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            await self._lease.drop()
