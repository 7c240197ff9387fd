"""Where the sums of a span are: long times rather than many short ones, so that little is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, Table, case, func, literal, select, union_all

from fetchgram_analytics.counting import ALL_TIME, TIME, local
from fetchgram_analytics.dates import Level, Place, month_of, month_of_day
from fetchgram_analytics.periods import Span
from fetchgram_analytics.summing import OF_LEVEL
from fetchgram_analytics.tables import hours

_BY_CLOCKS = frozenset({"at", "rhythm"})


@dataclass(frozen=True, slots=True)
class _Source:
    """Sums in a row.

    Args:
        table: Of hours, days or months.
        first: The first of them.
        last: The last.
        columns: By name, what can be asked for; `at` is the part of the span.
    """

    table: Table
    first: int
    last: int
    columns: Mapping[str, ColumnElement[Any]]

    @classmethod
    def of(cls, level: Level, first: int, last: int) -> _Source:
        """Return the sums as they are kept."""
        table = OF_LEVEL[level]
        return cls(table, first, last, dict(table.c))

    def rows(self, what: str | tuple[str, ...], *by: str, plugin: str | None = None) -> Select[Any]:
        """Return the sums of one measure, or of several, with these columns."""
        c = self.table.c
        names = [_name(each, self.table, plugin) for each in ((what,) if isinstance(what, str) else what)]
        return select(*(self.columns[name].label(f"by_{name}") for name in by), c.n, c.amount).where(
            c.what == names[0] if len(names) == 1 else c.what.in_(names),
            c.at.between(self.first, self.last),
            *(() if plugin is None else (c.plugin == plugin,)),
        )


def sums(span: Span, home: Place, what: str | tuple[str, ...], *by: str, plugin: str | None = None) -> Select[Any]:
    """Add up one measure, or several, over a span by these columns.

    Args:
        span: When.
        home: The bot's place.
        what: The measures. Times are named as those of one platform; with none, those of all come, under either name.
        *by: `at`, `what`, `plugin`, `detail`; of days of another place also `rhythm`, weekday and hour.
        plugin: Of this one only.
    """
    sources = [_by_time(span)] if _BY_CLOCKS & {*by} else _longest(span, home)
    found = union_all(*(source.rows(what, *by, plugin=plugin) for source in sources)).subquery()
    keys = [found.c[f"by_{name}"] for name in by]
    return select(*keys, func.sum(found.c.n).label("n"), func.sum(found.c.amount)).group_by(*keys)


def kept(span: Span, what: str, plugin: str | None = None) -> FromClause:
    """Return the sums of a measure over a span of the bot's own days, as they are kept: at, detail, n."""
    found = _Source.of(span.level, span.first, span.last).rows(what, "at", "detail", plugin=plugin).subquery()
    return select(found.c.by_at, found.c.by_detail, found.c.n).subquery()


def _name(what: str, table: Table, plugin: str | None) -> str:
    """Return what a measure is called in a table: of days and months there are sums of all platforms together."""
    are_together = plugin is None and table is not hours
    return what.replace(TIME, ALL_TIME) if are_together else what


def _by_time(span: Span) -> _Source:
    """Return the sums by the parts of the span: days and clocks of another place are made of hours."""
    if span.place is None or span.level is Level.MONTH:
        return _Source.of(span.level, span.first, span.last)
    first, last = span.first, span.last
    if span.is_moved:
        first, last = span.place.begins(first), span.place.begins(last + 1) - 1
    stretches = tuple(span.place.stretches(first, last))
    ahead: ColumnElement[int] = literal(stretches[-1].offset_s, BigInteger())
    for stretch in reversed(stretches[:-1]):
        ahead = case((hours.c.at < stretch.until_s, literal(stretch.offset_s, BigInteger())), else_=ahead)
    day, rhythm = local(hours.c.at, ahead)
    columns = {**dict(hours.c), "rhythm": rhythm} | ({"at": day} if span.is_moved else {})
    return _Source(hours, first, last, columns)


def _longest(span: Span, home: Place) -> Iterator[_Source]:
    """Return the sums of the longest times that a span is made of."""
    if span.level is not Level.DAY:
        yield _Source.of(span.level, span.first, span.last)
    elif span.place is None:
        yield from _days(span.first, span.last)
    else:
        yield from _hours_and_days(span.place.begins(span.first), span.place.begins(span.last + 1), home)


def _hours_and_days(first_s: int, end_s: int, home: Place) -> Iterator[_Source]:
    """Take whole days out of many hours."""
    first, end = home.moment(first_s - 1).day + 1, home.moment(end_s).day
    if first > end:
        yield _Source.of(Level.HOUR, first_s, end_s - 1)
        return
    yield _Source.of(Level.HOUR, first_s, home.begins(first) - 1)
    yield from _days(first, end - 1)
    yield _Source.of(Level.HOUR, home.begins(end), end_s - 1)


def _days(first: int, last: int) -> Iterator[_Source]:
    """Take whole months out of many days: a month has a thirtieth of the rows of its days."""
    month, end = month_of_day(first - 1) + 1, month_of_day(last + 1)
    if month >= end:
        yield _Source.of(Level.DAY, first, last)
        return
    yield _Source.of(Level.DAY, first, month_of(month).toordinal() - 1)
    yield _Source.of(Level.MONTH, month, end - 1)
    yield _Source.of(Level.DAY, month_of(end).toordinal(), last)
