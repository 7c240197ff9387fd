"""Items of a list at work: where each stands, from its latest delivery and that one's job."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import RowMapping, exists, func, select, update

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Choice, Delivery, DeliveryState, Job, JobState, Link, Recipe, Text
from fetchgram.storage.tables import OPEN, deliveries, jobs
from fetchgram.storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a request that is a list.

    Args:
        position: Its place in the list, from 1.
        job_id: Of its latest job.
        link: What it is.
        title: Foreign text.
        choice: What arrives; a wish (`at_most`) before its turn has come.
        state: Of its delivery.
        job_state: Of its job.
        error: Why it failed.
    """

    position: int
    job_id: int
    link: Link
    title: str
    choice: Choice
    state: DeliveryState
    job_state: JobState
    error: Text | None = None


class ItemStore:
    """Items in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def of_request(self, request_id: int) -> list[Item]:
        """Return the items of a list, in its order."""
        latest = (
            select(func.max(deliveries.c.id))
            .where(deliveries.c.request_id == request_id)
            .group_by(deliveries.c.position)
        )
        columns = (
            *(deliveries.c.position, deliveries.c.job_id, deliveries.c.state, deliveries.c.error),
            *(jobs.c.link, jobs.c.title, jobs.c.recipe, jobs.c.state.label("job_state")),
        )
        statement = select(*columns).join(jobs, jobs.c.id == deliveries.c.job_id).where(deliveries.c.id.in_(latest))
        return [_item(row) for row in await self._tx.rows(statement.order_by(deliveries.c.position))]

    async def make_exact(self, job: Job, link: Link, recipe: Recipe, title: str) -> bool:
        """Write down what the wish of a running job became; false when an open job does that already.

        Raises:
            TemporarilyUnavailable: If the lease has passed to another worker.
        """
        fingerprint = recipe.fingerprint(link)
        if await self._doing(fingerprint, job) is not None:
            return False
        held = (jobs.c.id == job.id, jobs.c.lease == job.lease, jobs.c.state == str(JobState.RUNNING))
        values = {"fingerprint": fingerprint, "link": link, "recipe": recipe, "title": title}
        if await self._tx.run(update(jobs).where(*held).values(**values, updated_at=self._tx.now)) != 1:
            raise TemporarilyUnavailable("lease lost")
        return True

    async def move(self, waiting: Collection[Delivery], job: Job, fingerprint: str) -> int | None:
        """Let deliveries of a job wait for the open one that does the same; returns its id, if it took all of them."""
        other = await self._doing(fingerprint, job)
        there = deliveries.alias()
        for delivery in waiting:
            taken = exists().where(
                there.c.job_id == other,
                there.c.request_id == delivery.request_id,
                there.c.position == delivery.position,
            )
            here = update(deliveries).where(deliveries.c.id == delivery.id, ~taken)
            if other is None or await self._tx.run(here.values(job_id=other)) != 1:
                return None
        return other

    async def _doing(self, fingerprint: str, job: Job) -> int | None:
        statement = select(jobs.c.id).where(OPEN, jobs.c.fingerprint == fingerprint, jobs.c.id != job.id)
        row = await self._tx.row(statement.with_for_update())
        return None if row is None else int(row["id"])


def _item(row: RowMapping) -> Item:
    return Item(
        position=row["position"],
        job_id=row["job_id"],
        link=row["link"],
        title=row["title"],
        choice=row["recipe"].choice,
        state=DeliveryState(row["state"]),
        job_state=JobState(row["job_state"]),
        error=row["error"],
    )
