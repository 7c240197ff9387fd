"""Deliveries: where each stands, and the ledger of what was about to be sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import RowMapping, ScalarSelect, and_, case, func, literal, select, update

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Delivery, DeliveryState, Destination, Json, Receipt, Text
from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import OPEN, deliveries, jobs, ledger, people, requests
from fetchgram.storage.transaction import Transaction

_LIVE = ("waiting", "sending")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one delivery counts against its person's limits."""

    at: datetime
    size_bytes: int
    duration_s: float


class DeliveryStore:
    """Deliveries and their ledgers in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, job_id: int, request_id: int, position: int, destination: Destination) -> Delivery:
        """Let a request wait on a job; the delivery that was there wakes up if it was given up.

        One that may have arrived is sent again then: its messages get new random ids.

        Raises:
            LookupError: If there is no such request.
        """
        values = {
            deliveries.c.job_id: literal(job_id),
            deliveries.c.request_id: requests.c.id,
            deliveries.c.position: literal(position),
            deliveries.c.bot_id: requests.c.bot_id,
            deliveries.c.person: requests.c.person,
            deliveries.c.destination: literal(destination, deliveries.c.destination.type),
            deliveries.c.state: literal(str(DeliveryState.WAITING)),
            deliveries.c.resends: self._resends_before(request_id, position),
            deliveries.c.created_at: literal(self._tx.now, deliveries.c.created_at.type),
        }
        source = select(*values.values()).where(requests.c.id == request_id)
        given_up = deliveries.c.state.in_(["cancelled", "failed", "uncertain"])
        sent_again = case((deliveries.c.state == "uncertain", 1), else_=0)
        statement = (
            insert_into(deliveries)
            .from_select(list(values), source)
            .on_conflict_do_update(
                index_elements=[deliveries.c.job_id, deliveries.c.request_id, deliveries.c.position],
                set_={
                    "state": case((given_up, "waiting"), else_=deliveries.c.state),
                    "resends": deliveries.c.resends + sent_again,
                },
            )
            .returning(deliveries)
        )
        return _delivery(await self._tx.one(statement))

    def _resends_before(self, request_id: int, position: int) -> ScalarSelect[int]:
        """Count on from the deliveries of earlier jobs, so that a message's random id is never used twice."""
        earlier = deliveries.alias()
        again = earlier.c.resends + case((earlier.c.state == "uncertain", 1), else_=0)
        return (
            select(func.coalesce(func.max(again), 0))
            .where(earlier.c.request_id == request_id, earlier.c.position == position)
            .scalar_subquery()
        )

    async def get(self, delivery_id: int) -> Delivery | None:
        """Return a delivery, or `None`."""
        row = await self._tx.row(select(deliveries).where(deliveries.c.id == delivery_id))
        return None if row is None else _delivery(row)

    async def of_job(self, job_id: int) -> list[Delivery]:
        """Return the deliveries of a job, in the order in which they joined."""
        statement = select(deliveries).where(deliveries.c.job_id == job_id).order_by(deliveries.c.id)
        return [_delivery(row) for row in await self._tx.rows(statement)]

    async def limits_of(self, job_id: int) -> dict[int, dict[str, int]]:
        """Return the limits of their own of those who wait on a job, by their deliveries."""
        theirs = and_(people.c.bot_id == deliveries.c.bot_id, people.c.id == deliveries.c.person)
        statement = select(deliveries.c.id, people.c.limits).select_from(deliveries.outerjoin(people, theirs))
        found = statement.where(deliveries.c.job_id == job_id, deliveries.c.state.in_(_LIVE))
        return {row["id"]: row["limits"] or {} for row in await self._tx.rows(found)}

    async def of_jobs(self, job_ids: Collection[int]) -> list[Delivery]:
        """Return the deliveries of some jobs, in the order in which they joined."""
        statement = select(deliveries).where(deliveries.c.job_id.in_(job_ids)).order_by(deliveries.c.id)
        return [_delivery(row) for row in await self._tx.rows(statement)]

    async def requests_of(self, job_id: int) -> list[int]:
        """Return the requests that wait on a job, in the order in which they joined."""
        live = (deliveries.c.job_id == job_id, deliveries.c.state.in_(_LIVE))
        statement = select(deliveries.c.request_id).where(*live).order_by(deliveries.c.id)
        return [*dict.fromkeys(row["request_id"] for row in await self._tx.rows(statement))]

    async def of_request(self, request_id: int) -> list[Delivery]:
        """Return the deliveries of a request, in their positions."""
        statement = select(deliveries).where(deliveries.c.request_id == request_id)
        rows = await self._tx.rows(statement.order_by(deliveries.c.position, deliveries.c.id))
        return [_delivery(row) for row in rows]

    async def jobs_of(self, request_id: int) -> list[int]:
        """Return the jobs on which a request still waits."""
        mine = (deliveries.c.request_id == request_id, deliveries.c.state.in_(_LIVE))
        rows = await self._tx.rows(select(deliveries.c.job_id).where(*mine))
        return sorted({row["job_id"] for row in rows})

    async def set_state(
        self,
        delivery_id: int,
        state: DeliveryState,
        *,
        receipt: Receipt | None = None,
        error: Text | None = None,
        error_number: str | None = None,
    ) -> Delivery:
        """Record where a delivery stands.

        Raises:
            LookupError: If there is no such delivery.
        """
        values: dict[str, object] = {"state": str(state), "error": error, "error_number": error_number}
        if receipt is not None:
            values |= {"receipt": receipt, "size_bytes": receipt.size_bytes}
        if state is DeliveryState.DELIVERED:
            values["delivered_at"] = self._tx.now
        return await self._change(delivery_id, values)

    async def begin(self, delivery_id: int) -> bool:
        """Record that a delivery is being sent; `False` when it is not wanted any more."""
        wanted = (deliveries.c.id == delivery_id, deliveries.c.state.in_(_LIVE))
        return await self._tx.run(update(deliveries).where(*wanted).values(state="sending", error=None)) == 1

    async def again(self, delivery_id: int) -> Delivery:
        """Let a delivery wait once more because the person wants it; its messages get new random ids.

        Raises:
            LookupError: If there is no such delivery.
        """
        values: dict[str, object] = {
            "state": "waiting",
            "resends": deliveries.c.resends + 1,
            "error": None,
            "error_number": None,
        }
        return await self._change(delivery_id, values)

    async def detach(self, request_id: int, *, begun: bool = True, only: int | None = None) -> list[int]:
        """Cancel what a request still waits for; returns the open jobs that nobody waits for any more.

        Args:
            request_id: Whose deliveries.
            begun: Also of jobs that have begun.
            only: Of no other job than this one.
        """
        mine = [deliveries.c.request_id == request_id, deliveries.c.state.in_(_LIVE)]
        if only is not None:
            mine.append(deliveries.c.job_id == only)
        if not begun:
            mine.append(deliveries.c.job_id.in_(select(jobs.c.id).where(OPEN, jobs.c.attempt == 0)))
        statement = update(deliveries).where(*mine).values(state="cancelled").returning(deliveries.c.job_id)
        left = sorted({row["job_id"] for row in await self._tx.rows(statement)})
        waits = select(deliveries.c.id).where(deliveries.c.job_id == jobs.c.id, deliveries.c.state.in_(_LIVE))
        alone = select(jobs.c.id).where(OPEN, jobs.c.id.in_(left), ~waits.correlate(jobs).exists())
        return [row["id"] for row in await self._tx.rows(alone.order_by(jobs.c.id))]

    async def expect(self, delivery_id: int, *, size_bytes: int, duration_s: float) -> None:
        """Note what a delivery will count for its person until what arrives is known."""
        values: dict[str, object] = {"size_bytes": size_bytes, "duration_s": duration_s}
        await self._tx.run(update(deliveries).where(deliveries.c.id == delivery_id).values(**values))

    async def used_since(self, bot_id: int, person: int, since: datetime) -> list[Used]:
        """Return what a person asked for since then and got, or will get; the oldest first."""
        mine = (deliveries.c.bot_id == bot_id, deliveries.c.person == person, deliveries.c.created_at >= since)
        counts = deliveries.c.state.not_in(["failed", "cancelled"])
        columns = (deliveries.c.created_at.label("at"), deliveries.c.size_bytes, deliveries.c.duration_s)
        statement = select(*columns).where(*mine, counts).order_by(deliveries.c.created_at)
        return [Used(**row) for row in await self._tx.rows(statement)]

    async def ledger_get(self, delivery_id: int, key: str) -> Json:
        """Return what was stored under a key, or `None`."""
        statement = select(ledger.c.value).where(ledger.c.delivery_id == delivery_id, ledger.c.key == key)
        row = await self._tx.row(statement)
        return None if row is None else cast("Json", row["value"])

    async def ledger_all(self, delivery_id: int) -> dict[str, Json]:
        """Return everything that was stored for a delivery."""
        statement = select(ledger.c.key, ledger.c.value).where(ledger.c.delivery_id == delivery_id)
        return {row["key"]: row["value"] for row in await self._tx.rows(statement.order_by(ledger.c.key))}

    async def ledger_put(self, delivery_id: int, key: str, value: Json, *, job_id: int, lease: int) -> None:
        """Store a value under the lease of the delivery's job.

        Raises:
            TemporarilyUnavailable: If the lease has passed to another worker, or the job has ended.
        """
        columns = {
            ledger.c.delivery_id: deliveries.c.id,
            ledger.c.key: literal(key),
            ledger.c.value: literal(value, ledger.c.value.type),
            ledger.c.written_at: literal(self._tx.now, ledger.c.written_at.type),
        }
        # The check and the write are one statement; and where others write at the same moment, the job stays as it
        # was found until this is on disk, so that whoever takes it over finds the entry.
        held = (jobs.c.id == job_id, jobs.c.lease == lease, jobs.c.state == "running")
        mine = (deliveries.c.id == delivery_id, deliveries.c.job_id == jobs.c.id)
        source = select(*columns.values()).where(*held, *mine).with_for_update(read=True, of=jobs)
        statement = insert_into(ledger).from_select(list(columns), source)
        new = {"value": statement.excluded.value, "written_at": statement.excluded.written_at}
        key_columns = [ledger.c.delivery_id, ledger.c.key]
        if await self._tx.run(statement.on_conflict_do_update(index_elements=key_columns, set_=new)) != 1:
            raise TemporarilyUnavailable("lease lost")

    async def _change(self, delivery_id: int, values: dict[str, object]) -> Delivery:
        statement = update(deliveries).where(deliveries.c.id == delivery_id).values(**values).returning(deliveries)
        return _delivery(await self._tx.one(statement))


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(
        id=row["id"],
        job_id=row["job_id"],
        request_id=row["request_id"],
        destination=row["destination"],
        position=row["position"],
        state=DeliveryState(row["state"]),
        resends=row["resends"],
        receipt=row["receipt"],
        queued_at=row["created_at"],
    )
