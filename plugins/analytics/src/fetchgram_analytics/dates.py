"""Hours, days and months of one place, as numbers that sort, through all changes of its clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

_QUARTER_S = 900
"""Offsets of all zones are multiples of it (IANA's tz database, since 1972)."""

EPOCH_DAY = date(1970, 1, 1).toordinal()
_MONTHS = 12
DAY_S = 86_400


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


class Stretch(NamedTuple):
    """A time in which the clocks of a place were not changed.

    Attributes:
        since_s: Its first instant, in seconds since 1970.
        until_s: The first that is not in it.
        offset_s: How far clocks are ahead of UTC.
    """

    since_s: int
    until_s: int
    offset_s: int


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

    def stretches(self, first_s: int, last_s: int) -> Iterator[Stretch]:
        """Return the stretches that cover all from the first instant to the last."""
        # A year more on both sides: the stretches at the ends are then whole, as far as anybody asks.
        years = range(_year(first_s) - 1, _year(last_s) + 2)
        borders = sorted({change for year in years for change in _changes(self.name, year)})
        whole = (_new_year(years[0]), *borders, _new_year(years[-1] + 1))
        for since, until in pairwise(whole):
            if until > first_s and since <= last_s:
                yield Stretch(since, until, _offset_s(self.name, since))

    def begins(self, day: int, hour: int = 0) -> int:
        """Return the first instant of a day or of an hour of it, in seconds since 1970; `day` is `date.toordinal`."""
        start = date.fromordinal(day)
        return int(datetime(start.year, start.month, start.day, hour, tzinfo=_zone(self.name)).timestamp())

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


def month_of_day(day: int) -> int:
    """Return the number of a day's month."""
    there = date.fromordinal(day)
    return there.year * _MONTHS + there.month - 1


def last_day(month: int) -> int:
    """Return the number of a month's last day."""
    return month_of(month + 1).toordinal() - 1


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _year(at_s: int) -> int:
    return datetime.fromtimestamp(at_s, UTC).year


def _new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def _offset_s(name: str, at_s: int) -> int:
    offset = datetime.fromtimestamp(at_s, _zone(name)).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


@cache
def _changes(name: str, year: int) -> tuple[int, ...]:
    """Return when clocks were changed in a year: looked for between days, then halved down to a quarter of an hour."""
    found = []
    for day in range(_new_year(year), _new_year(year + 1), DAY_S):
        low, high, before = day, day + DAY_S, _offset_s(name, day)
        if _offset_s(name, high) == before:
            continue
        while high - low > _QUARTER_S:
            middle = (low + high) // 2 // _QUARTER_S * _QUARTER_S
            low, high = (middle, high) if _offset_s(name, middle) == before else (low, middle)
        found.append(high)
    return tuple(found)


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
