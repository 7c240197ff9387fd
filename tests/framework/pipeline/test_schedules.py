from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from fetchgram.api import Event, Receipt
from fetchgram.clock import SystemClock
from fetchgram.model import FileId, MediaKind
from fetchgram.pipeline.schedules import Schedules
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.screens import Schedule
from fetchgram.settings import Settings
from fetchgram.storage import Storage, open_storage


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = await open_storage(None, tmp_path)
    yield storage
    await storage.close()


def _schedules(storage: Storage) -> Schedules:
    settings, clock = Settings(), SystemClock()
    loaded = load(settings, lambda _name, _own: None, entry_points=[])
    return Schedules(storage, Hooks(loaded, Breaker(settings.plugins, clock), settings.plugins, clock), clock)


async def test_a_schedule_that_fails_comes_again(storage: Storage) -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    schedules, schedule = _schedules(storage), Schedule(name="report", every_s=60, work=broken)
    assert await schedules._until_due_s("fake", schedule) == 0
    await schedules.run_once("fake", schedule)
    assert 50 < await schedules._until_due_s("fake", schedule) <= 60


async def test_when_it_ran_last_survives_a_restart(storage: Storage) -> None:
    async def work() -> None: ...

    schedule = Schedule(name="report", every_s=3600, work=work)
    await _schedules(storage).run_once("fake", schedule)
    assert await _schedules(storage)._until_due_s("fake", schedule) > 3000


async def test_the_house_is_cleaned_of_what_expired_only(storage: Storage) -> None:
    now = SystemClock().now()
    receipt = Receipt(route="botapi", file_ids=(FileId(kind=MediaKind.VIDEO, file_id="a", unique_id="b"),))
    async with storage.write() as session:
        await session.cache.put(1, "old", "fake", receipt, now - timedelta(seconds=1))
        await session.cache.put(1, "new", "fake", receipt, now + timedelta(days=1))
        await session.events.add(Event(name="old", at=now - timedelta(days=365)))
        await session.events.add(Event(name="new", at=now))
    await _schedules(storage).clean_up()
    async with storage.read() as session:
        assert await session.cache.get(1, "new", now) == receipt
        assert await session.cache.get(1, "old", now - timedelta(seconds=2)) is None
        assert [event.name for event in await session.events.after(0, 10)] == ["new"]
