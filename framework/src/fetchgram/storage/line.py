"""The line of jobs: who is at work, who is next and how soon, and how one is moved to the front."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, literal, select, tuple_, update

from fetchgram.model import JobState
from fetchgram.storage import order
from fetchgram.storage.tables import ENDED, OPEN, RUNNING, WAITING, deliveries, jobs, requests
from fetchgram.storage.transaction import Transaction

_LATELY = 20
"""So many of the last jobs say how long one takes."""


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

    async def place(self, job_id: int) -> tuple[int, int]:
        """Return the place in line, 1 for the next one and 0 for a job that does not wait, and how many run."""
        running = await self._tx.integer(select(func.count()).select_from(jobs).where(RUNNING))
        row = await self._tx.row(select(jobs.c.tag, jobs.c.state).where(jobs.c.id == job_id))
        if row is None or row["state"] not in {JobState.QUEUED, JobState.WAITING}:
            return 0, running
        return 1 + await self._tx.integer(order.before(self._tx, row["tag"], job_id)), running

    async def in_line(self) -> int:
        """Count the jobs of everybody that have not ended."""
        return await self._tx.integer(select(func.count()).select_from(jobs).where(OPEN))

    async def took_lately_s(self, since: datetime) -> Sequence[float]:
        """Return how long the last jobs took from their start to their end; those from the cache do not count."""
        statement = (
            select(jobs.c.started_at, jobs.c.updated_at)
            .where(
                ENDED, jobs.c.updated_at >= since, jobs.c.state == str(JobState.DONE), jobs.c.checkpoint.is_not(None)
            )
            .order_by(jobs.c.updated_at.desc())
            .limit(_LATELY)
        )
        return [(row["updated_at"] - row["started_at"]).total_seconds() for row in await self._tx.rows(statement)]

    async def counts_of(self, person_key: str) -> tuple[int, int]:
        """Return how many jobs of a person run and how many wait; items of lists stand in a line of their own."""
        running = func.count().filter(jobs.c.state == "running")
        statement = select(running.label("running"), func.count().label("all")).select_from(jobs)
        own_line = (jobs.c.person_key == person_key, jobs.c.flow == person_key)
        row = await self._tx.one(statement.where(OPEN, *own_line))
        return row["running"], row["all"] - row["running"]

    async def next_due(self) -> datetime | None:
        """Return when the first waiting job is due or the first lease ends, if nothing else happens."""
        due = select(func.min(jobs.c.not_before)).where(WAITING).scalar_subquery()
        ends = select(func.min(jobs.c.lease_until)).where(RUNNING).scalar_subquery()
        row = await self._tx.one(select(due.label("due"), ends.label("ends")))
        return min((at for at in (row["due"], row["ends"]) if at is not None), default=None)
