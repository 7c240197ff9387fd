"""Sums kept up to date: a piece of the recorded events at a time, together with the mark of how far that is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, Table, case, func, select, update
from sqlalchemy.dialects.postgresql import insert  # its "on conflict" is SQLite's too

from fetchgram.api import PluginDatabase, Transaction
from fetchgram_analytics.activity import newly_active
from fetchgram_analytics.audience import AUDIENCE, newcomers
from fetchgram_analytics.counting import COUNTED_HOURS, DAY, IN_PIECE, Piece, Sums, rows_of, sums_of
from fetchgram_analytics.dates import Level, Place
from fetchgram_analytics.recording import DELIVERED, marks_of
from fetchgram_analytics.tables import active, days, events, hours, marks, months, tastes

PIECE = 5000
"""Events in one transaction: it takes a few hundredths of a second, in which nobody else writes to SQLite."""

OF_LEVEL: Mapping[Level, Table] = {Level.HOUR: hours, Level.DAY: days, Level.MONTH: months}


def adding(  # an Insert, which has no public name
    table: Table, *values: str, earliest: str | None = None, rows: Select[Any] | None = None
) -> Any:
    """Return the statement that adds to rows, or makes them.

    Args:
        table: Of sums.
        *values: Columns that are added up.
        earliest: A column of which the least stays; the others are the key.
        rows: What is added, where the database finds it itself.
    """
    names = [column.name for column in table.columns]
    statement = insert(table) if rows is None else insert(table).from_select(names, rows)
    grown: dict[str, Any] = {name: table.c[name] + statement.excluded[name] for name in values}
    if earliest is not None:
        new, old = statement.excluded[earliest], table.c[earliest]
        grown[earliest] = case((new < old, new), else_=old)
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=grown)


_DELIVERED = events.c.name == DELIVERED
_FILES = func.sum(case((_DELIVERED, 1), else_=0))
_BYTES = func.sum(case((_DELIVERED, func.coalesce(events.c.size_bytes, 0)), else_=0))
_SOMEBODY = (*IN_PIECE, events.c.person.is_not(None))
PEOPLE_DAYS = select(events.c.person, DAY.label("day"), _FILES.label("files"), _BYTES.label("size_bytes")).where(
    *_SOMEBODY
)
_TASTES = select(events.c.person, events.c.plugin, _FILES, _BYTES, func.min(DAY)).where(*_SOMEBODY, _DELIVERED)

ADD = {level: adding(table, "n", "amount") for level, table in OF_LEVEL.items()}
_COUNTED = COUNTED_HOURS.subquery()
# The condition keeps SQLite from reading ON CONFLICT as a part of a join (sqlite.org/lang_upsert.html, 2.2).
_ADD_HOURS = adding(hours, "n", "amount", rows=select(_COUNTED).where(_COUNTED.c.n > 0))
_ADD_ACTIVE = adding(active, "files", "size_bytes", rows=PEOPLE_DAYS.group_by(events.c.person, DAY))
_ADD_TASTES = adding(
    tastes, "files", "size_bytes", earliest="first_day", rows=_TASTES.group_by(events.c.person, events.c.plugin)
)


class Summing:
    """Adds up what was recorded; after a crash it goes on where the last committed piece ended.

    Args:
        database: Has the events, the sums and the mark between them.
        place: Whose days and hours count.
    """

    def __init__(self, database: PluginDatabase, place: Place) -> None:
        self._database = database
        self._place = place
        self._alone = asyncio.Lock()

    async def catch_up(self) -> None:
        """Add up all that was recorded."""
        async with self._alone:
            while await self.step():
                pass

    async def step(self) -> bool:
        """Add up one piece; returns whether there was any."""
        async with self._database.read() as transaction:
            piece = await _next(transaction)
            if piece is None:
                return False
            # Counted before the turn to write, which others wait for.
            sums = await sums_of(piece, self._place, transaction)
        async with self._database.write() as transaction:
            if (await marks_of(transaction, hold=True))["summed"] == piece.after_seq:
                await self._add(piece, sums, transaction)
        return True

    async def _add(self, piece: Piece, sums: Sums, transaction: Transaction) -> None:
        for stretch in piece.stretches(self._place):
            await transaction.execute(_ADD_HOURS, stretch)
            for (window, day), n in (await newly_active(stretch, transaction)).items():
                sums.count(Level.DAY, (f"active{window}", day, "", ""), n)
            await transaction.execute(_ADD_ACTIVE, stretch)
            for (day, plugin), n in (await newcomers(stretch, transaction)).items():
                sums.count_day((AUDIENCE, day, plugin, ""), n)
            await transaction.execute(_ADD_TASTES, stretch)
        for level, statement in ADD.items():
            if rows := sums.rows(level):
                await transaction.execute(statement, rows)
        await transaction.execute(update(marks).where(marks.c.name == "summed").values(value=piece.last_seq))


async def _next(transaction: Transaction) -> Piece | None:
    seen = (await marks_of(transaction))["summed"]
    some = (
        select(events.c.seq, events.c.at_ms).where(events.c.seq > seen).order_by(events.c.seq).limit(PIECE).subquery()
    )
    ends = select(func.max(some.c.seq), func.min(some.c.at_ms), func.max(some.c.at_ms))
    ((last, first_ms, last_ms),) = await rows_of(ends, {}, transaction)
    return None if last is None else Piece(seen, last, first_ms, last_ms)
