"""What procrastinate's table does not know of: only on PostgreSQL, where it is."""

from __future__ import annotations

from sqlalchemy import String, cast, column, literal_column, select, table

from fetchgram.storage.order import may_start
from fetchgram.storage.tables import OPEN, jobs
from fetchgram.storage.transaction import Transaction

_HINTS = table("procrastinate_jobs", column("lock"), column("status"))
_ALIVE = [literal_column("'todo'", String), literal_column("'doing'", String)]


class HintStore:
    """Hints in one transaction; procrastinate itself writes them."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def orphans(self, limit: int) -> list[int]:
        """Return jobs that could start and have no hint, the next in line first."""
        known = select(_HINTS.c.lock).where(_HINTS.c.lock == cast(jobs.c.id, String), _HINTS.c.status.in_(_ALIVE))
        statement = select(jobs.c.id).where(OPEN, may_start(self._tx.now), ~known.correlate(jobs).exists())
        rows = await self._tx.rows(statement.order_by(jobs.c.tag, jobs.c.id).limit(limit))
        return [row["id"] for row in rows]
