"""The one place that keeps Telegram's rates and honours its "retry after"."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramMigrateToChat, TelegramRetryAfter
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.ports import Clock
from fetchgram.settings import DeliverySettings
from fetchgram.telegram.failures import NotReached, describe
from fetchgram.telegram.meter import Meter
from fetchgram.telegram.rates import Costs, Rates, chat_of
from fetchgram.telegram.windows import Window

log = structlog.get_logger()

_STRIDE_S = 0.05
"""Messages that nobody waits for go evenly, in steps of this length at the most: what goes in one heap comes back in
one heap, and people would have to wait for all of it."""
_BEHIND_S = 0.05
"""So much of the time that was lost is made up for."""
_TRIES = 4
_MOST_TURNS = 5_000


class Lane(Enum):
    """How urgent a call is."""

    TALK = auto()
    """Somebody waits: goes as soon as the rates allow."""
    NEWS = auto()
    """Progress: goes only when there is room to spare, else `Busy`; a later piece of news replaces it."""


class Busy(TemporarilyUnavailable):
    """There is no room for news now; `retry_after_s` says when there may be."""


@dataclass(frozen=True, slots=True)
class Places:
    """Room that was taken for so many calls that nobody waits for; `mail` uses it, once for each.

    Args:
        window: Where they count.
        count: Calls.
        cost: For how many messages each of them counts.
    """

    window: Window
    count: int
    cost: int = 1


class Line:
    """The line to Telegram of one bot: every call goes through here.

    A 429 closes the chat that it was about; when it was about none, or there are several, everything waits.

    Args:
        bot: The client.
        settings: The rates.
        clock: Time.
    """

    def __init__(self, bot: Bot, settings: DeliverySettings, clock: Clock) -> None:
        self.bot = bot
        self._clock = clock
        self._rates = Rates(settings, clock)
        self._mail_at = 0.0
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting = 0
        self.meter = Meter(clock)
        self._pressing = 0

    @property
    def per_s(self) -> int:
        """Messages a second that this process may send."""
        return self._rates.overall.count

    @property
    def sent(self) -> int:
        """Messages so far, as the overall rate counts them."""
        return self._rates.overall.begun

    @property
    def paid_per_s(self) -> int:
        """Messages a second that are paid for."""
        return self._rates.paid.count

    def share(self, per_s: int) -> None:
        """Take another part of the overall rate, whose rest other processes have; holds at once, 0 is nothing."""
        self._rates.share(per_s)

    async def __call__(
        self,
        method: TelegramMethod[TelegramType],
        *,
        lane: Lane = Lane.TALK,
        patience_s: float = 60.0,
        timeout_s: int | None = None,
    ) -> TelegramType:
        """Carry out a call within the rates; refusals for being too fast are waited out.

        Raises:
            Busy: News, and there is no room for it.
            TemporarilyUnavailable: The wait would be longer than `patience_s`; nothing was sent.
            AiogramError: As the client raises them.
        """
        deadline = self._clock.monotonic() + patience_s
        for attempt in range(1, _TRIES + 1):
            costs = await self._turn(method, lane, deadline)
            try:
                with self._rates.counted(costs), self.meter.timed(method.__api_method__):
                    return await self.bot(method, request_timeout=timeout_s)
            except TelegramRetryAfter as error:
                self.meter.asked_to_wait()
                self._rates.close(chat_of(method), error.retry_after)
                if lane is Lane.NEWS:
                    raise Busy("too fast", retry_after_s=error.retry_after) from error
            except TelegramMigrateToChat as error:
                # The group became a supergroup: the same call goes to its new id.
                method = method.model_copy(update={"chat_id": error.migrate_to_chat_id})
            except NotReached as error:
                if lane is Lane.NEWS or attempt == _TRIES:
                    raise
                log.info("telegram.not_reached", method=method.__api_method__, attempt=attempt, error=describe(error))
                await self._pause(0.5 * 2**attempt, deadline)
        wait_s = self._rates.closed_for(chat_of(method))
        raise TemporarilyUnavailable("Telegram refuses to take it", retry_after_s=wait_s)

    async def places(self, most: int, *, paid: bool = False, cost: int = 1, patience_s: float = 1.0) -> Places:
        """Wait for room that nobody else needs, and take it: evenly, after people and after news.

        Args:
            most: So many calls are at hand.
            paid: Whether they go at the rate that Telegram sells (core.telegram.org/bots/faq, "How can I message all
                of my bot's subscribers at once?"), beside what people are sent.
            cost: For how many messages each of them counts.
            patience_s: How long to wait; there may be no place then.
        """
        window = self._rates.paid if paid else self._rates.overall
        deadline = self._clock.monotonic() + patience_s
        while (wait_s := self._mail_wait_s(window, cost)) > 0:
            left_s = deadline - self._clock.monotonic()
            if left_s <= 0:
                return Places(window, 0, cost)
            await self._clock.sleep(min(wait_s, left_s))
        now = self._clock.monotonic()
        room = max(1, window.room(now, spare=self._rates.spare(window)) // cost)
        count = min(most, room, self.stride(paid=paid, cost=cost))
        self._mail_at = max(self._mail_at, now - _BEHIND_S) + count * cost / window.count
        window.begin(count * cost)
        return Places(window, count, cost)

    async def mail(self, method: TelegramMethod[TelegramType], places: Places) -> TelegramType:
        """Make a call that nobody waits for, in one of the places; it waits for nothing and is never repeated.

        Raises:
            TelegramRetryAfter: It was too fast, and was not sent; everything waits.
            AiogramError: As the client raises them.
        """
        try:
            with self._rates.counted(self._rates.of_chat(method)):
                return await self.bot(method)
        except TelegramRetryAfter as error:
            self.meter.asked_to_wait()
            self._rates.close(None, error.retry_after)
            raise
        finally:
            places.window.end(places.cost, self._clock.monotonic())
            self._forget(chat_of(method))

    def stride(self, *, paid: bool = False, cost: int = 1) -> int:
        """Return how many calls that nobody waits for go at once at the most."""
        return max(1, int((self._rates.paid if paid else self._rates.overall).count * _STRIDE_S / cost))

    def is_free(self, chat: int) -> bool:
        """Whether a message could go into a private chat now, as far as the chat is concerned."""
        return self._rates.is_free(chat)

    def _mail_wait_s(self, window: Window, cost: int) -> float:
        now, rates = self._clock.monotonic(), self._rates
        room_s = window.wait_s(now, cost, spare=rates.spare(window))
        wait_s = max(self._mail_at - now, rates.closed_for(None), room_s)
        return max(wait_s, 1 / max(1, window.count)) if self._pressing and window is rates.overall else wait_s

    async def _turn(self, method: TelegramMethod[TelegramType], lane: Lane, deadline: float) -> Costs:
        chat = chat_of(method)
        if lane is Lane.NEWS:
            return self._news_turn(method, chat)
        self._waiting += 1
        try:
            async with self._turns[chat or 0]:
                while (wait_s := self._rates.wait_s(chat, costs := self._rates.of(method))) > 0:
                    with self._pressed(costs):
                        await self._pause(wait_s, deadline)
                self._rates.note_talk(costs)
                return costs
        finally:
            self._waiting -= 1
            self._forget(chat)

    def _news_turn(self, method: TelegramMethod[TelegramType], chat: int | None) -> Costs:
        costs = self._rates.of(method)
        self._rates.note_news()
        if (wait_s := self._rates.wait_s(chat, costs, is_news=True)) > 0 or self._waiting:
            raise Busy("no room for news", retry_after_s=max(wait_s, 0.1))
        return costs

    @contextmanager
    def _pressed(self, costs: Costs) -> Iterator[None]:
        """Hold back broadcasts while somebody waits for the overall rate."""
        presses = self._rates.presses(costs)
        self._pressing += presses
        try:
            yield
        finally:
            self._pressing -= presses

    async def _pause(self, seconds: float, deadline: float) -> None:
        if self._clock.monotonic() + seconds > deadline:
            raise TemporarilyUnavailable("Telegram asks to wait", retry_after_s=seconds)
        await self._clock.sleep(seconds)

    def _forget(self, chat: int | None) -> None:
        lock = self._turns.get(chat or 0)
        if lock is not None and not lock.locked() and len(self._turns) > _MOST_TURNS:
            del self._turns[chat or 0]
        self._rates.tidy()
