"""How many people got files from which platform: everybody counts on the day of their first one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from fetchgram.api import Transaction
from fetchgram_analytics.counting import DAY, IN_PIECE, rows_of
from fetchgram_analytics.recording import DELIVERED
from fetchgram_analytics.tables import events, tastes

AUDIENCE = "audience"
"""What these sums are called."""

Newcomers = Counter[tuple[int, str]]
"""How many people, by day and platform."""


async def newcomers(stretch: dict[str, int], transaction: Transaction) -> Newcomers:
    """Return by how many it grows by a piece that has not been written to `tastes` yet.

    Whose first file turns out to be of an earlier day moves there.
    """
    grown: Newcomers = Counter()
    for day, plugin, before, people in await rows_of(_FIRST, stretch, transaction):
        grown[day, plugin] += people
        if before is not None:
            grown[before, plugin] -= people
    return grown


async def all_people(transaction: Transaction) -> Newcomers:
    """Count again from what `tastes` has."""
    key = (tastes.c.first_day, tastes.c.plugin)
    found = await rows_of(select(*key, func.count()).group_by(*key), {}, transaction)
    return Counter({(day, plugin): people for day, plugin, people in found})


def _first() -> Select[Any]:
    """Return the days of first files that were not known."""
    whose = (events.c.person, events.c.plugin)
    delivered = (*IN_PIECE, events.c.person.is_not(None), events.c.name == DELIVERED)
    piece = select(*whose, func.min(DAY).label("day")).where(*delivered).group_by(*whose).cte()
    same = and_(tastes.c.person == piece.c.person, tastes.c.plugin == piece.c.plugin)
    new = or_(tastes.c.person.is_(None), tastes.c.first_day > piece.c.day)
    key = (piece.c.day, piece.c.plugin, tastes.c.first_day)
    return select(*key, func.count()).select_from(piece.outerjoin(tastes, same)).where(new).group_by(*key)


_FIRST = _first()
