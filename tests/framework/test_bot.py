"""Of several processes that would talk for a bot, one does; the next one takes over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fetchgram.bot import Part, _alone_with, run_bots
from fetchgram.clock import SystemClock
from fetchgram.errors import ConfigError
from fetchgram.pipeline.leased import Lease
from fetchgram.settings import Settings
from fetchgram.storage import Storage, open_storage


@pytest.fixture
async def storage(migrated_url: str | None, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(migrated_url, tmp_path)
    yield opened
    await opened.close()


def lease(storage: Storage, holder: str) -> Lease:
    return Lease(storage=storage, clock=SystemClock(), name="bot:1", holder=holder, lease_s=0.6)


async def test_a_second_one_waits_and_talks_when_the_first_one_stops(storage: Storage) -> None:
    talks: list[str] = []

    async def talk(name: str) -> None:
        talks.append(name)
        await asyncio.Event().wait()

    first = asyncio.create_task(_alone_with(lease(storage, "one"), lambda: talk("one")))
    async with asyncio.timeout(20):
        while not talks:
            await asyncio.sleep(0.01)
        second = asyncio.create_task(_alone_with(lease(storage, "two"), lambda: talk("two")))
        await asyncio.sleep(1)  # longer than the lease: it is renewed
        assert talks == ["one"]
        first.cancel()
        while talks != ["one", "two"]:
            await asyncio.sleep(0.01)
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)


@pytest.mark.parametrize("part", [Part.TALK, Part.WORK])
async def test_a_half_needs_a_database_that_can_be_shared(tmp_path: Path, part: Part) -> None:
    bots = {"main": {"token": "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}
    with pytest.raises(ConfigError, match=f"`fetchgram {part}` needs PostgreSQL"):
        await run_bots(Settings.model_validate({"data_dir": tmp_path, "bots": bots}), part)
