"""Who is let in: the door of each bot, and the codes that open it."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, delete, insert, select, update

from fetchgram.model import Json, decode, encode
from fetchgram.model.access import Door, Invite
from fetchgram.storage.columns import Instant
from fetchgram.storage.overrides import OverrideStore
from fetchgram.storage.tables import metadata, overrides
from fetchgram.storage.transaction import Transaction

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 20
"""119 random bits; a deep link takes 64 characters (core.telegram.org/bots/features#deep-linking)."""
_MOST = 20

invites = Table(
    "invites",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("bot_id", BigInteger, nullable=False),
    Column("left", Integer, nullable=False),
    Column("until", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("ix_invites_bot", "bot_id", "made_at"),
)


class AccessStore:
    """Doors and invitations in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def door(self, bot_id: int) -> Door:
        """Return who is let in."""
        row = await self._tx.row(select(overrides.c.value).where(overrides.c.key == _key(bot_id)))
        return Door() if row is None else decode(Door, cast("Mapping[str, Json]", row["value"]))

    async def set_door(self, bot_id: int, door: Door) -> None:
        """Say who is let in from now on."""
        await OverrideStore(self._tx).set(_key(bot_id), encode(door))

    async def invite(self, bot_id: int, people: int, until: datetime, made_by: str) -> Invite:
        """Make a code for so many people."""
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        values = {"code": code, "left": people, "until": until, "made_by": made_by}
        await self._tx.run(insert(invites).values(bot_id=bot_id, made_at=self._tx.now, **values))
        return Invite(code=code, left=people, until=until, made_by=made_by)

    async def invites(self, bot_id: int) -> list[Invite]:
        """Return the codes that still let somebody in, the newest first."""
        columns = (invites.c.code, invites.c.left, invites.c.until, invites.c.made_by)
        open_ = (invites.c.bot_id == bot_id, invites.c.left > 0, invites.c.until > self._tx.now)
        statement = select(*columns).where(*open_).order_by(invites.c.made_at.desc()).limit(_MOST)
        return [Invite(**row) for row in await self._tx.rows(statement)]

    async def redeem(self, bot_id: int, code: str) -> bool:
        """Let one person in by a code; false when it lets nobody in."""
        open_ = (invites.c.bot_id == bot_id, invites.c.left > 0, invites.c.until > self._tx.now)
        used = update(invites).where(invites.c.code == code, *open_).values(left=invites.c.left - 1)
        return await self._tx.run(used) == 1

    async def revoke(self, bot_id: int, code: str) -> bool:
        """Take a code back; false when there was none."""
        return await self._tx.run(delete(invites).where(invites.c.bot_id == bot_id, invites.c.code == code)) == 1


def _key(bot_id: int) -> str:
    return f"access.{bot_id}"
