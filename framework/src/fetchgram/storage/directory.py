"""People page by page, and by the beginning of a name: every question goes along an index."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, func, literal, select, tuple_

from fetchgram.model.people import PeopleOf, PeoplePage, PersonRow, Usage
from fetchgram.storage.columns import from_ms, to_ms
from fetchgram.storage.people import person_row
from fetchgram.storage.tables import AWAITED, BANNED, INVITED, LOST, SETTLED, STAFF, deliveries, people, requests
from fetchgram.storage.transaction import Transaction

_LAST = chr(0x10FFFF)
"""No name goes on with it: the end of all that begins with a prefix."""
_MEANT: Mapping[PeopleOf, tuple[TextClause, ...]] = {
    PeopleOf.ALL: (),
    PeopleOf.STAFF: (STAFF,),
    PeopleOf.BANNED: (BANNED,),
    PeopleOf.INVITED: (INVITED,),
}


class PeopleDirectory:
    """People in one transaction, read only."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def page(
        self, bot_id: int, of: PeopleOf, limit: int, *, older: str | None = None, newer: str | None = None
    ) -> PeoplePage:
        """Return people, those who were here last first.

        Args:
            bot_id: Whose people.
            of: Which ones.
            limit: Most people.
            older: Go on after a page, with its `older`.
            newer: Go back before a page, with its `newer`.

        Raises:
            ValueError: If `older` or `newer` does not come from a page.
        """
        place = tuple_(people.c.last_seen, people.c.id)
        mine = select(people).where(people.c.bot_id == bot_id, *_MEANT[of])
        if newer is not None:
            nearest = mine.where(place > _place(newer)).order_by(people.c.last_seen, people.c.id)
            found = (await self._rows(nearest.limit(limit + 1)))[::-1]
            shown, before, after = found[-limit:], len(found) > limit, True
        else:
            latest = mine.order_by(people.c.last_seen.desc(), people.c.id.desc())
            found = await self._rows(
                (latest if older is None else latest.where(place < _place(older))).limit(limit + 1)
            )
            shown, before, after = found[:limit], older is not None, len(found) > limit
        return PeoplePage(
            people=tuple(shown),
            total=await self.count(bot_id, of),
            older=_cursor(shown[-1]) if after and shown else None,
            newer=_cursor(shown[0]) if before and shown else None,
        )

    async def count(self, bot_id: int, of: PeopleOf) -> int:
        """Return how many there are."""
        return await self._tx.integer(
            select(func.count()).select_from(people).where(people.c.bot_id == bot_id, *_MEANT[of])
        )

    async def find(self, bot_id: int, words: str, limit: int) -> list[PersonRow]:
        """Return people whose number this is, or whose username, name or last name begins so."""
        found: dict[int, PersonRow] = {}
        wanted = words.strip().removeprefix("@").casefold()
        if wanted.isdecimal() and len(wanted) < 19:  # noqa: PLR2004  # what fits into 64 bits
            rows = await self._rows(self._of(bot_id).where(people.c.id == int(wanted)))
            found |= {row.person.id: row for row in rows}
        for column in (people.c.username_key, people.c.name_key, people.c.surname_key):
            if wanted and len(found) < limit:
                begins = self._of(bot_id).where(column >= wanted, column < wanted + _LAST).order_by(column).limit(limit)
                found |= {row.person.id: row for row in await self._rows(begins)}
        return [*found.values()][:limit]

    async def usage(self, bot_id: int, person: int) -> Usage:
        """Return what a person got and did not get, of what is kept."""
        theirs = (deliveries.c.bot_id == bot_id, deliveries.c.person == person)
        sums = select(deliveries.c.state, func.count().label("number"), func.sum(deliveries.c.size_bytes).label("size"))
        rows = await self._tx.rows(sums.where(*theirs, SETTLED).group_by(deliveries.c.state))
        ended = {row["state"]: (row["number"], int(row["size"])) for row in rows}
        downloads, size_bytes = ended.get("delivered", (0, 0))
        failed, _ = ended.get("failed", (0, 0))
        asked = select(func.count()).select_from(requests).where(requests.c.bot_id == bot_id)
        lost = await self._tx.integer(asked.where(requests.c.person == person, LOST))
        awaited = select(func.count()).select_from(deliveries).where(*theirs, AWAITED)
        return Usage(
            downloads=downloads,
            size_bytes=size_bytes,
            failures=failed + lost,
            waiting=await self._tx.integer(awaited),
        )

    def _of(self, bot_id: int) -> Select[Any]:
        return select(people).where(people.c.bot_id == bot_id)

    async def _rows(self, statement: Select[Any]) -> list[PersonRow]:
        return [person_row(row) for row in await self._tx.rows(statement)]


def _cursor(row: PersonRow) -> str:
    return f"{to_ms(row.last_seen)}:{row.person.id}"


def _place(cursor: str) -> ColumnElement[Any]:
    seen, _, person = cursor.partition(":")
    at: datetime = from_ms(int(seen))
    return tuple_(literal(at, people.c.last_seen.type), literal(int(person), people.c.id.type))
