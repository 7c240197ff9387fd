"""Listens to the world for a while: a queue of happenings that cannot grow without end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from fetchgram_sandbox.happenings import Happening
from fetchgram_sandbox.world import World

T = TypeVar("T")
_MOST_WAITING = 10_000


class Ear:
    """A listener with a bounded queue; when it is full, listening ends and `is_deaf` is true.

    Args:
        world: What to listen to.
        most_waiting: How many happenings may wait.
    """

    def __init__(self, world: World, most_waiting: int = _MOST_WAITING) -> None:
        self._world = world
        self._queue: asyncio.Queue[Happening] = asyncio.Queue(most_waiting)
        self.is_deaf = False

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._stop = self._world.listen(self._hear)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening."""
        if not self.is_deaf:
            self._stop()

    async def next(self) -> Happening:
        """Return the next happening."""
        return await self._queue.get()

    async def first(self, pick: Callable[[Happening], T | None], timeout_s: float) -> T:
        """Return the first thing that a function picks out of the happenings.

        Raises:
            TimeoutError: Nothing was picked in time.
        """
        async with asyncio.timeout(timeout_s):
            while True:
                picked = pick(await self.next())
                if picked is not None:
                    return picked

    def _hear(self, happening: Happening) -> None:
        try:
            self._queue.put_nowait(happening)
        except asyncio.QueueFull:
            self.is_deaf = True
            self._stop()
