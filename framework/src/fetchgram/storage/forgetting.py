"""What is deleted when somebody wants to be forgotten."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from fetchgram.model import Role
from fetchgram.storage.broadcast_tables import interests
from fetchgram.storage.deliveries import DeliveryStore
from fetchgram.storage.jobs import JobStore
from fetchgram.storage.stories import stories
from fetchgram.storage.tables import UNFINISHED, asks, events, menus, people, requests
from fetchgram.storage.transaction import Transaction


class ForgettingStore:
    """Forgets people, in one transaction.

    What Telegram sent stays in the inbox for its two days, and files that Telegram has stay in the cache, which names
    nobody. A ban, a role and limits of their own stay as well, without a name: nobody gets rid of them so.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def forget(self, bot_id: int, person: int) -> None:
        """Cancel what the person still waits for, then delete what is kept about them."""
        await self._cancel(bot_id, person)
        await self._tx.run(delete(requests).where(requests.c.bot_id == bot_id, requests.c.person == person))
        await self._tx.run(delete(menus).where(menus.c.bot_id == bot_id, menus.c.owner == person))
        await self._tx.run(delete(asks).where(asks.c.bot_id == bot_id, asks.c.person == person))
        await self._tx.run(delete(stories).where(stories.c.bot_id == bot_id, stories.c.person == person))
        await self._tx.run(delete(interests).where(interests.c.bot_id == bot_id, interests.c.person == person))
        told = (events.c.bot_id == bot_id, events.c.person == person)
        await self._tx.run(update(events).where(*told).values(person=None))
        mine = (people.c.bot_id == bot_id, people.c.id == person)
        nameless: dict[str, str | None] = {"first_name": "", "last_name": None, "username": None}
        nameless |= {"username_key": "", "name_key": "", "surname_key": ""}
        await self._tx.run(update(people).where(*mine).values(**nameless))
        plain = (people.c.banned.is_(False), people.c.limits.is_(None), people.c.role == str(Role.USER))
        await self._tx.run(delete(people).where(*mine, *plain))

    async def _cancel(self, bot_id: int, person: int) -> None:
        """End the person's wishes; a job ends when nobody else waits for it, at the next sign of its worker."""
        mine = (UNFINISHED, requests.c.bot_id == bot_id, requests.c.person == person)
        deliveries, jobs = DeliveryStore(self._tx), JobStore(self._tx)
        for row in await self._tx.rows(select(requests.c.id).where(*mine)):
            await jobs.hold(*await deliveries.jobs_of(row["id"]))
            for job_id in await deliveries.detach(row["id"]):
                await jobs.cancel(job_id)
