"""Broadcasts at work: one at a time for each bot, over what the rates leave, and nobody gets one twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiogram.exceptions import AiogramError

from fetchgram.errors import CannotDeliver, FetchgramError, TemporarilyUnavailable, first_of
from fetchgram.model import Post, text
from fetchgram.ports import Clock
from fetchgram.settings import Settings
from fetchgram.storage import Storage
from fetchgram.telegram.failures import NotReached, describe, may_have_happened
from fetchgram.telegram.flood import Line
from fetchgram.telegram.mailing import Mailing
from fetchgram.telegram.posts import Posts
from fetchgram.telegram.withdrawal import DELETABLE, Withdrawal
from fetchgram.texts import Texts

log = structlog.get_logger()

_LOOK_S = 2.0
"""What another process started is seen after so long."""
_REST_S = 2.0
_BROKEN_S = 30.0


class Broadcaster:
    """Sends the broadcasts of one bot, and deletes them again.

    Args:
        line: The way to Telegram.
        settings: Owners, and whether broadcasts are paid for.
        storage: What is to be sent, and what became of it.
        texts: Catalogues.
        clock: Time.
    """

    def __init__(self, *, line: Line, settings: Settings, storage: Storage, texts: Texts, clock: Clock) -> None:
        self._line = line
        self._storage = storage
        self._texts = texts
        self._clock = clock
        self._owners = frozenset(settings.owners)
        self._paid = settings.delivery.paid_broadcasts
        self._free_per_s = settings.delivery.messages_per_s
        self._wakes = (asyncio.Event(), asyncio.Event())

    def per_s(self, post: Post) -> float:
        """Return how many people a second get a post at the most."""
        posts = Posts(post, self._texts, paid=self._paid)
        return (self._line.paid_per_s if posts.is_paid else self._free_per_s) / posts.cost

    def wake(self) -> None:
        """Say that a broadcast was started, resumed or withdrawn."""
        for news in self._wakes:
            news.set()

    async def run(self) -> None:
        """Send and delete until cancelled; what was under way at a kill is called uncertain first."""
        await self._insist(self._recover)
        sending, deleting = self._wakes
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(self._send_next, sending))
            group.create_task(self._keep(self._delete_next, deleting))

    async def preview(self, post: Post, person: int, locale: str) -> None:
        """Send one person what everybody would get.

        Raises:
            TemporarilyUnavailable: Telegram cannot be reached now.
            CannotDeliver: Telegram refuses it.
        """
        try:
            await self._line(Posts(post, self._texts).copy(person, locale), patience_s=10)
        except AiogramError as error:
            if isinstance(error, NotReached) or may_have_happened(error):
                raise TemporarilyUnavailable(describe(error)) from error
            told = text("telegram-broadcast-refused", reason=describe(error))
            raise CannotDeliver(describe(error), told=told) from error

    async def _keep(self, work: Callable[[], Awaitable[bool]], news: asyncio.Event) -> None:
        while True:
            news.clear()
            if not await self._insist(work):
                try:
                    async with asyncio.timeout(_LOOK_S):
                        await news.wait()
                except TimeoutError:
                    continue

    async def _insist(self, work: Callable[[], Awaitable[bool]]) -> bool:
        """Do something until it is done, whatever is away meanwhile."""
        while True:
            try:
                return await work()
            except* FetchgramError as errors:
                error = first_of(errors)
                log.warning("broadcast.postponed", error=repr(error))
                wait_s = error.retry_after_s if isinstance(error, TemporarilyUnavailable) else None
            except* Exception as bugs:  # a mistake in here must not silence the bot
                log.error("broadcast.broke", error=repr(first_of(bugs)), exc_info=bugs)
                wait_s = _BROKEN_S
            await self._clock.sleep(wait_s or _REST_S)

    async def _recover(self) -> bool:
        """Call uncertain what nobody is sending any more: the process died, or broke."""
        async with self._storage.write() as session:
            uncertain = await session.sends.recover(self._line.bot.id)
        if uncertain:
            log.warning("broadcast.cut", uncertain=uncertain)
        return True

    async def _send_next(self) -> bool:
        """Send the oldest broadcast that runs; false when there is none."""
        async with self._storage.read() as session:
            due = await session.broadcasts.due(self._line.bot.id)
        if due is None:
            return False
        await self._recover()
        await Mailing(
            due,
            posts=Posts(due.post, self._texts, paid=self._paid),
            line=self._line,
            storage=self._storage,
            clock=self._clock,
            owners=self._owners,
        ).run()
        return True

    async def _delete_next(self) -> bool:
        """Delete the oldest broadcast that is to be deleted; false when there is none."""
        async with self._storage.read() as session:
            due = await session.broadcasts.due_withdrawal(self._line.bot.id, self._clock.now() - DELETABLE)
        if due is None:
            return False
        await Withdrawal(due, self._line, self._storage, self._clock).run()
        return True
