"""What the database says of the work and of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import JSON, Column, RowMapping, Table, Text, delete, func, select, text

from fetchgram.screens import Checked, Health, HealthReport
from fetchgram.storage.columns import Instant
from fetchgram.storage.database import insert_into
from fetchgram.storage.order import may_start
from fetchgram.storage.tables import OPEN, RUNNING, jobs, metadata
from fetchgram.storage.transaction import Transaction

_FORGOTTEN = timedelta(days=1)

vitals = Table(
    "vitals",
    metadata,
    Column("process", Text, primary_key=True),
    Column("checks", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What a process found last of itself."""

    name: str
    checks: Sequence[Checked]
    at: datetime


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
        waits = (OPEN, jobs.c.state != "running", may_start(self._tx.now))
        waiting = await self._tx.one(
            select(func.count().label("n"), func.min(jobs.c.created_at).label("at")).where(*waits)
        )
        running = await self._tx.integer(select(func.count()).select_from(jobs).where(RUNNING))
        return Line(waiting=waiting["n"], running=running, oldest=waiting["at"], now=now)

    async def put(self, process: str, checks: Sequence[Checked]) -> None:
        """Keep what a process found of itself, and forget those that are long gone."""
        plain = [[each.name, each.report.health.value, each.report.detail] for each in checks]
        new = {"checks": plain, "at": self._tx.now}
        statement = insert_into(vitals).values(process=process, **new)
        await self._tx.run(statement.on_conflict_do_update(index_elements=[vitals.c.process], set_=new))
        await self._tx.run(delete(vitals).where(vitals.c.at < self._tx.now - _FORGOTTEN))

    async def others(self, process: str) -> list[ProcessState]:
        """Return how all other processes are."""
        found = select(vitals).where(vitals.c.process != process).order_by(vitals.c.process)
        return [_state(row) for row in await self._tx.rows(found)]

    async def size_bytes(self) -> int:
        """Return how large the database is."""
        if self._tx.is_shared:
            return await self._tx.integer(text("SELECT pg_database_size(current_database())"))
        pages = await self._tx.integer(text("PRAGMA page_count"))
        return pages * await self._tx.integer(text("PRAGMA page_size"))


def _state(row: RowMapping) -> ProcessState:
    checks = [
        Checked(name=name, report=HealthReport(health=Health(health), detail=detail))
        for name, health, detail in row["checks"]
    ]
    return ProcessState(row["process"], checks, row["at"])
