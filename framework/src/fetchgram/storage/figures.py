"""How much a bot is used: counted afresh, along indices."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from fetchgram.model import RequestState
from fetchgram.model.figures import Figures
from fetchgram.storage.tables import UNFINISHED, people, requests
from fetchgram.storage.transaction import Transaction

_DAY = timedelta(days=1)


class FigureStore:
    """Figures in one transaction, read only."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def of(self, bot_id: int) -> Figures:
        """Return how much a bot is used."""
        ended = await self.ended(bot_id)
        return Figures(
            people=await self._tx.integer(select(func.count()).select_from(people).where(people.c.bot_id == bot_id)),
            today=await self.here(bot_id, 1),
            week=await self.here(bot_id, 7),
            month=await self.here(bot_id, 30),
            done=ended.get(RequestState.DONE, 0),
            failed=ended.get(RequestState.FAILED, 0),
            cancelled=ended.get(RequestState.CANCELLED, 0),
            under_way=await self._tx.integer(
                select(func.count()).select_from(requests).where(requests.c.bot_id == bot_id, UNFINISHED)
            ),
        )

    async def here(self, bot_id: int, days: int) -> int:
        """Return how many people were here in the last days."""
        since = self._tx.now - days * _DAY
        mine = (people.c.bot_id == bot_id, people.c.last_seen >= since)
        return await self._tx.integer(select(func.count()).select_from(people).where(*mine))

    async def ended(self, bot_id: int) -> dict[str, int]:
        """Return how the wishes stand that something happened to in the last day."""
        # No condition and no group of the bot: along its index SQLite would go through all that was ever asked for.
        mine = func.count().filter(requests.c.bot_id == bot_id).label("count")
        counted = select(requests.c.state, mine).where(requests.c.updated_at >= self._tx.now - _DAY)
        rows = await self._tx.rows(counted.group_by(requests.c.state))
        return {row["state"]: row["count"] for row in rows if row["count"]}
