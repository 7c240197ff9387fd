"""Periods that can be looked at, and the one before each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fetchgram_analytics.dates import Level, Place, Stretch, last_day


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
        stretches: Of days of another place than the bot's, whose sums are made of hours: from the first instant of the
            first day to the last of the last, cut where clocks are changed there.
    """

    level: Level
    slots: tuple[int, ...]
    stretches: tuple[Stretch, ...] = ()

    @property
    def first(self) -> int:
        """The oldest."""
        return self.slots[0]

    @property
    def last(self) -> int:
        """The newest."""
        return self.slots[-1]

    def days(self, place: Place) -> tuple[int, ...]:
        """Return for each slot the day at its end."""
        if self.level is Level.MONTH:
            return tuple(last_day(month) for month in self.slots)
        return self.slots if self.level is Level.DAY else tuple(place.moment(hour).day for hour in self.slots)


def span_of(period: Period, place: Place, at: datetime, *, foreign: bool = False) -> Span:
    """Return the hours, days or months of a period up to this instant.

    Args:
        period: Which.
        place: Whose.
        at: Now.
        foreign: Whether the sums of days are another place's.
    """
    now = place.now(at).at(period.level)
    return _span(period.level, place.before(period.level, now, period.count), place, foreign=foreign)


def before(span: Span, place: Place) -> Span:
    """Return as many of them right before."""
    both = place.before(span.level, span.last, 2 * len(span.slots))
    return _span(span.level, both[: len(span.slots)], place, foreign=bool(span.stretches))


def _span(level: Level, slots: tuple[int, ...], place: Place, *, foreign: bool) -> Span:
    if not foreign or level is not Level.DAY:
        return Span(level, slots)
    first, end = place.begins(slots[0]), place.begins(slots[-1] + 1)
    whole = place.stretches(first, end - 1)
    return Span(
        level, slots, tuple(s._replace(since_s=max(s.since_s, first), until_s=min(s.until_s, end)) for s in whole)
    )
