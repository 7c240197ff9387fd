"""Each admin's own time zone: kept by person; the setting's for whoever chose none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import delete, select, update

from fetchgram.api import PluginDatabase
from fetchgram_analytics.dates import Place
from fetchgram_analytics.recording import Recorder, marks_of
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.tables import marks, zones


@dataclass(frozen=True, slots=True)
class Group:
    """Those who have one zone.

    Args:
        place: The zone.
        reported: The day of the last report that went to them; 0 for none.
        has: Whether somebody is one of them, by their id.
        chosen: Whether they chose it.
    """

    place: Place
    reported: int
    has: Callable[[int], bool]
    chosen: bool = True


class Zones:
    """Remembers who looks at charts where.

    Args:
        database: Has them.
        recorder: Knows how people are called in the tables.
        settings: The zone of everybody else.
    """

    def __init__(self, database: PluginDatabase, recorder: Recorder, settings: Settings) -> None:
        self._database = database
        self._recorder = recorder
        self.home = Place(settings.timezone)

    async def of(self, person: int) -> Place:
        """Return a person's zone."""
        async with self._database.read() as transaction:
            name = self._recorder.person(person, (await marks_of(transaction))["salt"])
            found = (await transaction.execute(select(zones.c.timezone).where(zones.c.person == name))).scalar()
        return Place(str(found)) if found else self.home

    async def choose(self, person: int, place: Place | None) -> None:
        """Remember a person's zone, or forget it."""
        async with self._database.write() as transaction:
            name = self._recorder.person(person, (await marks_of(transaction))["salt"])
            await transaction.execute(delete(zones).where(zones.c.person == name))
            if place is not None:
                # As if told with those who chose none: the next report is their first at their own hour.
                row = {"person": name, "timezone": place.name, "reported": (await marks_of(transaction))["reported"]}
                await transaction.execute(zones.insert(), row)

    async def groups(self) -> list[Group]:
        """Return who has which zone: those of one zone who were told last on one day, and everybody else."""
        async with self._database.read() as transaction:
            known = await marks_of(transaction)
            rows = (await transaction.execute(select(zones).order_by(zones.c.timezone, zones.c.reported))).all()
        chose = self._among(rows, known["salt"])
        alike = groupby(rows, key=lambda row: (row.timezone, row.reported))
        return [
            Group(self.home, known["reported"], lambda person: not chose(person), chosen=False),
            *(Group(Place(name), day, self._among(some, known["salt"])) for (name, day), some in alike),
        ]

    async def told(self, group: Group, day: int) -> None:
        """Remember the day of the last report of a group."""
        this = update(marks).where(marks.c.name == "reported").values(value=day)
        if group.chosen:
            same = (zones.c.timezone == group.place.name, zones.c.reported == group.reported)
            this = update(zones).where(*same).values(reported=day)
        async with self._database.write() as transaction:
            await transaction.execute(this)

    def _among(self, rows: Iterable[Any], salt: int) -> Callable[[int], bool]:
        names = frozenset(row.person for row in rows)
        return lambda person: self._recorder.person(person, salt) in names


def named(words: str) -> Place | None:
    """Return the zone that somebody means: by its whole name, or that of its city; `None` if there is none."""
    wanted = "_".join(words.split()).casefold()
    names = sorted(available_timezones())
    whole = (name for name in names if name.casefold() == wanted)
    city = (name for name in names if name.casefold().rpartition("/")[2] == wanted)
    found = next(whole, None) or next(city, None)
    return Place(found) if found else None
