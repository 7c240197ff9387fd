"""Updates from Telegram: stored before they are confirmed, kept until they are handled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.sql.elements import ColumnElement

from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import PENDING, inbox
from fetchgram.storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUpdate:
    """An update that waits.

    Args:
        bot_id: Whose it is.
        update_id: Telegram's number.
        payload: As it came, JSON.
        attempts: How often somebody began to handle it.
    """

    bot_id: int
    update_id: int
    payload: str
    attempts: int


class InboxStore:
    """The inbox in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, bot_id: int, update_id: int, payload: str) -> bool:
        """Store an update; `False` when it was there, handled or not."""
        return await self.add_many(bot_id, [(update_id, payload)]) == 1

    async def add_many(self, bot_id: int, updates: Sequence[tuple[int, str]]) -> int:
        """Store the updates of one answer; returns how many were new."""
        if not updates:
            return 0
        rows = [
            {
                "bot_id": bot_id,
                "update_id": update_id,
                "payload": payload,
                "state": "pending",
                "received_at": self._tx.now,
            }
            for update_id, payload in updates
        ]
        # One short statement for all rows: a long one with all values costs four times the CPU, building it anew.
        return await self._tx.run(insert_into(inbox).on_conflict_do_nothing(), rows)

    async def pending(self, bot_id: int, limit: int) -> list[StoredUpdate]:
        """Return updates that are not handled, oldest number first."""
        columns = (inbox.c.bot_id, inbox.c.update_id, inbox.c.payload, inbox.c.attempts)
        statement = select(*columns).where(PENDING, inbox.c.bot_id == bot_id).order_by(inbox.c.update_id).limit(limit)
        return [StoredUpdate(**row) for row in await self._tx.rows(statement)]

    async def begin(self, bot_id: int, update_id: int) -> int:
        """Count an attempt before it is made, so that one that kills the process is counted; returns the count."""
        statement = (
            update(inbox)
            .where(_is(bot_id, update_id))
            .values(attempts=inbox.c.attempts + 1)
            .returning(inbox.c.attempts)
        )
        return await self._tx.integer(statement)

    async def handled(self, bot_id: int, update_id: int) -> None:
        """Mark as done; what the person wrote is not kept."""
        await self.handled_many(bot_id, [update_id])

    async def begin_many(self, bot_id: int, update_ids: Collection[int]) -> None:
        """Count an attempt of each, in one statement."""
        await self._tx.run(update(inbox).where(_among(bot_id, update_ids)).values(attempts=inbox.c.attempts + 1))

    async def handled_many(self, bot_id: int, update_ids: Collection[int]) -> None:
        """Mark all as done, in one statement."""
        await self._tx.run(update(inbox).where(_among(bot_id, update_ids)).values(state="handled", payload=""))

    async def failed(self, bot_id: int, update_id: int, reason: str) -> None:
        """Give up; the payload stays for whoever looks into it, until `prune`."""
        await self._tx.run(update(inbox).where(_is(bot_id, update_id)).values(state="failed", reason=reason))

    async def last_update_id(self, bot_id: int) -> int | None:
        """Return the number of the update that came last.

        Not the highest: after a quiet week Telegram goes on at a random number (core.telegram.org/bots/api#update).
        """
        latest = (inbox.c.received_at.desc(), inbox.c.update_id.desc())
        statement = select(inbox.c.update_id).where(inbox.c.bot_id == bot_id).order_by(*latest).limit(1)
        row = await self._tx.row(statement)
        return None if row is None else int(row["update_id"])

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete some of the handled and failed updates that came before this; returns how many."""
        return await self._tx.delete_some(inbox, inbox.c.received_at < before, inbox.c.state != "pending", limit=limit)


def _is(bot_id: int, update_id: int) -> ColumnElement[bool]:
    return (inbox.c.bot_id == bot_id) & (inbox.c.update_id == update_id)


def _among(bot_id: int, update_ids: Collection[int]) -> ColumnElement[bool]:
    return (inbox.c.bot_id == bot_id) & inbox.c.update_id.in_(update_ids)
