"""Sums kept up to date: a piece of the recorded events at a time, together with the mark of how far that is."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, Table, select, update
from sqlalchemy.dialects.postgresql import insert  # its "on conflict" is SQLite's too

from fetchgram.api import PluginDatabase, Transaction
from fetchgram_analytics.activity import LONGEST, newly_active
from fetchgram_analytics.counting import Fact, Sums, sums_of
from fetchgram_analytics.dates import Level, Place
from fetchgram_analytics.recording import marks_of
from fetchgram_analytics.tables import active, days, events, hours, marks, months, tastes

PIECE = 2000
"""Events in one transaction: it takes a few hundredths of a second, in which nobody else writes to SQLite."""

OF_LEVEL: Mapping[Level, Table] = {Level.HOUR: hours, Level.DAY: days, Level.MONTH: months}
_FACT = tuple(events.c[name] for name in Fact._fields)


def _adding(table: Table, *values: str) -> Any:  # an Insert, as SQLAlchemy does not name it publicly
    statement = insert(table)
    grown = {name: table.c[name] + statement.excluded[name] for name in values}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=grown)


_ADD = {level: _adding(table, "n", "amount") for level, table in OF_LEVEL.items()}
_ADD_ACTIVE = _adding(active, "files", "size_bytes")
_ADD_TASTES = _adding(tastes, "files", "size_bytes")


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

    async def catch_up(self) -> int:
        """Add up all that was recorded; returns how many events that were."""
        total = 0
        async with self._alone:
            while count := await self.step():
                total += count
        return total

    async def step(self) -> int:
        """Add up one piece; returns how many events it had, 0 for none."""
        async with self._database.read() as transaction:
            seen = (await marks_of(transaction))["summed"]
            facts = [Fact._make(row) for row in await transaction.execute(_after(seen))]
        if not facts:
            return 0
        sums = await asyncio.to_thread(sums_of, facts, self._place)
        async with self._database.write() as transaction:
            if (await marks_of(transaction, hold=True))["summed"] == seen:
                await self._add(transaction, sums)
                moved = update(marks).where(marks.c.name == "summed").values(value=facts[-1].seq)
                await transaction.execute(moved)
        return len(facts)

    async def _add(self, transaction: Transaction, sums: Sums) -> None:
        for (window, day), n in (await self._newly_active(transaction, sums)).items():
            sums.count_day(f"active{window}", day, n)
        for level, statement in _ADD.items():
            if rows := sums.rows(level):
                await transaction.execute(statement, rows)
        if sums.people:
            await transaction.execute(_ADD_ACTIVE, _rows(sums.people, "day"))
        if sums.tastes:
            await transaction.execute(_ADD_TASTES, _rows(sums.tastes, "plugin"))

    async def _newly_active(self, transaction: Transaction, sums: Sums) -> Mapping[tuple[int, int], int]:
        """Return what grows by the days on which people were active whom nobody knew to be so."""
        if not sums.people:
            return {}
        known: dict[int, list[int]] = defaultdict(list)
        for row in await transaction.execute(_known(sums.people.keys())):
            known[row.person].append(row.day)
        added: dict[int, list[int]] = defaultdict(list)
        for person, day in sums.people:
            if day not in known[person]:
                added[person].append(day)
        return newly_active(added, known)


def _after(seq: int) -> Select[Any]:
    return select(*_FACT).where(events.c.seq > seq).order_by(events.c.seq).limit(PIECE)


def _known(people: Any) -> Select[Any]:  # keys of a dict
    first = min(day for _, day in people) - LONGEST
    last = max(day for _, day in people) + LONGEST
    among = active.c.person.in_(sorted({person for person, _ in people}))
    near = active.c.day.between(first, last)
    return select(active.c.person, active.c.day).where(among, near).order_by(active.c.person, active.c.day)


def _rows(found: Mapping[tuple[int, Any], Sequence[int]], second: str) -> list[dict[str, object]]:
    return [
        {"person": key[0], second: key[1], "files": files, "size_bytes": size}
        for key, (files, size) in sorted(found.items())
    ]
