"""Hours, days and months of one place, as numbers that sort, through all changes of its clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_QUARTER_S = 900
"""Offsets of all zones are multiples of it (IANA's tz database, since 1972)."""

_MONTHS = 12


class Level(StrEnum):
    """How finely time is divided."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class Moment(NamedTuple):
    """Where an instant falls.

    Attributes:
        hour: When its hour began there, in seconds since 1970.
        day: `date.toordinal`.
        month: Months since the year 0.
        weekday: 0 is Monday.
        hour_of_day: 0 to 23, as clocks show there.
    """

    hour: int
    day: int
    month: int
    weekday: int
    hour_of_day: int

    def at(self, level: Level) -> int:
        """Return the number of the hour, day or month."""
        return {Level.HOUR: self.hour, Level.DAY: self.day, Level.MONTH: self.month}[level]


@dataclass(frozen=True)
class Place:
    """A time zone.

    Args:
        name: As `Europe/Berlin`.
    """

    name: str

    def moment(self, at_s: int) -> Moment:
        """Say where an instant falls."""
        return _moment(self.name, at_s // _QUARTER_S)

    def now(self, at: datetime) -> Moment:
        """Do the same for a datetime."""
        return self.moment(int(at.timestamp()))

    def local(self, at_s: int) -> datetime:
        """Return what calendars and clocks show there."""
        return datetime.fromtimestamp(at_s, _zone(self.name))

    def before(self, level: Level, at: int, count: int) -> tuple[int, ...]:
        """Return so many hours, days or months up to this one, the oldest first."""
        found = [at]
        while len(found) < count:
            # Not 3600 s each: where clocks change by half an hour, one of them is shorter.
            found.append(self.moment(found[-1] - 1).hour if level is Level.HOUR else found[-1] - 1)
        return tuple(reversed(found))


def month_of(month: int) -> date:
    """Return the first day of a month."""
    return date(month // _MONTHS, month % _MONTHS + 1, 1)


def last_day(month: int) -> int:
    """Return the number of a month's last day."""
    return month_of(month + 1).toordinal() - 1


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def _moment(name: str, quarter: int) -> Moment:
    zone = _zone(name)
    local = datetime.fromtimestamp(quarter * _QUARTER_S, zone)
    began = quarter * _QUARTER_S - local.minute * 60
    while datetime.fromtimestamp(began, zone).utcoffset() != local.utcoffset():
        began += _QUARTER_S  # clocks were set back within it: it began then
    return Moment(
        hour=began,
        day=local.toordinal(),
        month=local.year * _MONTHS + local.month - 1,
        weekday=local.weekday(),
        hour_of_day=local.hour,
    )
