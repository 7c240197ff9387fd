"""Stored updates on their way to the handlers: in order within a chat, chats side by side, none forgotten."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from aiogram import Bot
from aiogram.types import Update

from fetchgram.errors import DiskFull, FetchgramError, TemporarilyUnavailable
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.storage.inbox import StoredUpdate
from fetchgram.telegram.failures import redact

log = structlog.get_logger()

_AT_ONCE = 32
_WINDOW = 200
_AT_HAND = 1_000
"""Updates in memory; more wait in the database."""
_SUSPECT = 3
"""An update that was begun so often and never ended goes alone, after all others: does it kill the process?"""
_HOPELESS = 6
_RETRY_S = 5.0
_IDLE_S = 30.0


class Inbox:
    """Hands stored updates to the handler; what a crash interrupted is handled again after the restart.

    Args:
        bot: Parses updates into aiogram's types.
        storage: Where updates rest.
        clock: Time.
        handle: Idempotent: called again for an update whose end was not written down.
    """

    def __init__(
        self, *, bot: Bot, storage: Storage, clock: Clock, handle: Callable[[Update], Awaitable[None]]
    ) -> None:
        self._bot = bot
        self._storage = storage
        self._clock = clock
        self._handle = handle
        self._news = asyncio.Event()
        self._busy: set[int] = set()
        self._more = False
        self._chats: dict[int, deque[StoredUpdate]] = {}
        self._ends: list[tuple[int, str | None]] = []
        self._ended = asyncio.Event()
        self._room = asyncio.Semaphore(_AT_ONCE)

    def wake(self) -> None:
        """Say that there are new updates."""
        self._news.set()

    async def run(self) -> None:
        """Hand out updates until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_ends())
            while True:
                self._news.clear()
                if not await self._hand_out(group):
                    await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_IDLE_S):
                await self._news.wait()
        except TimeoutError:
            return

    async def _hand_out(self, group: asyncio.TaskGroup) -> bool:
        """Start what can start; false when there is nothing new."""
        busy = frozenset(self._busy)  # what ends while we read may still be pending in what we read
        try:
            async with self._storage.read() as session:
                pending = await session.inbox.pending(self._bot.id, limit := len(busy) + _WINDOW)
            fresh = [update for update in pending if update.update_id not in busy]
            calm = [update for update in fresh if update.attempts < _SUSPECT]
            self._more = len(pending) == limit or len(calm) < len(fresh)
            await self._begin(calm)
            if not calm and fresh:
                return await self._hand_out_suspect(fresh[0])
        except FetchgramError as error:
            log.error("inbox.not_read", error=repr(error), exc_info=error)
            await self._clock.sleep(_RETRY_S)
            return True
        for update in calm:
            self._queue(group, update)
        return bool(calm)

    async def _begin(self, updates: Sequence[StoredUpdate]) -> None:
        """Count the attempts before they are made, in one transaction: a crash then counts for all of them."""
        if not updates:
            return
        async with self._storage.write() as session:
            await session.inbox.begin_many(self._bot.id, [update.update_id for update in updates])

    def _queue(self, group: asyncio.TaskGroup, update: StoredUpdate) -> None:
        chat = chat_of(json.loads(update.payload))
        self._busy.add(update.update_id)
        if chat in self._chats:
            self._chats[chat].append(update)
            return
        self._chats[chat] = deque([update])
        group.create_task(self._work(chat), name=f"chat {chat}")

    async def _work(self, chat: int) -> None:
        waiting = self._chats[chat]
        while waiting:
            async with self._room:
                await self._one(waiting[0])
            waiting.popleft()
        del self._chats[chat]

    async def _hand_out_suspect(self, update: StoredUpdate) -> bool:
        if self._busy:
            return False
        if update.attempts >= _HOPELESS:
            self._busy.add(update.update_id)
            reason = f"begun {update.attempts} times, and each time the process ended"
            log.error("inbox.set_aside", update=update.update_id, reason=reason)
            self._end(update, reason)
            return True
        log.warning("inbox.suspect", update=update.update_id, attempts=update.attempts)
        await self._begin([update])
        self._busy.add(update.update_id)
        await self._one(update)
        return True

    async def _one(self, stored: StoredUpdate) -> None:
        structlog.contextvars.bind_contextvars(update=stored.update_id)
        try:
            await self._handle(Update.model_validate_json(stored.payload, context={"bot": self._bot}))
        except (TemporarilyUnavailable, DiskFull) as error:
            log.warning("inbox.postponed", error=repr(error))
            await self._postpone(stored, error)
        except Exception as error:  # a bug in a handler must not stop the others
            log.error("inbox.handler_failed", error=redact(repr(error)), exc_info=error)
            self._end(stored, redact(repr(error))[:500])
        else:
            self._end(stored, None)

    async def _postpone(self, stored: StoredUpdate, error: Exception) -> None:
        """Leave it stored and try again, unless it was tried often."""
        if stored.attempts + 1 >= _SUSPECT:
            self._end(stored, redact(repr(error))[:500])
            return
        await self._clock.sleep(_RETRY_S)
        self._busy.discard(stored.update_id)
        self._news.set()

    def _end(self, stored: StoredUpdate, failure: str | None) -> None:
        self._ends.append((stored.update_id, failure))
        self._ended.set()

    async def _keep_ends(self) -> None:
        """Write down what is handled: all that ended while the last transaction was on its way to the disk."""
        while True:
            await self._ended.wait()
            self._ended.clear()
            ends, self._ends = self._ends, []
            try:
                await self._write_ends(ends)
            except FetchgramError as error:
                log.error("inbox.not_written", error=repr(error), exc_info=error)
                self._ends = [*ends, *self._ends]
                await self._clock.sleep(_RETRY_S)
                self._ended.set()
            else:
                self._busy.difference_update(update_id for update_id, _ in ends)
                if self._more:
                    self._news.set()

    async def _write_ends(self, ends: Sequence[tuple[int, str | None]]) -> None:
        async with self._storage.write() as session:
            await session.inbox.handled_many(self._bot.id, [key for key, failure in ends if failure is None])
            for update_id, failure in ends:
                if failure is not None:
                    await session.inbox.failed(self._bot.id, update_id, failure)


def chat_of(update: dict[str, Any]) -> int:
    """Return what keeps updates in order: the chat, else the person, else nothing."""
    for kind, body in update.items():
        if kind == "update_id" or not isinstance(body, dict):
            continue
        place = body.get("chat") or body.get("message", {}).get("chat") or body.get("from") or {}
        return int(place.get("id", 0))
    return 0
