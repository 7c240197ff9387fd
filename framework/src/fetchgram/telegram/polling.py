"""Long polling that stores each update before Telegram hears that we have it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from aiogram.exceptions import (
    AiogramError,
    TelegramConflictError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.telegram.client import wrong_token
from fetchgram.telegram.failures import describe
from fetchgram.telegram.flood import Line

log = structlog.get_logger()

_POLL_S = 30
_BATCH = 100
_BACKOFF_MAX_S = 30.0
KINDS = ["message", "edited_message", "callback_query", "my_chat_member"]


class RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates, left as it came: what this version does not know is stored all the same."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int = _BATCH
    timeout: int = _POLL_S
    allowed_updates: list[str] = KINDS


class Polling:
    """Fetches updates of one bot: all of a batch in one transaction, and only then the next poll confirms them.

    aiogram's own loop confirms first and handles later, so that a crash loses what was between.

    Args:
        name: Of the bot, for errors.
        line: The way to Telegram.
        storage: Where updates rest.
        clock: Time.
        on_news: Called after each stored batch.
    """

    def __init__(self, *, name: str, line: Line, storage: Storage, clock: Clock, on_news: Callable[[], None]) -> None:
        self._name = name
        self._line = line
        self._storage = storage
        self._clock = clock
        self._on_news = on_news
        self._failures = 0

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            ConfigError: If the token is refused.
        """
        # No stored offset: after a quiet week update ids begin anew (core.telegram.org/bots/api#update), and an old
        # offset above them would confirm what was never read. What is sent twice is stored once.
        offset: int | None = None
        while True:
            updates = await self._poll(offset)
            if updates:
                await self._store(updates)
                self._on_news()
            offset = max(int(update["update_id"]) for update in updates) + 1 if updates else None

    async def _poll(self, offset: int | None) -> Sequence[dict[str, Any]]:
        try:
            updates = await self._line(RawUpdates(offset=offset), timeout_s=_POLL_S + 15)
        except (TelegramUnauthorizedError, TelegramNotFound) as error:
            # A token of no bot answers 401, one of a wrong shape 404.
            raise wrong_token(self._name) from error
        except TelegramConflictError as error:
            await self._back_off(
                "inbox.another_poller", error, hint="another process polls with the same token: stop it"
            )
        except (AiogramError, TemporarilyUnavailable) as error:
            await self._back_off("inbox.poll_failed", error)
        else:
            self._failures = 0
            return updates
        return ()

    async def _back_off(self, event: str, error: Exception, **more: str) -> None:
        self._failures += 1
        told = describe(error) if isinstance(error, AiogramError) else str(error)
        wait_s = min(_BACKOFF_MAX_S, 0.5 * 2 ** min(self._failures, 10))
        level = log.info if isinstance(error, TelegramNetworkError) and self._failures == 1 else log.warning
        level(event, bot=self._name, error=told, wait_s=wait_s, **more)
        await self._clock.sleep(wait_s)

    async def _store(self, updates: Sequence[dict[str, Any]]) -> None:
        rows = [(int(update["update_id"]), json.dumps(update, ensure_ascii=False)) for update in updates]
        while True:
            try:
                async with self._storage.write() as session:
                    new = await session.inbox.add_many(self._line.bot.id, rows)
            except Exception as error:  # a full disk or a locked database must not lose the batch
                log.error("inbox.store_failed", bot=self._name, error=repr(error), exc_info=error)
                self._failures += 1
                await self._clock.sleep(min(_BACKOFF_MAX_S, 0.5 * 2 ** min(self._failures, 10)))
            else:
                if new < len(rows):
                    log.info("inbox.repeated", bot=self._name, count=len(rows) - new)
                return
