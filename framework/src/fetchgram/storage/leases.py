"""Leases: what only one process may do, until it has been silent for too long."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select

from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import leases
from fetchgram.storage.transaction import Transaction


class LeaseStore:
    """Leases in one transaction; those of jobs are in their own rows."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def take(self, name: str, holder: str, lease_s: float) -> bool:
        """Take a lease that nobody holds, or hold one's own for longer; `False` when it is somebody else's."""
        new = {"holder": holder, "until": self._tx.now + timedelta(seconds=lease_s)}
        free = or_(leases.c.until <= self._tx.now, leases.c.holder == holder)
        statement = insert_into(leases).values(name=name, **new)
        taken = statement.on_conflict_do_update(index_elements=[leases.c.name], set_=new, where=free)
        return await self._tx.run(taken) == 1

    async def drop(self, name: str, holder: str) -> None:
        """Give a lease back, if it is still one's own."""
        await self._tx.run(delete(leases).where(leases.c.name == name, leases.c.holder == holder))

    async def drop_all(self, holders: str) -> int:
        """Give back what those hold whose names begin like this, since they are dead; returns how many leases."""
        return await self._tx.run(delete(leases).where(leases.c.holder.startswith(holders, autoescape=True)))

    async def holder(self, name: str) -> str | None:
        """Return who holds a lease now, `None` when nobody does."""
        row = await self._tx.row(select(leases.c.holder).where(leases.c.name == name, leases.c.until > self._tx.now))
        return None if row is None else str(row["holder"])
