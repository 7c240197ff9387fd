"""The open connections of one account: dialled when there is something for them to do, as many as pay."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.telegram.mtproto.connection import Connection
from fetchgram.telegram.mtproto.failures import KeyLost, Lost
from fetchgram.telegram.mtproto.window import RoundTrip, Spread

log = structlog.get_logger()

Dial = Callable[[], Awaitable[tuple[Connection, float]]]
"""Opens a connection; returns it with its round trip in seconds."""

_PATIENCE_S = 60.0
"""How long a line that is down is dialled again before the caller hears of it."""
_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.05, 5.0


@dataclass(slots=True, eq=False)
class Lane:
    """A connection and what is known of it."""

    connection: Connection
    round_trip: RoundTrip = field(default_factory=RoundTrip)
    under_way: int = 0
    silent: int = 0


class Lanes:
    """Hands out connections.

    Args:
        dial: Opens one.
        spread: Says how many there shall be.
    """

    def __init__(self, dial: Dial, spread: Spread) -> None:
        self._dial = dial
        self._spread = spread
        self._open: list[Lane] = []
        self._dialling: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._wakes: list[asyncio.Future[BaseException | None]] = []
        self._dial_again_at = 0.0

    @property
    def count(self) -> int:
        """Return how many are open."""
        return len(self._alive())

    def prepare(self) -> None:
        """Dial for somebody who is about to need a connection; if that fails, they hear of it when they ask for one."""
        if not self._open and not self._dialling:
            self._dial_one()

    async def choose(self) -> Lane:
        """Return the open connection with the least to do; where more would have work, they are dialled meanwhile.

        Raises:
            TemporarilyUnavailable: None is open, and none can be.
            KeyLost: The server forgot our key.
        """
        self._waiting += 1
        try:
            while True:
                await self._clear()
                self._dial_more()
                if free := self._alive()[: self._spread.wanted]:
                    return min(free, key=lambda lane: lane.under_way)
                await self._next_dialled()
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Close them all."""
        dialling, lanes = tuple(self._dialling), self._open
        self._open = []
        for task in dialling:
            task.cancel()
        await asyncio.gather(*dialling, _close(lanes), return_exceptions=True)

    def _alive(self) -> list[Lane]:
        return [lane for lane in self._open if lane.connection.is_open]

    def _dial_more(self) -> None:
        """Dial for every caller who finds all connections busy, as far as more are wanted."""
        alive = self._alive()
        if alive and time.monotonic() < self._dial_again_at:
            return
        wished = sum(bool(lane.under_way) for lane in alive) + self._waiting
        for _ in range(min(self._spread.wanted, wished) - len(alive) - len(self._dialling)):
            self._dial_one()

    def _dial_one(self) -> None:
        task = asyncio.ensure_future(self._add())
        self._dialling.add(task)
        task.add_done_callback(self._dialled)

    def _dialled(self, task: asyncio.Task[None]) -> None:
        """Wake all who wait, whoever dialled; a failure is theirs only as long as they have no connection."""
        self._dialling.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            self._dial_again_at = time.monotonic() + _MOST_PAUSE_S
        waiting, self._wakes = self._wakes, []
        for wake in waiting:
            if not wake.done():
                wake.set_result(failure)

    async def _next_dialled(self) -> None:
        wake: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
        self._wakes.append(wake)
        if (failure := await wake) is not None and not self._alive():
            raise failure

    async def _add(self) -> None:
        connection, round_trip_s = await self._dial_patiently()
        lane = Lane(connection)
        lane.round_trip.least_s = round_trip_s
        self._open.append(lane)

    async def _dial_patiently(self) -> tuple[Connection, float]:
        began, pause_s = time.monotonic(), _FIRST_PAUSE_S
        while True:
            try:
                return await self._dial()
            except KeyLost:
                raise
            except Lost as error:
                if time.monotonic() - began + pause_s > _PATIENCE_S:
                    raise TemporarilyUnavailable(f"MTProto cannot be reached: {error}") from error
                log.info("mtproto.dial_again", error=str(error), after_s=pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _MOST_PAUSE_S)

    async def _clear(self) -> None:
        """Drop the connections that broke, and those beyond what is wanted that have nothing to do."""
        broken = [lane for lane in self._open if not lane.connection.is_open]
        spare = [lane for lane in self._open[self._spread.wanted :] if not lane.under_way]
        if broken or spare:
            self._open = [lane for lane in self._open if lane not in broken and lane not in spare]
            await _close([*broken, *spare])


async def _close(lanes: list[Lane]) -> None:
    await asyncio.gather(*(lane.connection.close() for lane in lanes))
