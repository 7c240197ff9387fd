"""How long things are kept: old rows go, a few at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.sql.elements import ColumnElement

from fetchgram.api import PluginDatabase
from fetchgram_analytics.dates import Place
from fetchgram_analytics.recording import marks_of
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.tables import active, events, hours, marks

_AT_ONCE = 2000
_EPOCH_MS = 1000


class Keeping:
    """Removes what is old.

    Args:
        database: Has it.
        settings: How long.
        place: Whose days.
    """

    def __init__(self, database: PluginDatabase, settings: Settings, place: Place) -> None:
        self._database = database
        self._settings = settings
        self._place = place

    async def clean_up(self, now: datetime) -> None:
        """Remove events, hours and people's days that are older than the settings say; days and months stay."""
        kept = self._settings
        old_ms = round((now - timedelta(days=kept.keep_events_days)).timestamp() * _EPOCH_MS)
        async with self._database.write() as transaction:
            # From now on an event that is older cannot be told from one that was counted before, and is left out.
            late = update(marks).where(marks.c.name == "too_late_ms", marks.c.value < old_ms).values(value=old_ms)
            await transaction.execute(late)
            summed = (await marks_of(transaction))["summed"]
        await self._remove(events, events.c.at_ms < old_ms, events.c.seq <= summed)
        hour = int((now - timedelta(days=kept.keep_hours_days)).timestamp())
        await self._remove(hours, hours.c.at < hour)
        day = self._place.now(now - timedelta(days=kept.keep_people_days)).day
        await self._remove(active, active.c.day < day)

    async def _remove(self, table: Table, *old: ColumnElement[bool]) -> None:
        keys = list(table.primary_key.columns)
        names = [f"old_{key.name}" for key in keys]
        gone = delete(table).where(*(key == bindparam(name) for key, name in zip(keys, names, strict=True)))
        while True:
            async with self._database.read() as transaction:
                found = (await transaction.execute(select(*keys).where(*old).limit(_AT_ONCE))).all()
            if not found:
                return
            async with self._database.write() as transaction:
                await transaction.execute(gone, [dict(zip(names, row, strict=True)) for row in found])
