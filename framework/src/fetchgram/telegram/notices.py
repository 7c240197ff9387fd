"""What admins are told unasked: a plugin that is paused or back, and whatever plugins have to say to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import structlog
from aiogram.exceptions import AiogramError

from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.model import Media, Role, Text, text
from fetchgram.plugins.status import PluginState
from fetchgram.storage import Storage
from fetchgram.telegram.account import Account
from fetchgram.telegram.appearance import appear
from fetchgram.telegram.failures import describe
from fetchgram.texts import Texts

log = structlog.get_logger()

_MOST_WAITING = 100
_LOCALE = "en"


def _everybody(_: int) -> bool:
    return True


class _Notice(NamedTuple):
    """What is told, and whether to an admin."""

    text: Text
    media: Media | None
    only: Callable[[int], bool]


class Notices:
    """Tells owners and admins; made before the plugins, since they get it, and run when the bots work.

    Args:
        accounts: The bots; the first one speaks.
        owners: Who hears it in any case, in their private chats; so do those who were appointed admins.
    """

    def __init__(self, accounts: Mapping[int, Account], owners: Collection[int]) -> None:
        self._account = next(iter(accounts.values()))
        self._owners = tuple(owners)
        self._waiting: asyncio.Queue[_Notice] = asyncio.Queue(_MOST_WAITING)
        self._last: dict[str, Text] = {}

    async def __call__(
        self,
        text: Text,
        *,
        once_key: str | None = None,
        media: Media | None = None,
        only: Callable[[int], bool] | None = None,
    ) -> None:
        """Tell the admins, or some of them; with `once_key` only what was not the last thing told under that key."""
        self.post(text, once_key=once_key, media=media, only=only)

    def post(
        self,
        notice: Text,
        *,
        once_key: str | None = None,
        media: Media | None = None,
        only: Callable[[int], bool] | None = None,
    ) -> None:
        """Put a notice in line, without waiting; when the line is full it is in the log only."""
        if once_key is not None:
            if self._last.get(once_key) == notice:
                return
            self._last[once_key] = notice
        try:
            self._waiting.put_nowait(_Notice(notice, media, only or _everybody))
        except asyncio.QueueFull:
            log.warning("notice.dropped", key=notice.key)

    def plugin_changed(self, plugin: str, state: PluginState, error: str | None) -> None:
        """Tell that a plugin is paused, or back."""
        if state is PluginState.PAUSED:
            self.post(text("telegram-plugin-paused", plugin=plugin, error=error or ""), once_key=f"plugin:{plugin}")
        else:
            self.post(text("telegram-plugin-back", plugin=plugin), once_key=f"plugin:{plugin}")

    async def run(self, texts: Texts, storage: Storage) -> None:
        """Send until cancelled."""
        while True:
            notice = await self._waiting.get()
            rich = texts.render_rich(notice.text, _LOCALE)
            for admin in filter(notice.only, await self._admins(storage)):
                try:
                    await self._account.line(appear({"chat_id": admin}, rich, notice.media))
                except AiogramError as error:
                    log.warning("notice.not_sent", admin=admin, error=describe(error))
                except (TemporarilyUnavailable, OSError) as error:  # a picture that is gone meanwhile, too
                    log.warning("notice.not_sent", admin=admin, error=str(error))

    async def _admins(self, storage: Storage) -> Sequence[int]:
        """Return who hears it; while the database is away, which may be the news, the owners."""
        try:
            async with storage.read() as session:
                appointed = await session.people.with_role(self._account.bot_id, Role.ADMIN, Role.OWNER)
                there = [row.person.id for row in appointed if not row.is_banned(session.now)]
        except (TemporarilyUnavailable, DiskFull):
            there = []
        return [*dict.fromkeys([*self._owners, *there])]
