"""Broadcasts: what is sent to whom, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select, update

from fetchgram.model import Broadcast, BroadcastState, Post, Recipients, Tally
from fetchgram.storage.broadcast_tables import TALLY, UNENDED, broadcasts
from fetchgram.storage.transaction import Transaction

_DRAFT = (BroadcastState.DRAFT,)
_RUNNING = (BroadcastState.RUNNING,)
_PAUSED = (BroadcastState.PAUSED,)
_ENDED = (BroadcastState.STOPPED, BroadcastState.DONE)


class BroadcastStore:
    """Broadcasts in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, bot_id: int, author: int, post: Post, recipients: Recipients) -> Broadcast:
        """Store a draft."""
        values = {"bot_id": bot_id, "author": author, "post": post, "recipients": recipients}
        statement = insert(broadcasts).values(state=str(BroadcastState.DRAFT), created_at=self._tx.now, **values)
        return _broadcast(await self._tx.one(statement.returning(broadcasts)))

    async def get(self, broadcast_id: int) -> Broadcast | None:
        """Return a broadcast, or `None`."""
        row = await self._tx.row(select(broadcasts).where(broadcasts.c.id == broadcast_id))
        return None if row is None else _broadcast(row)

    async def revise(
        self, broadcast_id: int, *, post: Post | None = None, recipients: Recipients | None = None
    ) -> bool:
        """Change a draft; false when it is none any more."""
        changes = {name: value for name, value in {"post": post, "recipients": recipients}.items() if value is not None}
        return await self._update(broadcast_id, _DRAFT, **changes)

    async def newest(self, bot_id: int, limit: int, *, skip: int = 0) -> list[Broadcast]:
        """Return the broadcasts of a bot, the newest first."""
        statement = select(broadcasts).where(broadcasts.c.bot_id == bot_id).order_by(broadcasts.c.id.desc())
        return [_broadcast(row) for row in await self._tx.rows(statement.limit(limit).offset(skip))]

    async def start(self, broadcast_id: int, total: int) -> bool:
        """Let a draft go out to so many people."""
        state = str(BroadcastState.RUNNING)
        return await self._update(broadcast_id, _DRAFT, state=state, started_at=self._tx.now, total=total)

    async def pause(self, broadcast_id: int, reason: str | None = None) -> bool:
        """Let nothing more begin; a reason says that nobody asked for it."""
        return await self._update(broadcast_id, _RUNNING, state=str(BroadcastState.PAUSED), reason=reason)

    async def resume(self, broadcast_id: int) -> bool:
        """Go on where it was paused."""
        return await self._update(broadcast_id, _PAUSED, state=str(BroadcastState.RUNNING), reason=None)

    async def stop(self, broadcast_id: int) -> bool:
        """End it before everybody had their turn."""
        return await self._end(broadcast_id, BroadcastState.STOPPED, (*_RUNNING, *_PAUSED))

    async def finish(self, broadcast_id: int) -> bool:
        """End it when everybody had their turn."""
        return await self._end(broadcast_id, BroadcastState.DONE, _RUNNING)

    async def withdraw(self, broadcast_id: int) -> bool:
        """Have an ended broadcast deleted for everyone again."""
        return await self._update(broadcast_id, _ENDED, is_withdrawn=True)

    async def discard(self, broadcast_id: int) -> bool:
        """Throw a draft away."""
        mine = (broadcasts.c.id == broadcast_id, broadcasts.c.state == str(BroadcastState.DRAFT))
        return await self._tx.run(delete(broadcasts).where(*mine)) == 1

    async def due(self, bot_id: int) -> Broadcast | None:
        """Return the oldest broadcast that is to go out."""
        mine = (broadcasts.c.bot_id == bot_id, UNENDED, broadcasts.c.state == str(BroadcastState.RUNNING))
        row = await self._tx.row(select(broadcasts).where(*mine).order_by(broadcasts.c.id).limit(1))
        return None if row is None else _broadcast(row)

    async def due_withdrawal(self, bot_id: int, since: datetime) -> Broadcast | None:
        """Return the oldest broadcast that is still being deleted, among those that ended since then."""
        left = broadcasts.c.delivered > broadcasts.c.deleted + broadcasts.c.kept
        mine = (broadcasts.c.bot_id == bot_id, broadcasts.c.is_withdrawn, left, broadcasts.c.ended_at >= since)
        row = await self._tx.row(select(broadcasts).where(*mine).order_by(broadcasts.c.id).limit(1))
        return None if row is None else _broadcast(row)

    async def walked_to(self, broadcast_id: int) -> int:
        """Return the last person whose turn has come."""
        return await self._tx.integer(select(broadcasts.c.walked_to).where(broadcasts.c.id == broadcast_id))

    async def count(self, broadcast_id: int, more: Mapping[str, int]) -> None:
        """Add to the tally."""
        new = {name: broadcasts.c[name] + count for name, count in more.items() if count}
        if new:
            await self._tx.run(update(broadcasts).where(broadcasts.c.id == broadcast_id).values(**new))

    async def all_deleted(self, broadcast_id: int) -> None:
        """End a withdrawal: what is not deleted stays."""
        kept = broadcasts.c.delivered - broadcasts.c.deleted
        await self._tx.run(update(broadcasts).where(broadcasts.c.id == broadcast_id).values(kept=kept))

    async def prune(self, at: datetime, limit: int) -> int:
        """Delete some of the drafts that were forgotten since then; returns how many."""
        old = (UNENDED, broadcasts.c.state == str(BroadcastState.DRAFT), broadcasts.c.created_at <= at)
        return await self._tx.delete_some(broadcasts, *old, limit=limit)

    async def _end(self, broadcast_id: int, state: BroadcastState, among: Sequence[BroadcastState]) -> bool:
        return await self._update(broadcast_id, among, state=str(state), ended_at=self._tx.now, reason=None)

    async def _update(self, broadcast_id: int, among: Sequence[BroadcastState], **new: object) -> bool:
        mine = (broadcasts.c.id == broadcast_id, broadcasts.c.state.in_([str(state) for state in among]))
        return await self._tx.run(update(broadcasts).where(*mine).values(**new)) == 1


def _broadcast(row: RowMapping) -> Broadcast:
    same = ("id", "bot_id", "author", "post", "recipients", "total", "reason", "is_withdrawn")
    times = ("created_at", "started_at", "ended_at")
    return Broadcast(
        state=BroadcastState(row["state"]),
        tally=Tally(**{name: row[name] for name in TALLY}),
        **{name: row[name] for name in (*same, *times)},
    )
