"""Lanes: one at a time in each, and of those who wait the one with the lowest place first."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

_Line: TypeAlias = "list[tuple[int, int, asyncio.Future[None]]]"


class Lanes:
    """Keeps the files of one list from racing one another.

    They share the way to one chat, so that nothing is gained by sending two at once, and the order of the list comes
    for nothing: of what is ready, the first in the list goes first. Nobody waits for what is not ready.
    """

    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}
        self._count = itertools.count()

    @asynccontextmanager
    async def enter(self, lane: int, place: int) -> AsyncIterator[None]:
        """Hold a lane.

        Args:
            lane: Which one.
            place: Who goes first, low first.
        """
        await self._turn(lane, place)
        try:
            yield
        finally:
            self._leave(lane)

    async def _turn(self, lane: int, place: int) -> None:
        line = self._lines.get(lane)
        if line is None:
            self._lines[lane] = []
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(line, (place, next(self._count), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was given the lane in the same moment
                self._leave(lane)
            raise

    def _leave(self, lane: int) -> None:
        line = self._lines[lane]
        while line:
            *_, turn = heapq.heappop(line)
            if not turn.done():
                turn.set_result(None)
                return
        del self._lines[lane]
