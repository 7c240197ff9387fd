"""The messages of broadcasts: each is on record before it goes out, and settled when its end is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, exists, func, insert, or_, select, update

from fetchgram.model import Broadcast, BroadcastState, Sent
from fetchgram.storage.broadcast_tables import DELIVERED, UNSETTLED, broadcast_sends, broadcasts
from fetchgram.storage.broadcasts import BroadcastStore
from fetchgram.storage.recipients import meant
from fetchgram.storage.tables import people
from fetchgram.storage.transaction import Transaction

_WAITING, _SENDING, _DELETED, _KEPT = "waiting", "sending", "deleted", "kept"


@dataclass(frozen=True, slots=True)
class Ended:
    """How one message ended; an album is one of several ids."""

    person: int
    sent: Sent
    message_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message, or an album, that can be deleted again."""

    person: int
    message_ids: tuple[int, ...]
    at: datetime


class SendStore:
    """Messages of broadcasts in one transaction.

    Args:
        transaction: The transaction.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction
        self._broadcasts = BroadcastStore(transaction)

    async def begin(  # whose turn it is, and how
        self,
        broadcast: Broadcast,
        owners: Collection[int],
        *,
        fresh: Collection[int],
        again: Collection[int],
        held: Collection[int],
    ) -> set[int] | None:
        """Record that messages go out now, to those who are still meant.

        Args:
            broadcast: Which.
            owners: Ids from the settings.
            fresh: Whose turn has come.
            again: Who waited.
            held: Those of `fresh` who have to wait: their chats are busy.

        Returns:
            To whom messages may go; `None` when the broadcast does not run any more, and then nothing is recorded.
        """
        mine = (broadcasts.c.id == broadcast.id, broadcasts.c.state == str(BroadcastState.RUNNING))
        walked_to = max(fresh) if fresh else broadcasts.c.walked_to
        if await self._tx.run(update(broadcasts).where(*mine).values(walked_to=walked_to)) != 1:
            return None
        statement = meant(broadcast, owners, self._tx.now).where(people.c.id.in_([*fresh, *again]))
        found = {int(row["id"]) for row in await self._tx.rows(statement)}
        new = [self._new(broadcast, person, is_held=person in held) for person in fresh if person in found]
        if new:
            await self._tx.execute(insert(broadcast_sends), new)
        await self._move(broadcast, [person for person in again if person in found], _WAITING, _SENDING)
        await self._drop(broadcast, [person for person in again if person not in found])
        return found.difference(held)

    async def settle(self, broadcast: Broadcast, ends: Sequence[Ended]) -> None:
        """Record how messages ended; what is recorded already is left alone."""
        by_person = {end.person: end for end in ends}
        mine = (broadcast_sends.c.broadcast_id == broadcast.id, broadcast_sends.c.state == _SENDING)
        open_now = select(broadcast_sends.c.person).where(*mine, broadcast_sends.c.person.in_(by_person))
        new = [by_person[row["person"]] for row in await self._tx.rows(open_now)] if ends else []
        if not new:
            return
        await self._tx.execute(_SETTLE, [self._settled(broadcast, end) for end in new])
        await self._broadcasts.count(broadcast.id, Counter(str(end.sent) for end in new))
        away = [end.person for end in new if end.sent in {Sent.BLOCKED, Sent.GONE}]
        if away:
            theirs = (people.c.bot_id == broadcast.bot_id, people.c.id.in_(away))
            await self._tx.run(update(people).where(*theirs).values(blocked=True))

    async def put_back(self, broadcast: Broadcast, persons: Collection[int]) -> None:
        """Let people wait again whose messages surely did not go out."""
        await self._move(broadcast, persons, _SENDING, _WAITING)

    async def recover(self, bot_id: int) -> int:
        """Call uncertain what was under way when the process died; returns how many messages."""
        cut = (UNSETTLED, broadcast_sends.c.state == _SENDING)
        ours = broadcast_sends.c.broadcast_id.in_(select(broadcasts.c.id).where(broadcasts.c.bot_id == bot_id))
        counted = select(broadcast_sends.c.broadcast_id, func.count().label("number")).where(*cut, ours)
        found = await self._tx.rows(counted.group_by(broadcast_sends.c.broadcast_id))
        for row in found:
            this = broadcast_sends.c.broadcast_id == row["broadcast_id"]
            await self._tx.run(update(broadcast_sends).where(*cut, this).values(state=str(Sent.UNCERTAIN)))
            await self._broadcasts.count(row["broadcast_id"], {str(Sent.UNCERTAIN): row["number"]})
        return sum(row["number"] for row in found)

    async def delivered(self, broadcast_id: int, after: int, limit: int) -> list[Delivered]:
        """Return messages that are still there, by the ids of those who have them."""
        mine = (broadcast_sends.c.broadcast_id == broadcast_id, DELIVERED, broadcast_sends.c.person > after)
        statement = select(broadcast_sends).where(*mine).order_by(broadcast_sends.c.person).limit(limit)
        rows = await self._tx.rows(statement)
        return [Delivered(row["person"], (row["message_id"], *(row["more_ids"] or ())), row["at"]) for row in rows]

    async def deleted(self, broadcast: Broadcast, *, deleted: Collection[int], kept: Collection[int]) -> None:
        """Record whose messages were deleted, and whose could not be."""
        await self._move(broadcast, deleted, str(Sent.DELIVERED), _DELETED)
        await self._move(broadcast, kept, str(Sent.DELIVERED), _KEPT)
        await self._broadcasts.count(broadcast.id, {_DELETED: len(deleted), _KEPT: len(kept)})

    async def prune(self, at: datetime, limit: int) -> int:
        """Forget some of the messages that went out before then and can be deleted no more; returns how many."""
        open_now = broadcasts.c.state.in_([str(BroadcastState.RUNNING), str(BroadcastState.PAUSED)])
        may_go_out = exists().where(broadcasts.c.id == broadcast_sends.c.broadcast_id, open_now)
        over = or_(broadcast_sends.c.state.not_in([_WAITING, _SENDING]), ~may_go_out)
        return await self._tx.delete_some(broadcast_sends, broadcast_sends.c.at <= at, over, limit=limit)

    def _new(self, broadcast: Broadcast, person: int, *, is_held: bool) -> dict[str, object]:
        state = _WAITING if is_held else _SENDING
        return {"broadcast_id": broadcast.id, "person": person, "state": state, "at": self._tx.now}

    def _settled(self, broadcast: Broadcast, end: Ended) -> dict[str, object]:
        first, *more = end.message_ids or (None,)
        new = {"state": str(end.sent), "message_id": first, "more_ids": more or None, "at": self._tx.now}
        return {"of": broadcast.id, "whose": end.person, **new}

    async def _move(self, broadcast: Broadcast, persons: Collection[int], before: str, after: str) -> None:
        if not persons:
            return
        mine = (broadcast_sends.c.broadcast_id == broadcast.id, broadcast_sends.c.person.in_(persons))
        statement = update(broadcast_sends).where(*mine, broadcast_sends.c.state == before)
        await self._tx.run(statement.values(state=after))

    async def _drop(self, broadcast: Broadcast, persons: Collection[int]) -> None:
        if persons:
            mine = (broadcast_sends.c.broadcast_id == broadcast.id, broadcast_sends.c.person.in_(persons))
            await self._tx.run(delete(broadcast_sends).where(*mine))


_SETTLE = (
    update(broadcast_sends)
    .where(broadcast_sends.c.broadcast_id == bindparam("of"), broadcast_sends.c.person == bindparam("whose"))
    .values(
        state=bindparam("state"),
        message_id=bindparam("message_id"),
        more_ids=bindparam("more_ids"),
        at=bindparam("at"),
    )
)
