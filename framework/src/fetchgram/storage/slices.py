"""Slices of a bot's send budget: what each of its processes may use, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select

from fetchgram.storage.broadcast_tables import slices
from fetchgram.storage.database import insert_into
from fetchgram.storage.transaction import Transaction

_LOCK = 0x73_6C_69_63
"""Advisory lock of whoever divides a budget: "slic"."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Messages a second that a process has, and how many it could use."""

    holder: str
    per_s: int
    wanted: int


class SliceStore:
    """Slices in one transaction.

    Args:
        transaction: The transaction.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def of(self, bot_id: int, besides: str) -> Sequence[Slice]:
        """Return the slices of the other processes that live; nobody else changes any before this transaction ends."""
        if self._tx.is_shared:
            await self._tx.execute(select(func.pg_advisory_xact_lock(_LOCK, bot_id % 2**31)))
        await self._tx.run(delete(slices).where(slices.c.bot_id == bot_id, slices.c.until <= self._tx.now))
        rows = await self._tx.rows(select(slices).where(slices.c.bot_id == bot_id, slices.c.holder != besides))
        return [Slice(row["holder"], row["per_s"], row["wanted"]) for row in rows]

    async def put(self, bot_id: int, own: Slice, lease_s: float) -> None:
        """Hold a slice for so long."""
        new = {"per_s": own.per_s, "wanted": own.wanted, "until": self._tx.now + timedelta(seconds=lease_s)}
        statement = insert_into(slices).values(bot_id=bot_id, holder=own.holder, **new)
        key = [slices.c.bot_id, slices.c.holder]
        await self._tx.run(statement.on_conflict_do_update(index_elements=key, set_=new))

    async def drop(self, bot_id: int, holder: str) -> None:
        """Give a slice back."""
        await self._tx.run(delete(slices).where(slices.c.bot_id == bot_id, slices.c.holder == holder))
