"""First come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Hands out items in the order in which they were asked for.

    `asyncio.Queue` lets a newcomer take the item that woke somebody who waited, and sends that one to the end.
    """

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._waiting: deque[asyncio.Future[T]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(not future.done() for future in self._waiting)

    @property
    def items(self) -> tuple[T, ...]:
        """What nobody has taken."""
        return tuple(self._items)

    def put(self, item: T) -> None:
        """Give the item to whoever waits longest, or keep it."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(item)
                return
        self._items.append(item)

    async def get(self) -> T:
        """Wait for an item; a cancelled wait loses none."""
        if self._items:
            return self._items.popleft()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.put(future.result())
            raise
