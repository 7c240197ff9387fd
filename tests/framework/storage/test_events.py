from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fetchgram.model import Event, RequestState
from fetchgram.storage import Session, Storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock


async def test_events_come_back_in_order_with_rising_numbers(storage: Storage, clock: StoppedClock) -> None:
    told = [
        Event(
            name="job.delivered",
            at=clock.now(),
            bot_id=1,
            person=7,
            request_id=2,
            job_id=3,
            plugin="p",
            data={"route": "r", "size_bytes": 1},
        ),
        Event(name="request.accepted", at=clock.now()),
    ]
    async with storage.write() as session:
        for event in told:
            await session.events.add(event)
    async with storage.read() as session:
        ids = [event.id for event in await session.events.after(0, 9)]
    assert ids[0] < ids[1]
    numbered = [dataclasses.replace(event, id=number) for event, number in zip(told, ids, strict=True)]
    async with storage.read() as session:
        assert await session.events.after(0, 9) == numbered
        assert await session.events.after(ids[0], 9) == numbered[1:]
        assert await session.events.after(0, 1) == numbered[:1]
        assert await session.events.after(ids[1], 9) == []


async def test_whoever_is_behind_what_was_pruned_goes_on_with_what_is_left(storage: Storage) -> None:
    for age in (2, 0):
        async with storage.write() as session:
            await session.events.add(Event(name="job.done", at=session.now - timedelta(days=age)))
    async with storage.read() as session:
        last = (await session.events.after(0, 9))[-1].id
    async with storage.write() as session:
        assert await session.events.prune(session.now - timedelta(days=1), 10) == 1
    async with storage.read() as session:
        assert [event.id for event in await session.events.after(last - 1, 9)] == [last]


async def test_an_event_is_gone_with_the_transition_that_failed(storage: Storage) -> None:
    with pytest.raises(LookupError):  # noqa: PT012  # the block is the transaction
        async with storage.write() as session:
            await session.events.add(Event(name="job.done", at=session.now))
            await session.requests.update(99, state=RequestState.DONE)
    async with storage.read() as session:
        assert await session.events.after(0, 9) == []


async def test_each_plugin_has_a_cursor_of_its_own(session: Session) -> None:
    assert await session.events.cursor("a") == 0
    await session.events.set_cursor("a", 5)
    await session.events.set_cursor("a", 6)
    assert [await session.events.cursor("a"), await session.events.cursor("b")] == [6, 0]


async def test_a_number_is_not_given_again_after_prune(storage: Storage) -> None:
    async with storage.write() as session:
        await session.events.add(Event(name="job.done", at=session.now - timedelta(days=1)))
    async with storage.read() as session:
        (first,) = await session.events.after(0, 9)
    async with storage.write() as session:
        assert await session.events.prune(session.now, 10) == 1
        await session.events.add(Event(name="job.done", at=session.now))
    async with storage.read() as session:
        (second,) = await session.events.after(0, 9)
    assert second.id > first.id
