"""Entries of lists that a person picks from: what of the list was seen so far, and what of it is picked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, delete, func, insert, select, update

from fetchgram.model import Entry
from fetchgram.storage.tables import entries
from fetchgram.storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEntry:
    """An entry at its place in the list, from 1."""

    position: int
    entry: Entry
    picked: bool = False


class EntryStore:
    """Entries in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def append(self, request_id: int, found: Sequence[Entry]) -> None:
        """Put a page of the list behind what was seen before."""
        seen = await self.count(request_id)
        rows = [
            {"request_id": request_id, "position": position, "entry": entry}
            for position, entry in enumerate(found, start=seen + 1)
        ]
        if rows:
            await self._tx.run(insert(entries), rows)

    async def count(self, request_id: int) -> int:
        """Count what was seen."""
        return await self._tx.integer(select(func.count()).where(entries.c.request_id == request_id))

    async def between(self, request_id: int, first: int, last: int) -> list[ListedEntry]:
        """Return the entries at these places, both included."""
        here = (entries.c.request_id == request_id, entries.c.position.between(first, last))
        rows = await self._tx.rows(select(entries).where(*here).order_by(entries.c.position))
        return [_listed(row) for row in rows]

    async def picked(self, request_id: int) -> list[ListedEntry]:
        """Return what is picked, in the order of the list."""
        here = (entries.c.request_id == request_id, entries.c.picked)
        return [_listed(row) for row in await self._tx.rows(select(entries).where(*here).order_by(entries.c.position))]

    async def positions(self, request_id: int) -> list[int]:
        """Return the places of what is picked, in the order of the list."""
        here = (entries.c.request_id == request_id, entries.c.picked)
        rows = await self._tx.rows(select(entries.c.position).where(*here).order_by(entries.c.position))
        return [row["position"] for row in rows]

    async def tick(self, request_id: int, position: int, *, picked: bool) -> None:
        """Pick an entry, or no longer."""
        here = (entries.c.request_id == request_id, entries.c.position == position)
        await self._tx.run(update(entries).where(*here).values(picked=picked))

    async def pick(self, request_id: int, positions: Collection[int]) -> None:
        """Pick these and nothing else."""
        here = update(entries).where(entries.c.request_id == request_id)
        await self._tx.run(here.where(entries.c.picked).values(picked=False))
        await self._tx.run(here.where(entries.c.position.in_(positions)).values(picked=True))

    async def clear(self, request_id: int) -> None:
        """Forget the list."""
        await self._tx.run(delete(entries).where(entries.c.request_id == request_id))


def _listed(row: RowMapping) -> ListedEntry:
    return ListedEntry(position=row["position"], entry=row["entry"], picked=row["picked"])
