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
from fetchgram.telegram.windows import Window

log = structlog.get_logger()

_CHAT_BURST = 3
"""core.telegram.org/bots/faq, "My bot is hitting limits": one message a second in a chat, short bursts pass."""
_RESERVE = 0.2
"""Share of the overall rate that news of progress leaves free for people who wait for an answer."""
_MINUTE_S = 60.0
_STRIDE_S = 0.05
"""Messages that nobody waits for go evenly, in steps of this length at the most: what goes in one heap comes back in
one heap, and people would have to wait for all of it."""
_BEHIND_S = 0.05
"""So much of the time that was lost is made up for."""
_TRIES = 4
_MOST_WINDOWS = 5_000


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
    """Room that was taken for so many messages that nobody waits for; `mail` uses it, once for each."""

    window: Window
    count: int


class Line:
    """The line to Telegram of one bot: every call goes through here.

    A 429 closes the chat that it was about. When a second chat is refused meanwhile, or the call was about none, the
    whole bot is meant (gramio.dev/rate-limits) and everything waits.

    Args:
        bot: The client.
        settings: The rates.
        clock: Time.
    """

    def __init__(self, bot: Bot, settings: DeliverySettings, clock: Clock) -> None:
        self.bot = bot
        self._settings = settings
        self._clock = clock
        per_s = max(1, int(settings.messages_per_s))
        self._overall = Window(per_s, 1.0)
        self._spoken = Window(per_s, 1.0)
        """The overall rate without broadcasts."""
        self._paid = Window(max(1, int(settings.paid_messages_per_s) - per_s), 1.0)
        self._news = Window(max(1, int(per_s * _RESERVE)), 1.0)
        """News that came for a place: broadcasts leave so many."""
        self._mail_at = 0.0
        self._chats: dict[tuple[str, int], Window] = {}
        self._closed: dict[int | None, float] = {}
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting = 0
        self.meter = Meter(clock)
        self._pressing = 0

    @property
    def per_s(self) -> int:
        """Messages a second that this process may send."""
        return self._overall.count

    @property
    def sent(self) -> int:
        """Messages so far, as the overall rate counts them."""
        return self._overall.begun

    @property
    def paid_per_s(self) -> int:
        """Messages a second that are paid for."""
        return self._paid.count

    def share(self, per_s: int) -> None:
        """Take another part of the overall rate, whose rest other processes have; holds at once, 0 is nothing."""
        self._overall.count = self._spoken.count = per_s
        self._news.count = max(1, int(per_s * _RESERVE))

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
            windows = await self._turn(method, lane, deadline)
            try:
                with self._counted(windows), self.meter.timed(method.__api_method__):
                    return await self.bot(method, request_timeout=timeout_s)
            except TelegramRetryAfter as error:
                self.meter.asked_to_wait()
                self._close(_chat_of(method), error.retry_after)
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
        raise TemporarilyUnavailable("Telegram refuses to take it", retry_after_s=self._closed_for(_chat_of(method)))

    async def places(self, most: int, *, paid: bool = False, patience_s: float = 1.0) -> Places:
        """Wait for room that nobody else needs, and take it: evenly, after people and after news.

        Args:
            most: So many messages are at hand.
            paid: Whether they go at the rate that Telegram sells (core.telegram.org/bots/faq, "How can I message all
                of my bot's subscribers at once?"), beside what people are sent.
            patience_s: How long to wait; there may be no place then.
        """
        window = self._paid if paid else self._overall
        deadline = self._clock.monotonic() + patience_s
        while (wait_s := self._mail_wait_s(window)) > 0:
            left_s = deadline - self._clock.monotonic()
            if left_s <= 0:
                return Places(window, 0)
            await self._clock.sleep(min(wait_s, left_s))
        now = self._clock.monotonic()
        count = min(most, window.room(now, spare=self._spare(window)), self.stride(paid=paid))
        self._mail_at = max(self._mail_at, now - _BEHIND_S) + count / window.count
        window.begin(count)
        return Places(window, count)

    async def mail(self, method: TelegramMethod[TelegramType], places: Places) -> TelegramType:
        """Make a call that nobody waits for, in one of the places; it waits for nothing and is never repeated.

        Raises:
            TelegramRetryAfter: It was too fast, and was not sent; everything waits.
            AiogramError: As the client raises them.
        """
        own = [(window, cost) for window, cost in self._windows(method) if window not in {self._overall, self._spoken}]
        try:
            with self._counted(own):
                return await self.bot(method)
        except TelegramRetryAfter as error:
            self.meter.asked_to_wait()
            self._close(None, error.retry_after)
            raise
        finally:
            places.window.end(1, self._clock.monotonic())
            self._forget(_chat_of(method))

    def stride(self, *, paid: bool = False) -> int:
        """Return how many messages that nobody waits for go at once at the most."""
        return max(1, int((self._paid if paid else self._overall).count * _STRIDE_S))

    def is_free(self, chat: int) -> bool:
        """Whether a message could go into a private chat now, as far as the chat is concerned."""
        window = self._chats.get(("send", chat))
        return not (window and window.wait_s(self._clock.monotonic())) and not self._closed_for(chat)

    def _mail_wait_s(self, window: Window) -> float:
        now = self._clock.monotonic()
        wait_s = max(self._mail_at - now, self._closed_for(None), window.wait_s(now, spare=self._spare(window)))
        return max(wait_s, 1 / max(1, window.count)) if self._pressing and window is self._overall else wait_s

    def _spare(self, window: Window) -> int:
        """Return how many places news want."""
        return self._news.count - self._news.room(self._clock.monotonic()) if window is self._overall else 0

    async def _turn(
        self, method: TelegramMethod[TelegramType], lane: Lane, deadline: float
    ) -> list[tuple[Window, int]]:
        chat = _chat_of(method)
        if lane is Lane.NEWS:
            windows = self._windows(method)
            self._note_news()
            spare = int(self._spoken.count * _RESERVE)
            if (wait_s := self._wait_s(chat, windows, spare=spare)) > 0 or self._waiting:
                raise Busy("no room for news", retry_after_s=max(wait_s, 0.1))
            return windows
        self._waiting += 1
        try:
            async with self._turns[chat or 0]:
                while (wait_s := self._wait_s(chat, windows := self._windows(method))) > 0:
                    with self._pressed(windows):
                        await self._pause(wait_s, deadline)
                return windows
        finally:
            self._waiting -= 1
            self._forget(chat)

    def _note_news(self) -> None:
        now = self._clock.monotonic()
        if self._news.room(now):
            self._news.begin(1)
            self._news.end(1, now)

    @contextmanager
    def _pressed(self, windows: list[tuple[Window, int]]) -> Iterator[None]:
        """Hold back broadcasts while somebody waits for the overall rate."""
        now = self._clock.monotonic()
        presses = any(window is self._overall and window.wait_s(now, cost) > 0 for window, cost in windows)
        self._pressing += presses
        try:
            yield
        finally:
            self._pressing -= presses

    async def _pause(self, seconds: float, deadline: float) -> None:
        if self._clock.monotonic() + seconds > deadline:
            raise TemporarilyUnavailable("Telegram asks to wait", retry_after_s=seconds)
        await self._clock.sleep(seconds)

    def _wait_s(self, chat: int | None, windows: list[tuple[Window, int]], *, spare: int = 0) -> float:
        now = self._clock.monotonic()
        waits = [window.wait_s(now, cost, spare=spare if window is self._spoken else 0) for window, cost in windows]
        return max([self._closed_for(chat), *waits])

    def _closed_for(self, chat: int | None) -> float:
        now = self._clock.monotonic()
        return max(self._closed.get(None, now), self._closed.get(chat, now)) - now

    def _close(self, chat: int | None, seconds: float) -> None:
        now = self._clock.monotonic()
        self._closed = {key: until for key, until in self._closed.items() if until > now}
        others = [key for key in self._closed if key not in {None, chat}]
        until = max(self._closed.get(chat, 0), now + seconds)
        self._closed[chat] = until
        if others:
            self._closed[None] = max(self._closed.get(None, 0), until)
        log.warning("telegram.flood_wait", chat=chat, retry_after_s=seconds, whole_bot=None in self._closed)

    def _windows(self, method: TelegramMethod[TelegramType]) -> list[tuple[Window, int]]:
        name, chat = method.__api_method__, _chat_of(method)
        if name.startswith("editMessage"):
            return [(self._overall, 1), (self._spoken, 1), *([(self._window("edit", chat), 1)] if chat else [])]
        if name == "sendChatAction" or not name.startswith(("send", "copy", "forward")):
            return []
        items = len(getattr(method, "media", None) or getattr(method, "message_ids", None) or [1])
        window = self._window("send", chat or 0)
        # An album counts once in a private chat and item by item in a group.
        own = items if (chat or 0) < 0 else 1
        return [(self._overall, items), (self._spoken, items), (window, own)]

    def _window(self, kind: str, chat: int) -> Window:
        if (kind, chat) not in self._chats:
            interval_s = self._settings.chat_interval_s
            private = Window(_CHAT_BURST, _CHAT_BURST * interval_s)
            self._chats[kind, chat] = private if chat >= 0 else Window(self._settings.group_per_minute, _MINUTE_S)
        return self._chats[kind, chat]

    @contextmanager
    def _counted(self, windows: list[tuple[Window, int]]) -> Iterator[None]:
        for window, cost in windows:
            window.begin(cost)
        try:
            yield
        finally:
            now = self._clock.monotonic()
            for window, cost in windows:
                window.end(cost, now)

    def _forget(self, chat: int | None) -> None:
        lock = self._turns.get(chat or 0)
        if lock is not None and not lock.locked() and len(self._turns) > _MOST_WINDOWS:
            del self._turns[chat or 0]
        if len(self._chats) > _MOST_WINDOWS:
            now = self._clock.monotonic()
            self._chats = {
                key: window for key, window in self._chats.items() if window.wait_s(now, 0) or not window.is_empty
            }


def _chat_of(method: TelegramMethod[TelegramType]) -> int | None:
    chat = getattr(method, "chat_id", None)
    return chat if isinstance(chat, int) else None
