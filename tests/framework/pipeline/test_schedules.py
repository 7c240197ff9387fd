from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from fetchgram.clock import SystemClock
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
