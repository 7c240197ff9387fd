"""The connections of one account: opened when somebody sends, shared fairly, given back at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.envelopes import Bulk
from fetchgram.telegram.mtproto.failures import KeyLost, Lost, NoAnswer, Refused
from fetchgram.telegram.mtproto.lanes import Dial, Lane, Lanes
from fetchgram.telegram.mtproto.window import Spread, Window

log = structlog.get_logger()

_CALL_S = 20.0
_LONGEST_PAUSE_S = 300
"""Longer flood waits go back to the queue."""
_TRANSIENT_TRIES = 5
_SILENT_CALLS = 3
"""A connection on which so many calls in a row got no answer is given up."""


class Pool:
    """Calls of one account over several connections.

    Args:
        dial: Opens a connection.
        window: How many parts are under way, over all connections and uploads.
        spread: How many connections there are.
    """

    def __init__(self, dial: Dial, window: Window, spread: Spread) -> None:
        self._window = window
        self._spread = spread
        self._lanes = Lanes(dial, self._spread)
        self._users = 0
        self._paused_until = 0.0
        self.resent = 0

    @property
    def connections(self) -> int:
        """Return how many connections are open."""
        return self._lanes.count

    @asynccontextmanager
    async def use(self) -> AsyncIterator[None]:
        """Hold the pool open; when nobody does, its connections are closed."""
        self._users += 1
        self._lanes.prepare()
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._spread.rest()
                await asyncio.shield(self._lanes.close())

    async def call(self, query: TL, *, timeout_s: float = _CALL_S) -> TL:
        """Carry out a call that may safely be made twice, however often the line breaks meanwhile.

        Raises:
            Refused: The server said no.
            TemporarilyUnavailable: The line is down, or a flood wait is too long.
            KeyLost: The server forgot our key.
        """
        return await self._persist(query, timeout_s=timeout_s)

    async def call_once(self, query: TL, *, timeout_s: float = _CALL_S) -> TL:
        """Carry a call out once.

        Raises:
            Refused: The server said no.
            Lost, NoAnswer: It may have been carried out.
            TemporarilyUnavailable: The line is down, so that nothing was sent.
        """
        lane = await self._lanes.choose()
        return await self._try(lane, query, timeout_s=timeout_s)

    async def send_part(self, query: TL, bulk: Bulk, began: Callable[[], None]) -> None:
        """Send a part of a file when it is its turn.

        Args:
            query: The call, but for its last field.
            bulk: Its last field, the data.
            began: Called when its turn has come.

        Raises:
            Refused: The server said no.
            TemporarilyUnavailable: The line is down, or a flood wait is too long.
            KeyLost: The server forgot our key.
        """
        await self._window.enter()
        began()
        try:
            await self._persist(query, timeout_s=None, bulk=bulk)
        finally:
            self._window.leave()

    async def _persist(self, query: TL, *, timeout_s: float | None, bulk: Bulk | None = None) -> TL:
        for_transient = _TRANSIENT_TRIES
        while True:
            await self._pause()
            lane = await self._lanes.choose()
            try:
                return await self._try(lane, query, timeout_s=timeout_s, bulk=bulk)
            except KeyLost:
                raise
            except (Lost, NoAnswer) as error:
                self.resent += bulk is not None
                log.debug("mtproto.again", error=repr(error))
            except Refused as refused:
                if refused.wait_s is not None:
                    self._pause_for(refused.wait_s)
                elif refused.is_transient and for_transient:
                    for_transient -= 1
                    await asyncio.sleep(1.0)
                else:
                    raise

    async def _try(self, lane: Lane, query: TL, *, timeout_s: float | None, bulk: Bulk | None = None) -> TL:
        began = time.monotonic()
        lane.under_way += 1
        try:
            wait_s = lane.round_trip.timeout_s if timeout_s is None else timeout_s
            answer = await lane.connection.invoke(query, timeout_s=wait_s, bulk=bulk)
        except NoAnswer:
            await self._missed(lane)
            raise
        finally:
            lane.under_way -= 1
        lane.silent = 0
        if bulk is not None:
            self._learn(lane, began)
        return answer

    def _learn(self, lane: Lane, began: float) -> None:
        now = time.monotonic()
        took_s = now - began
        lane.round_trip.answered(took_s)
        if lane.round_trip.is_queueing(took_s):
            self._window.narrow(self._window.limit)
        else:
            self._window.widen()
        self._spread.answered(now, took_s, lane.round_trip.least_s)

    async def _missed(self, lane: Lane) -> None:
        lane.round_trip.overdue()
        lane.silent += 1
        self._window.narrow()
        if lane.silent >= _SILENT_CALLS:
            await lane.connection.close()

    def _pause_for(self, seconds: int) -> None:
        if seconds > _LONGEST_PAUSE_S:
            raise TemporarilyUnavailable(f"Telegram asks to wait {seconds} s", retry_after_s=seconds)
        log.info("mtproto.flood_wait", seconds=seconds)
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)
        self._window.narrow()

    async def _pause(self) -> None:
        left_s = self._paused_until - time.monotonic()
        while left_s > 0:
            await asyncio.sleep(left_s)
            left_s = self._paused_until - time.monotonic()
