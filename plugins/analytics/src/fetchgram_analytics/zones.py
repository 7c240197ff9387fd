"""Each admin's own time zone: kept by person; the setting's for whoever chose none."""

from __future__ import annotations

from zoneinfo import available_timezones

from sqlalchemy import delete, select

from fetchgram.api import PluginDatabase
from fetchgram_analytics.dates import Place
from fetchgram_analytics.recording import Recorder, marks_of
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.tables import zones


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
                await transaction.execute(zones.insert(), {"person": name, "timezone": place.name})


def named(words: str) -> Place | None:
    """Return the zone that somebody means: by its whole name, or that of its city; `None` if there is none."""
    wanted = "_".join(words.split()).casefold()
    names = sorted(available_timezones())
    whole = (name for name in names if name.casefold() == wanted)
    city = (name for name in names if name.casefold().rpartition("/")[2] == wanted)
    found = next(whole, None) or next(city, None)
    return Place(found) if found else None
