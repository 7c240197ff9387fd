from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import DeliveryState, JobState, Json, Receipt, text
from fetchgram.storage import Session, Storage
from fetchgram.storage.deliveries import Used

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock, Work

RECEIPT = Receipt(route="botapi", message_ids=(5,), size_bytes=1000)


async def test_a_delivery_is_found_by_itself_its_job_and_its_request(session: Session, work: Work) -> None:
    job, delivery, _ = await work.job(session)
    assert delivery.destination == work.chat
    assert delivery.state is DeliveryState.WAITING
    assert await session.deliveries.get(delivery.id) == delivery
    assert await session.deliveries.of_job(job.id) == [delivery]
    assert await session.deliveries.of_request(delivery.request_id) == [delivery]
    assert await session.deliveries.get(99) is None


async def test_a_receipt_is_kept(session: Session, work: Work) -> None:
    _, delivery, _ = await work.job(session)
    done = await session.deliveries.set_state(delivery.id, DeliveryState.DELIVERED, receipt=RECEIPT)
    assert (done.state, done.receipt) == (DeliveryState.DELIVERED, RECEIPT)
    with pytest.raises(LookupError):
        await session.deliveries.set_state(99, DeliveryState.DELIVERED)


async def test_send_again_counts_for_new_random_ids(session: Session, work: Work) -> None:
    _, delivery, _ = await work.job(session)
    await session.deliveries.set_state(delivery.id, DeliveryState.UNCERTAIN, error=text("error-uncertain"))
    again = await session.deliveries.again(delivery.id)
    assert (again.id, again.state, again.resends) == (delivery.id, DeliveryState.WAITING, 1)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (DeliveryState.WAITING, (DeliveryState.WAITING, 0)),
        (DeliveryState.SENDING, (DeliveryState.SENDING, 0)),
        (DeliveryState.DELIVERED, (DeliveryState.DELIVERED, 0)),
        (DeliveryState.CANCELLED, (DeliveryState.WAITING, 0)),
        (DeliveryState.FAILED, (DeliveryState.WAITING, 0)),
        (DeliveryState.UNCERTAIN, (DeliveryState.WAITING, 1)),
    ],
)
async def test_joining_again_wakes_a_delivery_that_was_given_up(
    session: Session, work: Work, state: DeliveryState, expected: tuple[DeliveryState, int]
) -> None:
    job, delivery, _ = await work.job(session)
    await session.deliveries.set_state(delivery.id, state)
    woken = await session.deliveries.add(job.id, delivery.request_id, 0, work.chat)
    assert (woken.id, woken.state, woken.resends) == (delivery.id, *expected)


async def test_a_ledger_value_is_stored_under_the_lease_and_replaced(session: Session, work: Work) -> None:
    _, delivery, _ = await work.job(session)
    job = await session.jobs.claim("w", 30, running_limit=1)
    assert job is not None
    assert await session.deliveries.ledger_get(delivery.id, "random_id") is None
    values: list[Json] = [1, {"parts": [1, 2]}]
    for value in values:
        await session.deliveries.ledger_put(delivery.id, "random_id", value, job_id=job.id, lease=job.lease)
    await session.deliveries.ledger_put(delivery.id, "other", None, job_id=job.id, lease=job.lease)
    assert await session.deliveries.ledger_get(delivery.id, "random_id") == {"parts": [1, 2]}
    assert await session.deliveries.ledger_all(delivery.id) == {"other": None, "random_id": {"parts": [1, 2]}}


async def test_the_lease_of_another_job_opens_no_ledger(session: Session, work: Work) -> None:
    await work.job(session)
    job = await session.jobs.claim("w", 30, running_limit=1)
    _, other, _ = await work.job(session)
    assert job is not None
    with pytest.raises(TemporarilyUnavailable):
        await session.deliveries.ledger_put(other.id, "k", 1, job_id=job.id, lease=job.lease)
    assert await session.deliveries.ledger_all(other.id) == {}


async def test_detaching_the_last_request_names_the_job(session: Session, work: Work) -> None:
    job, mine, _ = await work.job(session, "f")
    _, yours, _ = await work.job(session, "f", person=8)
    assert await session.deliveries.detach(mine.request_id) == []
    assert await session.deliveries.detach(yours.request_id) == [job.id]
    assert await session.deliveries.detach(yours.request_id) == []
    assert {d.state for d in await session.deliveries.of_job(job.id)} == {DeliveryState.CANCELLED}


async def test_detaching_keeps_what_arrived_and_passes_over_ended_jobs(session: Session, work: Work) -> None:
    _, delivery, _ = await work.job(session)
    await session.deliveries.set_state(delivery.id, DeliveryState.DELIVERED, receipt=RECEIPT)
    assert await session.deliveries.detach(delivery.request_id) == []
    kept = await session.deliveries.get(delivery.id)
    assert kept is not None
    assert kept.state is DeliveryState.DELIVERED
    _, other, _ = await work.job(session)
    job = await session.jobs.claim("w", 30, running_limit=9, only=other.job_id)
    assert job is not None
    await session.jobs.finish(job.id, job.lease, JobState.FAILED)
    assert await session.deliveries.detach(other.request_id) == []


async def test_what_a_person_used_is_what_they_wait_for_and_what_arrived(
    storage: Storage, work: Work, clock: StoppedClock
) -> None:
    async with storage.write() as session:
        _, delivery, _ = await work.job(session, person=7)
        await session.deliveries.expect(delivery.id, size_bytes=700, duration_s=60)
        arrived = clock.at
        await session.deliveries.set_state(delivery.id, DeliveryState.DELIVERED, receipt=RECEIPT)
    clock.pass_(60)
    async with storage.write() as session:
        _, waits, _ = await work.job(session, person=7)
        await session.deliveries.expect(waits.id, size_bytes=500, duration_s=30)
        for state in (DeliveryState.FAILED, DeliveryState.CANCELLED):
            _, ended, _ = await work.job(session, person=7)
            await session.deliveries.set_state(ended.id, state)
        await work.job(session, person=8)
    async with storage.read() as session:
        day, minute = timedelta(days=1), timedelta(seconds=59)
        assert [(used.at, used.size_bytes, used.duration_s) for used in await used_since(session, day)] == [
            (arrived, 1000, 60.0),
            (clock.at, 500, 30.0),
        ]
        assert [used.size_bytes for used in await used_since(session, minute)] == [500]
        assert await session.deliveries.used_since(2, 7, clock.at - day) == []


async def used_since(session: Session, span: timedelta) -> list[Used]:
    return await session.deliveries.used_since(1, 7, session.now - span)


async def test_a_request_that_was_detached_no_longer_waits(session: Session, work: Work) -> None:
    job, mine, _ = await work.job(session, "f")
    _, yours, _ = await work.job(session, "f", person=8)
    assert await session.deliveries.detach(mine.request_id) == []
    assert await session.deliveries.requests_of(job.id) == [yours.request_id]
    await session.deliveries.set_state(yours.id, DeliveryState.DELIVERED)
    assert await session.deliveries.requests_of(job.id) == []
