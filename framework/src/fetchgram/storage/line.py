"""The line of jobs as admins see it: who is at work, who is next, and how one is moved to the front."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, literal, select, tuple_, update

from fetchgram.model import JobState
from fetchgram.storage.tables import OPEN, deliveries, jobs, requests
from fetchgram.storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """Somebody who waits for a job, or waited."""

    job_id: int
    bot_id: int
    person: int
    request_id: int
    state: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an open job stands."""

    id: int
    state: JobState
    stage: str
    title: str
    plugin: str
    attempt: int
    created_at: datetime
    started_at: datetime | None
    worker: str | None
    not_before: datetime | None
    tag: float


class LineStore:
    """The line in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def page(self, limit: int, *, after: tuple[float, int] | None = None) -> list[Standing]:
        """Return open jobs in the order of their turns; those at work had theirs already.

        Args:
            limit: Most jobs.
            after: Tag and id of the last one that was seen.
        """
        statement = select(jobs).where(OPEN).order_by(jobs.c.tag, jobs.c.id).limit(limit)
        if after is not None:
            statement = statement.where(tuple_(jobs.c.tag, jobs.c.id) > tuple_(*after))
        return [
            Standing(
                id=row["id"],
                state=JobState(row["state"]),
                stage=row["stage"],
                title=row["title"],
                plugin=row["link"].plugin,
                attempt=row["attempt"],
                created_at=row["created_at"],
                started_at=row["started_at"],
                worker=row["worker"],
                not_before=row["not_before"],
                tag=row["tag"],
            )
            for row in await self._tx.rows(statement)
        ]

    async def counts(self) -> dict[JobState, int]:
        """Count the open jobs by their state."""
        statement = select(jobs.c.state, func.count().label("count")).where(OPEN).group_by(jobs.c.state)
        return {JobState(row["state"]): row["count"] for row in await self._tx.rows(statement)}

    async def waiters(self, job_ids: Collection[int]) -> list[Waiter]:
        """Return who waits for these jobs, or waited, in the order in which they joined."""
        statement = (
            select(
                deliveries.c.job_id,
                deliveries.c.bot_id,
                deliveries.c.person,
                deliveries.c.request_id,
                deliveries.c.state,
                requests.c.url,
            )
            .join(requests, requests.c.id == deliveries.c.request_id)
            .where(deliveries.c.job_id.in_(job_ids))
            .order_by(deliveries.c.id)
        )
        return [Waiter(**row) for row in await self._tx.rows(statement)]

    async def to_front(self, job_id: int) -> bool:
        """Let a job that waits have its turn before all others; false when it does not wait.

        Its person's later jobs keep their own turns: the end tag stays, so that nobody gains more than this once.
        """
        waits = (OPEN, jobs.c.id == job_id, jobs.c.state != str(JobState.RUNNING))
        first = select(func.min(jobs.c.tag) - 1).where(OPEN, jobs.c.state != str(JobState.RUNNING)).scalar_subquery()
        now = literal(self._tx.now, jobs.c.not_before.type)
        due = case((jobs.c.state == str(JobState.WAITING), now), else_=jobs.c.not_before)
        values = {"tag": first, "not_before": due, "updated_at": self._tx.now}
        return await self._tx.run(update(jobs).where(*waits).values(**values)) == 1

    async def worker_of(self, job_id: int) -> str | None:
        """Return who works on a job, if anybody does."""
        row = await self._tx.row(select(jobs.c.worker).where(jobs.c.id == job_id))
        return None if row is None else row["worker"]
