"""What happened, written in the transition's own transaction, and how far each observer has read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, insert, literal_column, select, tuple_

from fetchgram.model import Event
from fetchgram.model.happenings import checked
from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import event_cursors, events
from fetchgram.storage.transaction import Transaction

_ALL = 2**63 - 1
"""Nobody reads: no event is waited for."""

# Built once: it stands beside every transition, and building it costs as much as executing it.
_ADD = insert(events)
_ADD_SHARED = insert(events).values(tx=literal_column("pg_current_xact_id()::text::bigint"))
_FINISHED = events.c.tx < literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
"""Written by a transaction from before the oldest one that is still open: nothing can come in front of it any more."""


class EventStore:
    """Events in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, event: Event) -> None:
        """Record an event beside the change that it tells of, in the order in which they are added.

        Raises:
            ValueError: If it is none of `model.happenings`.
        """
        checked(event)
        row = {
            "name": event.name,
            "at": event.at,
            "bot_id": event.bot_id,
            "person": event.person,
            "request_id": event.request_id,
            "job_id": event.job_id,
            "plugin": event.plugin,
            "data": dict(event.data),
        }
        if not self._tx.note(_ADD, row):
            await self._tx.execute(_ADD_SHARED, row)

    async def after(self, last_id: int, limit: int) -> list[Event]:
        """Return what happened after the event of this number, in an order to which nothing is added in the middle.

        Where transactions run side by side, a lower number may be committed after a higher one, and whoever
        remembers the last number would never see it. There the order is that of the transactions, and what might
        still change is left for the next time.
        """
        statement = _after_shared(last_id) if self._tx.is_shared else _after(last_id)
        return [_event(row) for row in await self._tx.rows(statement.limit(limit))]

    async def of_job(self, job_id: int, name: str) -> list[Event]:
        """Return what of this name happened to a job; reads all that is kept, so only after something rare."""
        statement = select(events).where(events.c.job_id == job_id, events.c.name == name).order_by(events.c.id)
        return [_event(row) for row in await self._tx.rows(statement)]

    async def cursor(self, plugin: str) -> int:
        """Return the number of the last event that this plugin has seen, 0 for none."""
        return await self._tx.integer(select(event_cursors.c.event_id).where(event_cursors.c.plugin == plugin))

    async def set_cursor(self, plugin: str, event_id: int) -> None:
        """Remember how far this plugin has read."""
        statement = insert_into(event_cursors).values(plugin=plugin, event_id=event_id)
        update = {"event_id": statement.excluded.event_id}
        await self._tx.run(statement.on_conflict_do_update(index_elements=[event_cursors.c.plugin], set_=update))

    async def seen_by_all(self, observers: Collection[str]) -> int:
        """Return the number up to which everybody has read: these observers, and all who ever noted their place."""
        rows = await self._tx.rows(select(event_cursors.c.plugin, event_cursors.c.event_id))
        cursors = dict.fromkeys(observers, 0) | {row["plugin"]: row["event_id"] for row in rows}
        return min(cursors.values(), default=_ALL)

    async def prune(self, before: datetime, limit: int, *, up_to: int | None = None) -> int:
        """Delete some of what happened before this, and before `up_to`; returns how many.

        The event that an observer saw last stays: it says where that observer goes on.
        """
        read = [] if up_to is None else [events.c.id < up_to]
        return await self._tx.delete_some(events, events.c.at < before, *read, limit=limit)


def _after(last_id: int) -> Select[Any]:
    return select(events).where(events.c.id > last_id).order_by(events.c.id)


def _after_shared(last_id: int) -> Select[Any]:
    # When the row is gone, so is everything before it.
    seen = func.coalesce(select(events.c.tx).where(events.c.id == last_id).scalar_subquery(), 0)
    later = tuple_(events.c.tx, events.c.id) > tuple_(seen, last_id)
    return select(events).where(_FINISHED, later).order_by(events.c.tx, events.c.id)


def _event(row: RowMapping) -> Event:
    return Event(
        id=row["id"],
        name=row["name"],
        at=row["at"],
        bot_id=row["bot_id"],
        person=row["person"],
        request_id=row["request_id"],
        job_id=row["job_id"],
        plugin=row["plugin"],
        data=row["data"],
    )
