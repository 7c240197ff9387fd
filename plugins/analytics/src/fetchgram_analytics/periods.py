"""Periods that can be looked at, and the one before each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fetchgram_analytics.dates import Level, Place, last_day


@dataclass(frozen=True, slots=True)
class Period:
    """A period that ends now.

    Args:
        name: On buttons and in commands.
        level: Into what it is divided.
        count: Into how many of them.
    """

    name: str
    level: Level
    count: int


PERIODS = (
    Period("day", Level.HOUR, 24),
    Period("week", Level.DAY, 7),
    Period("month", Level.DAY, 30),
    Period("quarter", Level.DAY, 90),
    Period("year", Level.MONTH, 12),
    Period("all", Level.MONTH, 36),
)
BY_NAME = {period.name: period for period in PERIODS}


@dataclass(frozen=True, slots=True)
class Span:
    """Hours, days or months in a row.

    Args:
        level: Which.
        slots: Their numbers, the oldest first.
        place: Whose days and clocks they are, where those are not the bot's.
    """

    level: Level
    slots: tuple[int, ...]
    place: Place | None = None

    @property
    def first(self) -> int:
        """The oldest."""
        return self.slots[0]

    @property
    def last(self) -> int:
        """The newest."""
        return self.slots[-1]

    @property
    def is_moved(self) -> bool:
        """Whether its days are not those that there are sums of."""
        return self.place is not None and self.level is Level.DAY

    def days(self, place: Place) -> tuple[int, ...]:
        """Return for each slot the day at its end."""
        if self.level is Level.MONTH:
            return tuple(last_day(month) for month in self.slots)
        return self.slots if self.level is Level.DAY else tuple(place.moment(hour).day for hour in self.slots)


def span_of(period: Period, place: Place, at: datetime, home: Place) -> Span:
    """Return the hours, days or months of a period up to this instant.

    Args:
        period: Which.
        place: Whose.
        at: Now.
        home: The bot's. Hours are always those of its clocks, which may begin on the half of another place's.
    """
    whose = home if period.level is Level.HOUR else place
    slots = whose.before(period.level, whose.now(at).at(period.level), period.count)
    return Span(period.level, slots, None if place == home else place)


def before(span: Span, home: Place) -> Span:
    """Return as many of them right before."""
    both = home.before(span.level, span.last, 2 * len(span.slots))
    return replace(span, slots=both[: len(span.slots)])
