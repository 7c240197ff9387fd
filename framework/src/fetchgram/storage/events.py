"""What happened, written in the transition's own transaction, and how far each observer has read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select

from fetchgram.model import Event
from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import event_cursors, events
from fetchgram.storage.transaction import Transaction

# Built once: it stands beside every transition, and building it costs as much as executing it.
_ADD = insert(events).returning(events.c.id)


class EventStore:
    """Events in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, event: Event) -> int:
        """Record an event beside the change that it tells of; returns its number."""
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
        return await self._tx.integer(_ADD, row)

    async def after(self, last_id: int, limit: int) -> list[Event]:
        """Return what happened after this number, in order."""
        statement = select(events).where(events.c.id > last_id).order_by(events.c.id).limit(limit)
        return [_event(row) for row in await self._tx.rows(statement)]

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

    async def prune(self, before: datetime) -> int:
        """Delete what happened before this; returns how many."""
        return await self._tx.run(delete(events).where(events.c.at < before))


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
