"""What Telegram keeps for us: receipts whose file ids can be sent again."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import delete, select

from fetchgram.model import Receipt
from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import cache
from fetchgram.storage.transaction import Transaction


class CacheStore:
    """The cache in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def get(self, bot_id: int, fingerprint: str, at: datetime) -> Receipt | None:
        """Return what was delivered for this recipe, unless it has expired; file ids hold for one bot only."""
        mine = (cache.c.bot_id == bot_id, cache.c.fingerprint == fingerprint)
        row = await self._tx.row(select(cache.c.receipt).where(*mine, cache.c.expires_at > at))
        return None if row is None else cast("Receipt", row["receipt"])

    async def put(self, bot_id: int, fingerprint: str, plugin: str, receipt: Receipt, expires_at: datetime) -> None:
        """Store a receipt in place of an earlier one."""
        new = {"plugin": plugin, "receipt": receipt, "stored_at": self._tx.now, "expires_at": expires_at}
        statement = insert_into(cache).values(bot_id=bot_id, fingerprint=fingerprint, **new)
        key = [cache.c.bot_id, cache.c.fingerprint]
        await self._tx.run(statement.on_conflict_do_update(index_elements=key, set_=new))

    async def drop(self, bot_id: int, fingerprint: str) -> None:
        """Forget a receipt, as when Telegram refuses its file id."""
        await self._tx.run(delete(cache).where(cache.c.bot_id == bot_id, cache.c.fingerprint == fingerprint))

    async def prune(self, at: datetime, limit: int) -> int:
        """Delete some of what has expired; returns how many."""
        return await self._tx.delete_some(cache, cache.c.expires_at <= at, limit=limit)

    async def purge(self, limit: int) -> int:
        """Delete some, whether they have expired or not; returns how many."""
        return await self._tx.delete_some(cache, limit=limit)
