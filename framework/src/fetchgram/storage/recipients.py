"""Who is in the circle of a broadcast: one condition for counting, walking and looking again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, text
from sqlalchemy.sql.elements import ColumnElement

from fetchgram.model import Broadcast, Circle, Recipients, Role
from fetchgram.storage.broadcast_tables import UNSETTLED, broadcast_sends, interests
from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import REACHED, people
from fetchgram.storage.transaction import Transaction

what_they_read: ColumnElement[Any] = func.coalesce(people.c.language, people.c.locale)
"""What a person reads: chosen here, else what Telegram tells."""
_FRESH = timedelta(days=1)
"""An interest that is newer is not written down again: it would cost a write for each link."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is to get a message, in a language."""

    person: int
    locale: str


class RecipientStore:
    """The people who are meant, in one transaction.

    Args:
        transaction: The transaction.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def count(self, bot_id: int, recipients: Recipients, author: int, owners: Collection[int]) -> int:
        """Count the people who are meant now."""
        found = circle(bot_id, recipients, author, owners, self._tx.now)
        if recipients.circle is Circle.PLATFORM and not self._tx.is_shared:
            # SQLite lays two indexes in one order side by side, in a third of the time of a look for each person.
            # PostgreSQL joins them by itself, and would sort all people to lay them side by side.
            everybody = circle(bot_id, Recipients(circle=Circle.ALL), author, owners, self._tx.now)
            theirs = select(interests.c.person).where(
                interests.c.bot_id == bot_id, interests.c.plugin == recipients.value
            )
            both = everybody.intersect(theirs).order_by(text("1")).subquery()
            return await self._tx.integer(select(func.count()).select_from(both))
        return await self._tx.integer(select(func.count()).select_from(found.subquery()))

    async def languages(self, bot_id: int, limit: int) -> list[tuple[str, int]]:
        """Return what those read who may be reached, most first, with how many they are."""
        # Grouped as the index has them: putting together what is the same takes no time, sorting 200,000 rows does.
        mine = select(people.c.locale, people.c.language, func.count().label("number"))
        counts: Counter[str] = Counter()
        found = mine.where(people.c.bot_id == bot_id, REACHED).group_by(people.c.locale, people.c.language)
        for row in await self._tx.rows(found):
            counts[row["language"] or row["locale"]] += row["number"]
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]

    async def platforms(self, bot_id: int, limit: int) -> list[tuple[str, int]]:
        """Return the plugins whose links people sent lately, most first, with how many people they are."""
        number = func.count().label("number")
        mine = select(interests.c.plugin, number).where(interests.c.bot_id == bot_id).group_by(interests.c.plugin)
        found = await self._tx.rows(mine.order_by(number.desc(), interests.c.plugin).limit(limit))
        return [(row["plugin"], row["number"]) for row in found]

    async def prune(self, before: datetime, limit: int) -> int:
        """Forget some of the interests that are older than this; returns how many."""
        return await self._tx.delete_some(interests, interests.c.at < before, limit=limit)

    async def after(self, broadcast: Broadcast, owners: Collection[int], person: int, limit: int) -> list[Recipient]:
        """Return the next people who are meant, by their ids."""
        found = meant(broadcast, owners, self._tx.now).where(people.c.id > person)
        return await self._recipients(found.order_by(people.c.id).limit(limit))

    async def waiting(self, broadcast: Broadcast) -> list[Recipient]:
        """Return those whose turn has come and whose message surely did not go out yet."""
        mine = (broadcast_sends.c.broadcast_id == broadcast.id, UNSETTLED, broadcast_sends.c.state == "waiting")
        found = select(people.c.id).where(people.c.bot_id == broadcast.bot_id)
        return await self._recipients(found.where(people.c.id.in_(select(broadcast_sends.c.person).where(*mine))))

    async def _recipients(self, ids: Select[int]) -> list[Recipient]:
        rows = await self._tx.rows(ids.add_columns(what_they_read.label("locale")))
        return [Recipient(row["id"], row["locale"]) for row in rows]


async def note_interest(transaction: Transaction, bot_id: int, person: int, plugin: str) -> None:
    """Write down whose link somebody sent; counting requests for each look at a circle would take too long."""
    key = {"bot_id": bot_id, "plugin": plugin, "person": person}
    old = interests.c.at < transaction.now - _FRESH
    statement = insert_into(interests).values(**key, at=transaction.now)
    where = [interests.c[name] for name in key]
    new = {"at": transaction.now}
    await transaction.run(statement.on_conflict_do_update(index_elements=where, set_=new, where=old))


def meant(broadcast: Broadcast, owners: Collection[int], now: datetime) -> Select[int]:
    """Return the ids of those who are meant by a broadcast that was started."""
    at = broadcast.started_at or now
    return circle(broadcast.bot_id, broadcast.recipients, broadcast.author, owners, at)


def circle(bot_id: int, recipients: Recipients, author: int, owners: Collection[int], at: datetime) -> Select[int]:
    """Return the ids of the people who are meant: a bot may write only to who has opened a chat with it.

    Args:
        bot_id: Whose people.
        recipients: The circle.
        author: Of the broadcast.
        owners: Ids from the settings.
        at: People who came later are not meant.
    """
    statement = select(people.c.id).where(people.c.bot_id == bot_id)
    if recipients.circle is Circle.MYSELF:
        return statement.where(people.c.id == author)
    allowed = or_(~people.c.banned, people.c.banned_until <= at)
    return statement.where(REACHED, allowed, people.c.first_seen <= at, *_narrowed(recipients, owners, at))


def _narrowed(recipients: Recipients, owners: Collection[int], at: datetime) -> tuple[ColumnElement[bool], ...]:
    match recipients.circle:
        case Circle.ACTIVE:
            # No bare column, or SQLite takes the index of that column, which has not all that is asked for.
            seen = func.coalesce(people.c.last_seen, people.c.first_seen)
            return (seen >= at - timedelta(days=recipients.days),)
        case Circle.LANGUAGE:
            return (or_(what_they_read == recipients.value, what_they_read.like(f"{recipients.value}-%")),)
        case Circle.PLATFORM:
            mine = and_(interests.c.bot_id == people.c.bot_id, interests.c.person == people.c.id)
            return (select(interests.c.person).where(mine, interests.c.plugin == recipients.value).exists(),)
        case Circle.ADMINS:
            roles = (str(Role.ADMIN), str(Role.OWNER))
            return (or_(people.c.role.in_(roles), people.c.id.in_(owners)),)
        case _:
            return ()
