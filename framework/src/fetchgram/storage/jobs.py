"""The work: joined by equal wishes, claimed under a lease, taken over when its worker falls silent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias, cast

from sqlalchemy import RowMapping, bindparam, case, literal, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Checkpoint, Delivery, Destination, Job, JobState, Link, Recipe, Stage, Text
from fetchgram.storage import order
from fetchgram.storage.database import Insert, insert_into
from fetchgram.storage.deliveries import DeliveryStore
from fetchgram.storage.tables import ENDED, OPEN, RUNNING, WAITING, jobs
from fetchgram.storage.transaction import Transaction

_Jobs: TypeAlias = list[Job]
"""Inside the class, `list` is a method."""

# Built once, these stand in every stage of every job; what they set comes as parameters.
_HELD = update(jobs).where(
    jobs.c.id == bindparam("held_id"), jobs.c.lease == bindparam("held_lease"), jobs.c.state == literal("running")
)
_CHANGE_HELD = _HELD.returning(jobs)


class JobStore:
    """Jobs in one transaction.

    Every call that names a lease raises `TemporarilyUnavailable` when the job is held under a later one, or no longer
    held at all: whoever lost it must stop.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def join_or_create(  # noqa: PLR0913, PLR0917  # a job, who wants it and where it goes
        self,
        fingerprint: str,
        link: Link,
        recipe: Recipe,
        title: str,
        request_id: int,
        position: int,
        destination: Destination,
        person_key: str,
        cost: float,
        flow: str | None = None,
    ) -> tuple[Job, Delivery, bool]:
        """Let a request wait for the one open job of this fingerprint, which is made if there is none.

        Args:
            fingerprint: `recipe.fingerprint(link)`.
            link: What to fetch.
            recipe: What to make of it.
            title: Foreign text, names the file.
            request_id: Whose delivery.
            position: Place in the request.
            destination: Where it goes.
            person_key: Whose job it is.
            cost: How much of a turn.
            flow: Whose turn it takes; the person's by default.

        Returns:
            The job, the delivery, and whether the job is new.
        """
        turn = {"person_key": person_key, "flow": flow or person_key}
        tag = await order.next_start(self._tx, turn["flow"])
        statement = insert_into(jobs).values(
            fingerprint=fingerprint,
            link=link,
            recipe=recipe,
            title=title,
            state=str(JobState.QUEUED),
            stage=str(Stage.DOWNLOAD),
            tag=tag,
            finish_tag=tag + cost,
            **turn,
            created_at=self._tx.now,
            updated_at=self._tx.now,
        )
        job, created = await self._insert_or_join(statement, fingerprint, turn, tag, cost)
        delivery = await DeliveryStore(self._tx).add(job.id, request_id, position, destination)
        return job, delivery, created

    async def get(self, job_id: int) -> Job | None:
        """Return a job, or `None`."""
        row = await self._tx.row(select(jobs).where(jobs.c.id == job_id))
        return None if row is None else _job(row)

    async def hold(self, *job_ids: int) -> None:
        """Let nobody join, cancel or end these jobs until the transaction ends; before what they depend on is read.

        Whoever holds jobs and requests holds the jobs first. On SQLite a writer is alone anyway.
        """
        if self._tx.is_shared and job_ids:
            held = select(jobs.c.id).where(jobs.c.id.in_(job_ids)).order_by(jobs.c.id)
            await self._tx.rows(held.with_for_update())

    async def claim(
        self,
        worker: str,
        lease_s: float,
        *,
        running_limit: int,
        only: int | None = None,
        unlimited: Collection[int] = (),
    ) -> Job | None:
        """Take the next job under a new lease, `None` when nothing can start.

        Args:
            worker: Who takes it.
            lease_s: How long it may be silent.
            running_limit: Jobs of one person at once, who has no such limit of their own.
            only: Take no other job than this one.
            unlimited: People whom that limit does not concern.
        """
        clock = await order.take_turn(self._tx)
        statement = _claiming(named=only is not None, unlimited=tuple(unlimited))
        now = self._tx.now
        given = {order.NOW.key: now, order.LIMIT.key: running_limit}
        given |= {} if only is None else {order.ONLY.key: only}
        taken = {"worker": worker, "lease_until": self._later(lease_s), "started_at": now, "updated_at": now}
        row = await self._tx.row(statement, given | taken)
        if row is None:
            return None
        if row["tag"] > clock:
            await order.advance(self._tx, row["tag"])
        return _job(row)

    async def taken_from(self, job_id: int) -> str | None:
        """Return the worker that fell silent and lost a job to the one that has it now, `None` if none did."""
        row = await self._tx.row(select(jobs.c.taken_from).where(jobs.c.id == job_id))
        return None if row is None else cast("str | None", row["taken_from"])

    async def of_worker(self, worker: str) -> _Jobs:
        """Return the jobs that a worker holds, or held when it fell silent."""
        rows = await self._tx.rows(select(jobs).where(RUNNING, jobs.c.worker == worker).order_by(jobs.c.id))
        return [_job(row) for row in rows]

    async def renew(self, job_id: int, lease: int, lease_s: float) -> bool:
        """Hold a job for longer; `False` when it is lost."""
        held = {"held_id": job_id, "held_lease": lease, "lease_until": self._later(lease_s)}
        return await self._tx.run(_HELD, held) == 1

    async def stage(self, job_id: int, lease: int, stage: Stage, checkpoint: Checkpoint | None) -> Job:
        """Go on to a stage; without a new checkpoint the last one stays, but going back to the download drops it."""
        values: dict[str, object] = {"stage": str(stage)}
        if checkpoint is not None or stage is Stage.DOWNLOAD:
            values["checkpoint"] = checkpoint
        return await self._change_held(job_id, lease, values)

    async def finish(
        self, job_id: int, lease: int, state: JobState, *, error: Text | None = None, error_number: str | None = None
    ) -> Job:
        """End a job."""
        return await self._let_go(job_id, lease, state, error=error, error_number=error_number)

    async def retry(
        self, job_id: int, lease: int, not_before: datetime, *, error: Text | None = None, counts: bool = True
    ) -> Job:
        """Let a job wait for its next attempt; it keeps its place in the order.

        Args:
            job_id: Which one.
            lease: Under which it is held.
            not_before: When it may start again.
            error: What stopped it.
            counts: Whether this was one of its attempts.
        """
        values: dict[str, object] = {"not_before": not_before, "error": error}
        if not counts:
            values["attempt"] = await self._attempts(job_id) - 1
        return await self._let_go(job_id, lease, JobState.WAITING, **values)

    async def release(self, job_id: int, lease: int) -> Job:
        """Hand a job back as it is; the attempt does not count."""
        return await self._let_go(job_id, lease, JobState.QUEUED, attempt=await self._attempts(job_id) - 1)

    async def hurry(self, job_id: int) -> bool:
        """Let a job that waits for its next attempt start now; `False` when it does not wait."""
        due = {"not_before": self._tx.now, "updated_at": self._tx.now}
        return await self._tx.run(update(jobs).where(WAITING, jobs.c.id == job_id).values(**due)) == 1

    async def cancel(self, job_id: int) -> bool:
        """End a job whoever holds it; `False` when it had ended. One that never started takes no turn of its person."""
        never_started = jobs.c.attempt == 0
        statement = (
            update(jobs)
            .where(OPEN, jobs.c.id == job_id)
            .values(
                state=str(JobState.CANCELLED),
                lease=jobs.c.lease + 1,
                lease_until=None,
                worker=None,
                not_before=None,
                finish_tag=case((never_started, jobs.c.tag), else_=jobs.c.finish_tag),
                updated_at=self._tx.now,
            )
        )
        return await self._tx.run(statement) == 1

    async def left_by(self, workers: str) -> _Jobs:
        """Return the jobs that workers hold whose names begin like this."""
        theirs = jobs.c.worker.startswith(workers, autoescape=True)
        rows = await self._tx.rows(select(jobs).where(RUNNING, theirs).order_by(jobs.c.id))
        return [_job(row) for row in rows]

    async def abandon(self, workers: str = "") -> int:
        """End the leases of workers that are known to be dead, by how their names begin; returns how many."""
        theirs = jobs.c.worker.startswith(workers, autoescape=True)
        return await self._tx.run(update(jobs).where(RUNNING, theirs).values(lease_until=self._tx.now))

    async def list(self, states: Collection[JobState], limit: int) -> list[Job]:
        """Return the newest jobs in these states."""
        wanted = jobs.c.state.in_([str(state) for state in states])
        # An index over the states of all jobs would draw SQLite's planner away from the order of the line.
        still_open = () if any(state.ended for state in states) else (OPEN,)
        rows = await self._tx.rows(select(jobs).where(wanted, *still_open).order_by(jobs.c.id.desc()).limit(limit))
        return [_job(row) for row in rows]

    async def still_open(self, ids: Collection[int]) -> set[int]:
        """Return which of these jobs have not ended."""
        rows = await self._tx.rows(select(jobs.c.id).where(OPEN, jobs.c.id.in_(ids)))
        return {row["id"] for row in rows}

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete some of the jobs that ended before this, with what is left of their deliveries; returns how many."""
        return await self._tx.delete_some(jobs, ENDED, jobs.c.updated_at < before, limit=limit)

    async def _insert_or_join(
        self, statement: Insert, fingerprint: str, turn: Mapping[str, str], tag: float, cost: float
    ) -> tuple[Job, bool]:
        alone = statement.on_conflict_do_nothing(index_elements=[jobs.c.fingerprint], index_where=OPEN).returning(jobs)
        while True:  # a job that ends at this moment is neither there to join nor in the way the next time
            if (row := await self._tx.row(alone)) is not None:
                return _job(row), True
            if (job := await self._join(fingerprint, turn, tag, cost)) is not None:
                return job, False

    async def _join(self, fingerprint: str, turn: Mapping[str, str], tag: float, cost: float) -> Job | None:
        row = await self._tx.row(select(jobs).where(OPEN, jobs.c.fingerprint == fingerprint).with_for_update())
        if row is None:
            return None
        if row["attempt"] > 0 or row["tag"] <= tag:
            return _job(row)
        # Whoever joins would start it earlier: it moves up and takes their turn, or they would wait in another's line.
        values = {**turn, "tag": tag, "finish_tag": tag + cost}
        return _job(await self._tx.one(update(jobs).where(jobs.c.id == row["id"]).values(**values).returning(jobs)))

    async def _attempts(self, job_id: int) -> int:
        return await self._tx.integer(select(jobs.c.attempt).where(jobs.c.id == job_id))

    async def _let_go(self, job_id: int, lease: int, state: JobState, **values: object) -> Job:
        free: dict[str, object] = {"state": str(state), "worker": None, "lease_until": None}
        return await self._change_held(job_id, lease, free | values)

    async def _change_held(self, job_id: int, lease: int, values: dict[str, object]) -> Job:
        held = {"held_id": job_id, "held_lease": lease, "updated_at": self._tx.now}
        row = await self._tx.row(_CHANGE_HELD, held | values)
        if row is None:
            raise TemporarilyUnavailable("lease lost")
        return _job(row)

    def _later(self, seconds: float) -> datetime:
        return self._tx.now + timedelta(seconds=seconds)


@lru_cache(maxsize=8)
def _claiming(*, named: bool, unlimited: tuple[int, ...]) -> ReturningUpdate[Any]:
    """Build the statement that takes the next job: the same from one claim to the next."""
    return (
        update(jobs)
        .where(jobs.c.id == order.first_in_line(named=named, unlimited=unlimited))
        .values(
            state=str(JobState.RUNNING),
            taken_from=case((jobs.c.state == "running", jobs.c.worker)),
            attempt=jobs.c.attempt + 1,
            lease=jobs.c.lease + 1,
            not_before=None,
            error=None,
        )
        .returning(jobs)
    )


def _job(row: RowMapping) -> Job:
    return Job(
        id=row["id"],
        fingerprint=row["fingerprint"],
        link=row["link"],
        recipe=row["recipe"],
        title=row["title"],
        state=JobState(row["state"]),
        created_at=row["created_at"],
        stage=Stage(row["stage"]),
        attempt=row["attempt"],
        lease=row["lease"],
        checkpoint=row["checkpoint"],
        not_before=row["not_before"],
        error=row["error"],
        error_number=row["error_number"],
    )
