"""The one place that keeps Telegram's rates and honours its "retry after"."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
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

log = structlog.get_logger()

_CHAT_BURST = 3
"""core.telegram.org/bots/faq, "My bot is hitting limits": one message a second in a chat, short bursts pass."""
_RESERVE = 0.2
"""Share of the overall rate that news of progress leaves free for people who wait for an answer."""
_MINUTE_S = 60.0
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


@dataclass(slots=True)
class _Stamp:
    at: float | None = None
    """When the answer came; while the call is under way, it counts as now."""


class Window:
    """So many calls in so many seconds, counted from the answers, so that the server never sees them closer."""

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._stamps: deque[_Stamp] = deque()

    def wait_s(self, now: float, cost: int = 1, *, reserve: float = 0.0) -> float:
        """Return how long the next call has to wait."""
        while self._stamps and self._stamps[0].at is not None and self._stamps[0].at <= now - self._seconds:
            self._stamps.popleft()
        room = max(1, int(self._count * (1 - reserve)))
        over = len(self._stamps) + min(cost, room) - room
        if over <= 0:
            return 0.0
        at = self._stamps[over - 1].at
        return (now if at is None else at) + self._seconds - now

    def take(self, cost: int) -> list[_Stamp]:
        """Count calls that begin; their stamps are set when they end."""
        stamps = [_Stamp() for _ in range(cost)]
        self._stamps.extend(stamps)
        return stamps

    @property
    def is_empty(self) -> bool:
        """Whether nothing is counted."""
        return not self._stamps


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
        self._overall = Window(max(1, int(settings.messages_per_s)), 1.0)
        self._chats: dict[tuple[str, int], Window] = {}
        self._closed: dict[int | None, float] = {}
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting = 0

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
                with self._counted(windows):
                    return await self.bot(method, request_timeout=timeout_s)
            except TelegramRetryAfter as error:
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

    async def _turn(
        self, method: TelegramMethod[TelegramType], lane: Lane, deadline: float
    ) -> list[tuple[Window, int]]:
        chat = _chat_of(method)
        if lane is Lane.NEWS:
            windows = self._windows(method)
            if (wait_s := self._wait_s(chat, windows, reserve=_RESERVE)) > 0 or self._waiting:
                raise Busy("no room for news", retry_after_s=max(wait_s, 0.1))
            return windows
        self._waiting += 1
        try:
            async with self._turns[chat or 0]:
                while (wait_s := self._wait_s(chat, windows := self._windows(method))) > 0:
                    await self._pause(wait_s, deadline)
                return windows
        finally:
            self._waiting -= 1
            self._forget(chat)

    async def _pause(self, seconds: float, deadline: float) -> None:
        if self._clock.monotonic() + seconds > deadline:
            raise TemporarilyUnavailable("Telegram asks to wait", retry_after_s=seconds)
        await self._clock.sleep(seconds)

    def _wait_s(self, chat: int | None, windows: list[tuple[Window, int]], *, reserve: float = 0.0) -> float:
        now = self._clock.monotonic()
        waits = [
            window.wait_s(now, cost, reserve=reserve if window is self._overall else 0.0) for window, cost in windows
        ]
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
            return [(self._overall, 1), *([(self._window("edit", chat), 1)] if chat else [])]
        if name == "sendChatAction" or not name.startswith(("send", "copy", "forward")):
            return []
        items = len(getattr(method, "media", None) or getattr(method, "message_ids", None) or [1])
        window = self._window("send", chat or 0)
        # An album counts once in a private chat and item by item in a group.
        return [(self._overall, items), (window, items if (chat or 0) < 0 else 1)]

    def _window(self, kind: str, chat: int) -> Window:
        if (kind, chat) not in self._chats:
            interval_s = self._settings.chat_interval_s
            private = Window(_CHAT_BURST, _CHAT_BURST * interval_s)
            self._chats[kind, chat] = private if chat >= 0 else Window(self._settings.group_per_minute, _MINUTE_S)
        return self._chats[kind, chat]

    @contextmanager
    def _counted(self, windows: list[tuple[Window, int]]) -> Iterator[None]:
        stamps = [stamp for window, cost in windows for stamp in window.take(cost)]
        try:
            yield
        finally:
            for stamp in stamps:
                stamp.at = self._clock.monotonic()

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
