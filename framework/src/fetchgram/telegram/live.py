"""Screens that keep themselves up to date on the message where they are, after a restart too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from aiogram.types import InlineKeyboardMarkup

from fetchgram.errors import FetchgramError
from fetchgram.ports import Clock
from fetchgram.screens import Screen
from fetchgram.storage import Storage
from fetchgram.storage.live import LiveScreen

log = structlog.get_logger()

_EVERY_S = 2.0
_AGAIN_S = 0.5
"""What found no room is asked for again within the second for which a place is left free (`Rates.note_news`)."""
_REST_S = 2.0
_LIFE = timedelta(days=1)


@dataclass(slots=True)
class Shown:
    """What a live screen shows at the moment; whoever changes the message holds the lock."""

    row: LiveScreen
    screen: Screen | None = None
    keyboard: InlineKeyboardMarkup | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


Redraw = Callable[[Shown], Awaitable[bool]]
"""Brings a screen up to date; false when it needs it no more."""


class LiveScreens:
    """Knows which messages are live.

    Args:
        bot_id: Of the bot.
        storage: Remembers them.
        clock: Time.
        redraw: Brings one up to date.
    """

    def __init__(self, *, bot_id: int, storage: Storage, clock: Clock, redraw: Redraw) -> None:
        self._bot_id = bot_id
        self._storage = storage
        self._clock = clock
        self._redraw = redraw
        self._shown: dict[tuple[int, int], Shown] = {}

    async def run(self) -> None:
        """Keep them up to date until cancelled."""
        while not await self._load():
            await self._clock.sleep(_REST_S)
        while True:
            await self._clock.sleep(_EVERY_S)
            if late := [shown for shown in list(self._shown.values()) if not await self._bring_up_to_date(shown)]:
                await self._clock.sleep(_AGAIN_S)
                for shown in late:
                    await self._bring_up_to_date(shown)

    def lock(self, chat: int, message_id: int | None) -> asyncio.Lock:
        """Return the lock of a message, which keeps its screen from being brought up to date meanwhile."""
        shown = self._shown.get((chat, message_id or 0))
        return shown.lock if shown is not None else asyncio.Lock()

    async def shown(
        self, screen: Screen, place: tuple[int, int], person: int, plugin: str, keyboard: InlineKeyboardMarkup | None
    ) -> None:
        """Hear what a message shows now; it is kept up to date if the screen says so."""
        before = self._shown.pop(place, None)
        chat, message_id = place
        if screen.live is None:
            if before is not None:
                await self._forget(before)
            return
        row = LiveScreen(
            bot_id=self._bot_id,
            chat=chat,
            message_id=message_id,
            person=person,
            plugin=plugin,
            action=screen.live.action,
            args=screen.live.args,
            until=self._clock.now() + _LIFE,
        )
        async with self._storage.write() as session:
            await session.live.put(row)
        self._shown[place] = Shown(row, screen, keyboard)

    async def _load(self) -> bool:
        try:
            async with self._storage.write() as session:
                rows = await session.live.of(self._bot_id)
        except FetchgramError as error:
            log.warning("live.no_database", error=repr(error))
            return False
        for row in rows:
            self._shown.setdefault((row.chat, row.message_id), Shown(row))
        return True

    async def _bring_up_to_date(self, shown: Shown) -> bool:
        """Show what is so now; false when that has to wait."""
        key = (shown.row.chat, shown.row.message_id)
        try:
            async with shown.lock:
                # A press may have shown something else while this waited.
                if self._shown.get(key) is not shown:
                    return True
                if not await self._redraw(shown):
                    del self._shown[key]
                    await self._forget(shown)
        except FetchgramError as error:
            log.info("live.later", plugin=shown.row.plugin, action=shown.row.action, error=repr(error))
            return False
        except Exception as error:  # a plugin's mistake must not stop the others
            log.error(
                "live.failed", plugin=shown.row.plugin, action=shown.row.action, error=repr(error), exc_info=error
            )
            self._shown.pop(key, None)
        return True

    async def _forget(self, shown: Shown) -> None:
        row = shown.row
        async with self._storage.write() as session:
            await session.live.drop(row.bot_id, row.chat, row.message_id)
