"""What the database says of the work and of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from fetchgram.storage.order import may_start
from fetchgram.storage.tables import OPEN, RUNNING, jobs
from fetchgram.storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The jobs of everybody.

    Args:
        waiting: Could start now.
        running: Are at work.
        oldest: When the oldest of those that could start was put there.
        now: By the database's clock.
    """

    waiting: int
    running: int
    oldest: datetime | None
    now: datetime


class VitalStore:
    """How things are, in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def line(self) -> Line:
        """Return how long the line is, and how long its oldest job waits."""
        now = self._tx.now
        waits = (OPEN, jobs.c.state != "running", may_start(self._tx))
        waiting = await self._tx.one(
            select(func.count().label("n"), func.min(jobs.c.created_at).label("at")).where(*waits)
        )
        running = await self._tx.integer(select(func.count()).select_from(jobs).where(RUNNING))
        return Line(waiting=waiting["n"], running=running, oldest=waiting["at"], now=now)

    async def size_bytes(self) -> int:
        """Return how large the database is."""
        if self._tx.is_shared:
            return await self._tx.integer(text("SELECT pg_database_size(current_database())"))
        pages = await self._tx.integer(text("PRAGMA page_count"))
        return pages * await self._tx.integer(text("PRAGMA page_size"))
