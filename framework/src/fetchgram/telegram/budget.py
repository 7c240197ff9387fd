"""What a bot may send in a second, divided among the processes that send for it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection

import structlog

from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.storage.slices import Slice
from fetchgram.telegram.flood import Line

log = structlog.get_logger()

_EVERY_S = 1.0
"""Also the length of the window that Telegram looks at: what somebody gave up is free for others after it."""
_LEASE_S = 10.0
_LEAST = 2
"""Everybody may say something at once, whoever is busy."""
_CUT_OFF = 1
"""For a process that cannot renew: kept back from all slices, and what it needs to say so."""


class Budget:
    """This process's slice of the overall rate.

    A slice is a row that its process renews together with what it could use; the slices of all processes that live
    never add up to more than the budget. Less holds at once, more after a second, when the server has forgotten what
    the others sent. A process that cannot renew falls to one message a second before its slice is given to others.

    Args:
        line: The line to Telegram.
        storage: Where the slices are.
        clock: Time.
        bot_id: Whose budget it is.
        holder: Name of this process.
        per_s: The budget: messages a second of all processes together.
    """

    def __init__(self, *, line: Line, storage: Storage, clock: Clock, bot_id: int, holder: str, per_s: int) -> None:
        self._line = line
        self._storage = storage
        self._clock = clock
        self._bot_id = bot_id
        self._holder = holder
        self._per_s = max(1, per_s - _CUT_OFF)
        self._held_until = 0.0
        self._seen = (clock.monotonic(), line.sent)

    async def run(self) -> None:
        """Keep a slice until cancelled, and give it back then."""
        self._line.share(0)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep())
                group.create_task(self._watch())
        finally:
            await self._drop()

    async def _keep(self) -> None:
        more = 0
        while True:
            try:
                more = await self._renew()
            except (TemporarilyUnavailable, DiskFull) as error:
                log.warning("budget.not_renewed", bot=self._bot_id, error=repr(error))
            await self._clock.sleep(_EVERY_S)
            if more and self._clock.monotonic() < self._held_until:
                self._line.share(more)

    async def _renew(self) -> int:
        """Hold what is fair; returns it, for when it may be used."""
        began = self._clock.monotonic()
        wanted = self._wanted(began)
        async with self._storage.write() as session:
            others = await session.slices.of(self._bot_id, self._holder)
            fair = fair_slice(self._per_s, wanted, [other.wanted for other in others])
            own = max(0, min(max(fair, 1), self._per_s - sum(other.per_s for other in others)))
            if own < self._line.per_s:
                self._line.share(own)
            await session.slices.put(self._bot_id, Slice(self._holder, own, wanted), _LEASE_S)
        self._held_until = began + _LEASE_S - 2 * _EVERY_S
        return own

    def _wanted(self, now: float) -> int:
        """Return twice what was sent lately: whoever uses all of a slice could use more."""
        (before, sent), self._seen = self._seen, (now, self._line.sent)
        rate = (self._line.sent - sent) / max(now - before, _EVERY_S / 2)
        return max(_LEAST, math.ceil(2 * rate))

    async def _watch(self) -> None:
        """Fall to the least when the slice was not renewed in time, whatever the database is doing meanwhile."""
        while True:
            await self._clock.sleep(_EVERY_S)
            if self._clock.monotonic() >= self._held_until and self._line.per_s != _CUT_OFF:
                log.warning("budget.lost", bot=self._bot_id)
                self._line.share(_CUT_OFF)

    async def _drop(self) -> None:
        try:
            async with self._storage.write() as session:
                await session.slices.drop(self._bot_id, self._holder)
        except (TemporarilyUnavailable, DiskFull) as error:
            log.warning("budget.not_dropped", bot=self._bot_id, error=repr(error))


def fair_slice(budget: int, wanted: int, others: Collection[int]) -> int:
    """Divide a budget so that nobody has more than they want while another has less than both; the rest is for all.

    Returns:
        The part of who wants `wanted`.
    """
    left, parts = budget, []
    wants = sorted([wanted, *others])
    for at, want in enumerate(wants):
        parts.append(min(want, left // (len(wants) - at)))
        left -= parts[-1]
    # Of equals all get what the first of them does: they do not know of each other's place.
    return parts[wants.index(wanted)] + left // len(wants)
