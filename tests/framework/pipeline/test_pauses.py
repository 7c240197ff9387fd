from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.api import PluginError
from fetchgram.pipeline.pauses import PREFIX, Pauses
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.status import PluginState
from fetchgram.settings import PluginsSettings
from fetchgram.storage import Storage, open_storage
from fetchgram.testing import FakeClock

SETTINGS = PluginsSettings(breaker_failures=2, breaker_pause_s=100)
BROKEN = PluginError("no such attribute", plugin="site")


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = await open_storage(None, tmp_path)
    yield storage
    await storage.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def _paused(clock: FakeClock) -> Breaker:
    breaker = Breaker(SETTINGS, clock)
    for _ in range(2):
        breaker.record_failure("site", BROKEN, "download")
    return breaker


async def _restarted(storage: Storage, clock: FakeClock) -> Breaker:
    breaker = Breaker(SETTINGS, clock)
    await Pauses(storage, breaker, clock).recall()
    return breaker


async def test_a_paused_plugin_is_paused_after_a_restart_for_what_is_left(storage: Storage, clock: FakeClock) -> None:
    before = _paused(clock)
    await Pauses(storage, before, clock).keep()
    clock.advance(60)
    after = await _restarted(storage, clock)
    assert after.state("site") is PluginState.PAUSED
    assert (after.paused_until("site"), after.error("site")) == (before.paused_until("site"), "no such attribute")
    assert not after.admits("site", "download")
    clock.advance(41)
    assert after.admits("site", "download")


async def test_the_trial_after_the_pause_decides_as_it_would_have_without_the_restart(
    storage: Storage, clock: FakeClock
) -> None:
    await Pauses(storage, _paused(clock), clock).keep()
    clock.advance(101)
    after = await _restarted(storage, clock)
    assert after.admits("site", "download")
    after.record_failure("site", BROKEN, "download")
    clock.advance(101)
    assert not after.admits("site", "download")  # the second pause is twice as long, as if nothing had happened
    clock.advance(100)
    assert after.admits("site", "download")
    after.record_success("site", "download")
    assert after.state("site") is PluginState.ACTIVE


async def test_a_process_does_not_undo_the_pauses_of_another_one(storage: Storage, clock: FakeClock) -> None:
    here, there = Breaker(SETTINGS, clock), _paused(clock)
    ours, theirs = Pauses(storage, here, clock), Pauses(storage, there, clock)
    await ours.recall()
    await theirs.keep()
    for _ in range(2):
        here.record_failure("other", BROKEN, "probe")
    await ours.keep()
    clock.advance(101)
    assert here.admits("other", "probe")
    here.record_success("other", "probe")
    await ours.keep()
    after = await _restarted(storage, clock)
    assert (after.state("site"), after.state("other")) == (PluginState.PAUSED, PluginState.ACTIVE)


async def test_nobody_is_told_of_a_pause_once_more(storage: Storage, clock: FakeClock) -> None:
    await Pauses(storage, _paused(clock), clock).keep()
    told: list[str] = []
    breaker = Breaker(SETTINGS, clock, lambda plugin, _state, _error: told.append(plugin))
    await Pauses(storage, breaker, clock).recall()
    assert told == []


async def test_what_changes_is_written_down_by_itself(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetchgram.pipeline.pauses._EVERY_S", 0.01)
    from fetchgram.clock import SystemClock  # noqa: PLC0415  # this one really waits

    breaker = Breaker(SETTINGS, SystemClock())
    keeping = asyncio.create_task(Pauses(storage, breaker, SystemClock()).run())
    async with asyncio.timeout(20):
        while not await _kept(storage):
            breaker.record_failure("site", BROKEN, "download")
            await asyncio.sleep(0.02)
        monkeypatch.setattr(breaker, "_records", {})
        while await _kept(storage):
            await asyncio.sleep(0.02)
    keeping.cancel()
    await asyncio.wait([keeping])


async def test_what_an_unknown_version_wrote_is_no_reason_not_to_start(storage: Storage, clock: FakeClock) -> None:
    async with storage.write() as session:
        await session.overrides.set(f"{PREFIX}site", {"something": "else"})
    assert (await _restarted(storage, clock)).state("site") is PluginState.ACTIVE


async def _kept(storage: Storage) -> object:
    async with storage.read() as session:
        return (await session.overrides.get_all()).get(f"{PREFIX}site")
