"""What Telegram's rates leave room for: the windows of a bot and of its chats, and which of them are closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import structlog
from aiogram.methods import TelegramMethod

from fetchgram.ports import Clock
from fetchgram.settings import DeliverySettings
from fetchgram.telegram.windows import Window

log = structlog.get_logger()

_CHAT_BURST = 3
"""core.telegram.org/bots/faq, "My bot is hitting limits": one message a second in a chat, short bursts pass."""
_RESERVE = 0.2
"""Share of the overall rate that news of progress leaves free for people who wait for an answer."""
_TALK, _TALK_S = 3, 5.0
"""Who got an answer is likely to want another: broadcasts leave as many places as there were answers lately, these at
the most, so that the next one waits for none. Where nobody talks they leave none."""
_MINUTE_S = 60.0
_FEW_WINDOWS = 5_000

Costs: TypeAlias = Sequence[tuple[Window, int]]
"""What a call counts for, in which windows."""


class Rates:
    """The rates of one bot, as its server counts them.

    Args:
        settings: The rates.
        clock: Time.

    Attributes:
        overall: Messages a second.
        spoken: The same without broadcasts.
        paid: What is paid for, beside it.
    """

    def __init__(self, settings: DeliverySettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        per_s = max(1, int(settings.messages_per_s))
        self.overall = Window(per_s, 1.0)
        self.spoken = Window(per_s, 1.0)
        self.paid = Window(max(1, int(settings.paid_messages_per_s) - per_s), 1.0)
        self._news = Window(max(1, int(per_s * _RESERVE)), 1.0)
        """News that came for a place: broadcasts leave so many."""
        self._talk = Window(_TALK, _TALK_S)
        self._chats: dict[tuple[str, int], Window] = {}
        self._most_chats = _FEW_WINDOWS
        self._closed: dict[int | None, float] = {}

    def share(self, per_s: int) -> None:
        """Take another part of the overall rate; holds at once, 0 is nothing."""
        self.overall.count = self.spoken.count = per_s
        self._news.count = max(1, int(per_s * _RESERVE))

    def of(self, method: TelegramMethod[Any]) -> list[tuple[Window, int]]:
        """Return what a call counts for."""
        name, chat = method.__api_method__, chat_of(method)
        if name.startswith("editMessage"):
            return [(self.overall, 1), (self.spoken, 1), *([(self._window("edit", chat), 1)] if chat else [])]
        if name == "sendChatAction" or not name.startswith(("send", "copy", "forward")):
            return []
        items = len(getattr(method, "media", None) or getattr(method, "message_ids", None) or [1])
        # An album counts once in a private chat and item by item in a group.
        own = items if (chat or 0) < 0 else 1
        return [(self.overall, items), (self.spoken, items), (self._window("send", chat or 0), own)]

    def of_chat(self, method: TelegramMethod[Any]) -> Costs:
        """Return what a call counts for in its chat alone."""
        return [(window, cost) for window, cost in self.of(method) if window not in {self.overall, self.spoken}]

    def wait_s(self, chat: int | None, costs: Costs, *, is_news: bool = False) -> float:
        """Return how long a call has to wait; news leaves room for people."""
        now = self._clock.monotonic()
        spare = int(self.spoken.count * _RESERVE) if is_news else 0
        waits = [window.wait_s(now, cost, spare=spare if window is self.spoken else 0) for window, cost in costs]
        return max([self.closed_for(chat), *waits])

    def presses(self, costs: Costs) -> bool:
        """Whether a call waits for the overall rate."""
        now = self._clock.monotonic()
        return any(window is self.overall and window.wait_s(now, cost) > 0 for window, cost in costs)

    def note_news(self) -> None:
        """Remember that news came for a place."""
        self._note(self._news)

    def note_talk(self, costs: Costs) -> None:
        """Remember that somebody is answered."""
        if costs:
            self._note(self._talk)

    def spare(self, window: Window) -> int:
        """Return how many places broadcasts leave for news and people."""
        if window is not self.overall:
            return 0
        now = self._clock.monotonic()
        return sum(each.count - each.room(now) for each in (self._news, self._talk))

    def is_free(self, chat: int) -> bool:
        """Whether a message could go into a private chat now, as far as the chat is concerned."""
        window = self._chats.get(("send", chat))
        return not (window and window.wait_s(self._clock.monotonic())) and not self.closed_for(chat)

    def closed_for(self, chat: int | None) -> float:
        """Return for how long a chat is closed, or everything."""
        now = self._clock.monotonic()
        return max(self._closed.get(None, now), self._closed.get(chat, now)) - now

    def close(self, chat: int | None, seconds: float) -> None:
        """Close the chat that a 429 was about, or everything.

        When a second chat is refused meanwhile, the whole bot is meant (gramio.dev/rate-limits).
        """
        now = self._clock.monotonic()
        self._closed = {key: until for key, until in self._closed.items() if until > now}
        others = [key for key in self._closed if key not in {None, chat}]
        until = max(self._closed.get(chat, 0), now + seconds)
        self._closed[chat] = until
        if others:
            self._closed[None] = max(self._closed.get(None, 0), until)
        log.warning("telegram.flood_wait", chat=chat, retry_after_s=seconds, whole_bot=None in self._closed)

    @contextmanager
    def counted(self, costs: Costs) -> Iterator[None]:
        """Count a call while it is under way, and from its answer on."""
        for window, cost in costs:
            window.begin(cost)
        try:
            yield
        finally:
            now = self._clock.monotonic()
            for window, cost in costs:
                window.end(cost, now)

    def tidy(self) -> None:
        """Forget chats in which nothing counts any more, when there are twice as many as those that did last time."""
        if len(self._chats) <= self._most_chats:
            return
        now = self._clock.monotonic()
        self._chats = {
            key: window for key, window in self._chats.items() if window.wait_s(now, 0) or not window.is_empty
        }
        self._most_chats = max(_FEW_WINDOWS, 2 * len(self._chats))

    def _note(self, window: Window) -> None:
        now = self._clock.monotonic()
        if window.room(now):
            window.begin(1)
            window.end(1, now)

    def _window(self, kind: str, chat: int) -> Window:
        if (kind, chat) not in self._chats:
            interval_s = self._settings.chat_interval_s
            private = Window(_CHAT_BURST, _CHAT_BURST * interval_s)
            self._chats[kind, chat] = private if chat >= 0 else Window(self._settings.group_per_minute, _MINUTE_S)
        return self._chats[kind, chat]


def chat_of(method: TelegramMethod[Any]) -> int | None:
    """Return the chat that a call is about."""
    chat = getattr(method, "chat_id", None)
    return chat if isinstance(chat, int) else None
