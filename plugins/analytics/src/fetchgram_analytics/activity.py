"""How many people were active in the last so many days, for every day, without counting anybody twice.

Somebody who is active on day d is among "the last w days" of the days d to d+w-1. A day that becomes known covers only
those of them that the person's day before and day after do not cover already, so that days may come in any order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, func, literal, or_, select

from fetchgram.api import Transaction
from fetchgram_analytics.counting import DAY, IN_PIECE
from fetchgram_analytics.tables import active, events

WINDOWS = (1, 7, 14, 30, 60)
"""1, 7 and 30 are shown; with twice as many days one knows how many of a week or month came back in the next."""

LONGEST = max(WINDOWS)

Windows = Counter[tuple[int, int]]
"""How many people, by window and day."""


async def newly_active(stretch: dict[str, int], transaction: Transaction) -> Windows:
    """Return by how much the windows grow by a piece whose people have not been written to `active` yet."""
    return _spread(await transaction.execute(_FRESH, stretch))


async def all_active(first: int, transaction: Transaction) -> Windows:
    """Count again from what `active` has; complete for the days from `first` on."""
    found = _spread(await transaction.execute(_known(first - LONGEST + 1)))
    return Counter({key: n for key, n in found.items() if key[1] >= first})


def _spread(rows: Iterable[Any]) -> Windows:
    """Let days cover what their neighbours do not: (day, days since the one before, days to the next, people)."""
    grown: Windows = Counter()
    for day, since, until, people in rows:
        for window in WINDOWS:
            for covered in range(day + max(0, window - since), day + min(window, until)):
                grown[window, covered] += people
    return grown


def _gap(days: ColumnElement[int]) -> ColumnElement[int]:
    """Return a distance that is no longer than matters: few different ones are few rows."""
    return case((or_(days.is_(None), days > LONGEST), literal(LONGEST, BigInteger())), else_=days)


def _fresh() -> Select[Any]:
    """Return the days on which somebody was active whom nobody knew to be so."""
    piece = select(events.c.person, DAY.label("day")).where(*IN_PIECE, events.c.person.is_not(None)).distinct().cte()
    same = and_(active.c.person == piece.c.person, active.c.day == piece.c.day)
    fresh = select(piece).outerjoin(active, same).where(active.c.person.is_(None)).cte()
    theirs = active.c.person == fresh.c.person
    before = select(func.max(active.c.day)).where(theirs, active.c.day < fresh.c.day).scalar_subquery()
    after = select(func.min(active.c.day)).where(theirs, active.c.day > fresh.c.day).scalar_subquery()
    own = func.lag(fresh.c.day).over(partition_by=fresh.c.person, order_by=fresh.c.day)
    near = select(fresh.c.day, before.label("before"), own.label("own"), after.label("after")).cte()
    last = case((near.c.own > func.coalesce(near.c.before, 0), near.c.own), else_=near.c.before)
    gaps = select(near.c.day, _gap(near.c.day - last).label("since"), _gap(near.c.after - near.c.day).label("until"))
    return _grouped(gaps)


def _known(first: int) -> Select[Any]:
    after = func.lead(active.c.day).over(partition_by=active.c.person, order_by=active.c.day)
    days = select(active.c.day, after.label("after")).where(active.c.day >= first).cte()
    # Each covers up to the next one: what is before it is the other's.
    none = literal(LONGEST, BigInteger())
    return _grouped(select(days.c.day, none.label("since"), _gap(days.c.after - days.c.day).label("until")))


def _grouped(gaps: Select[Any]) -> Select[Any]:
    found = gaps.cte()
    key = (found.c.day, found.c.since, found.c.until)
    return select(*key, func.count()).group_by(*key)


_FRESH = _fresh()
