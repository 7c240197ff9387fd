"""What buttons carry and which answers are awaited: a button holds a short token, the rest rests here."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import RowMapping, delete, insert, select

from fetchgram.model import Json
from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import asks, menus
from fetchgram.storage.transaction import Transaction

_ALPHABET = string.ascii_letters + string.digits + "-_"
_TOKEN_LENGTH = 10
"""60 random bits, and room in the 64 bytes of callback data for the number of the button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuButton:
    """What one button does."""

    plugin: str
    action: str
    args: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The buttons of one message; only `owner` may press them."""

    token: str
    bot_id: int
    chat: int
    owner: int
    buttons: tuple[MenuButton, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAsk:
    """What the next message of a person answers; `kind` is what they were asked for (`text`, `file`, `message`)."""

    kind: str
    plugin: str
    action: str
    args: Mapping[str, Json]
    expires_at: datetime


class MenuStore:
    """Menus and asks in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, bot_id: int, owner: int, buttons: Sequence[MenuButton], expires_at: datetime, chat: int) -> str:
        """Store the buttons of a message and return the token that they carry."""
        token = "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))
        carried = [{"plugin": b.plugin, "action": b.action, "args": dict(b.args)} for b in buttons]
        row = {"bot_id": bot_id, "chat": chat, "owner": owner, "buttons": carried, "expires_at": expires_at}
        await self._tx.run(insert(menus).values(token=token, **row))
        return token

    async def get(self, token: str, at: datetime) -> Menu | None:
        """Return the buttons, unless they have expired."""
        row = await self._tx.row(select(menus).where(menus.c.token == token, menus.c.expires_at > at))
        return None if row is None else _menu(row)

    async def ask(  # noqa: PLR0913  # who is asked where, and where the answer goes
        self,
        bot_id: int,
        chat: int,
        person: int,
        plugin: str,
        action: str,
        args: Mapping[str, Json],
        expires_at: datetime,
        *,
        kind: str = "text",
    ) -> None:
        """Await an answer, in place of an earlier question to this person in this chat."""
        new = {"kind": kind, "plugin": plugin, "action": action, "args": dict(args), "expires_at": expires_at}
        statement = insert_into(asks).values(bot_id=bot_id, chat=chat, person=person, **new)
        key = [asks.c.bot_id, asks.c.chat, asks.c.person]
        await self._tx.run(statement.on_conflict_do_update(index_elements=key, set_=new))

    async def open_ask(self, bot_id: int, chat: int, person: int, at: datetime) -> PendingAsk | None:
        """Return the open question and leave it open."""
        mine = (asks.c.bot_id == bot_id, asks.c.chat == chat, asks.c.person == person)
        row = await self._tx.row(select(asks).where(*mine, asks.c.expires_at > at))
        return None if row is None else _ask(row)

    async def take_ask(self, bot_id: int, chat: int, person: int, at: datetime) -> PendingAsk | None:
        """Return the open question and close it: only one message answers."""
        mine = (asks.c.bot_id == bot_id, asks.c.chat == chat, asks.c.person == person)
        row = await self._tx.row(delete(asks).where(*mine, asks.c.expires_at > at).returning(asks))
        return None if row is None else _ask(row)

    async def prune(self, at: datetime, limit: int) -> int:
        """Delete some of what has expired; returns how many."""
        menus_gone = await self._tx.delete_some(menus, menus.c.expires_at <= at, limit=limit)
        return menus_gone + await self._tx.delete_some(asks, asks.c.expires_at <= at, limit=limit - menus_gone)


def _menu(row: RowMapping) -> Menu:
    return Menu(
        token=row["token"],
        bot_id=row["bot_id"],
        chat=row["chat"],
        owner=row["owner"],
        buttons=tuple(MenuButton(**cast("dict[str, str]", button)) for button in row["buttons"]),  # type: ignore[arg-type]  # `args` is a mapping
        expires_at=row["expires_at"],
    )


def _ask(row: RowMapping) -> PendingAsk:
    return PendingAsk(
        kind=row["kind"],
        plugin=row["plugin"],
        action=row["action"],
        args=row["args"],
        expires_at=row["expires_at"],
    )
