from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.api import API_VERSION, Event, FetchgramError, SettingsModel, Transaction, hookimpl
from fetchgram.clock import SystemClock
from fetchgram.pipeline.observers import Observers
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.settings import Settings
from fetchgram.storage import Storage, open_storage


class Learner:
    name = "learner"
    api_version = API_VERSION
    Settings = SettingsModel
    learnt: list[int]
    broken: bool

    def __init__(self, settings: SettingsModel, context: object) -> None:
        self._settings = settings

    @hookimpl
    async def on_events(self, batch: Sequence[Event], transaction: Transaction) -> None:
        if Learner.broken:
            raise ZeroDivisionError
        Learner.learnt += [event.id for event in batch]


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = await open_storage(None, tmp_path)
    async with storage.write() as session:
        for _ in range(3):
            await session.events.add(Event(name="request.accepted", at=datetime.now(UTC)))
    yield storage
    await storage.close()


@pytest.fixture
def observers(storage: Storage) -> Observers:
    Learner.learnt, Learner.broken = [], False
    settings, clock = Settings(), SystemClock()
    loaded = load(settings, lambda _name, _own: None, entry_points=[], builtins=(Learner,))
    hooks = Hooks(loaded, Breaker(settings.plugins, clock), settings.plugins, clock)
    return Observers(storage, hooks)


async def test_each_event_is_handed_on_once_in_its_order(observers: Observers) -> None:
    assert await observers.hand_on("learner") == 3
    assert await observers.hand_on("learner") == 0
    assert Learner.learnt == [1, 2, 3]


async def test_the_cursor_stays_when_the_plugin_fails(observers: Observers) -> None:
    Learner.broken = True
    with pytest.raises(FetchgramError):
        await observers.hand_on("learner")
    Learner.broken = False
    await observers.hand_on("learner")
    assert Learner.learnt == [1, 2, 3]


async def test_new_events_are_handed_on_while_it_runs(observers: Observers, storage: Storage) -> None:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(observers.run())
        while len(Learner.learnt) < 3:
            await asyncio.sleep(0.01)
        async with storage.write() as session:
            await session.events.add(Event(name="job.done", at=datetime.now(UTC)))
        while len(Learner.learnt) < 4:
            await asyncio.sleep(0.01)
        running.cancel()
    assert Learner.learnt == [1, 2, 3, 4]
