"""Screens that are kept up to date: which messages they are on, so that a restart goes on with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from fetchgram.model import Json
from fetchgram.storage.database import insert_into
from fetchgram.storage.live_tables import live_screens
from fetchgram.storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveScreen:
    """A message that shows again what an action returns; `person` pressed for it, `args` came with it."""

    bot_id: int
    chat: int
    message_id: int
    person: int
    plugin: str
    action: str
    args: Mapping[str, Json]
    until: datetime


class LiveStore:
    """Live screens in one transaction.

    Args:
        transaction: The transaction.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def put(self, screen: LiveScreen) -> None:
        """Keep a message up to date, in place of what it showed before."""
        new = {"person": screen.person, "plugin": screen.plugin, "action": screen.action}
        new |= {"args": dict(screen.args), "until": screen.until}
        key = {"bot_id": screen.bot_id, "chat": screen.chat, "message_id": screen.message_id}
        statement = insert_into(live_screens).values(**key, **new)
        columns = [live_screens.c[name] for name in key]
        await self._tx.run(statement.on_conflict_do_update(index_elements=columns, set_=new))

    async def drop(self, bot_id: int, chat: int, message_id: int) -> None:
        """Leave a message as it is."""
        mine = (live_screens.c.bot_id == bot_id, live_screens.c.chat == chat)
        await self._tx.run(delete(live_screens).where(*mine, live_screens.c.message_id == message_id))

    async def of(self, bot_id: int) -> list[LiveScreen]:
        """Return those of a bot that have not expired; the others are forgotten."""
        await self._tx.run(delete(live_screens).where(live_screens.c.until <= self._tx.now))
        rows = await self._tx.rows(select(live_screens).where(live_screens.c.bot_id == bot_id))
        return [LiveScreen(**row) for row in rows]
