"""Of several processes that would talk for a bot, one does; and a start waits for its database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fetchgram.bot import Part, _alone_with, _patiently, run_bots
from fetchgram.clock import SystemClock
from fetchgram.errors import ConfigError, TemporarilyUnavailable
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


class Starts:
    """A bot that says when it was begun, and fails as it is told to."""

    def __init__(self, *failures: Exception, started: bool = False) -> None:
        self.count = 0
        self._failures, self._started = [*failures], started

    async def __call__(self, started: asyncio.Event) -> None:
        self.count += 1
        if self._started:
            started.set()
        if self._failures:
            raise self._failures.pop(0)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    with closing(sqlite3.connect(folder / "fetchgram.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def settings(folder: Path, wait_s: float = 60) -> Settings:
    return Settings.model_validate({"data_dir": folder, "database": {"wait_s": wait_s}})


async def test_a_start_waits_for_a_database_that_another_process_holds(tmp_path: Path) -> None:
    starts = Starts()
    with locked(tmp_path), capture_logs() as logs:
        waiting = asyncio.create_task(_patiently(settings(tmp_path), starts))
        async with asyncio.timeout(60):
            while not logs:
                await asyncio.sleep(0.01)
        assert (logs[0]["event"], starts.count) == ("database.awaited", 0)
        assert "locked by another process" in logs[0]["error"]
    async with asyncio.timeout(60):
        await waiting
    assert starts.count == 1


async def test_a_start_that_waits_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with locked(tmp_path), capture_logs() as logs:
        waiting = asyncio.create_task(_patiently(settings(tmp_path, wait_s=3600), Starts()))
        async with asyncio.timeout(60):
            while not logs:
                await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting


async def test_a_start_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(TemporarilyUnavailable):
        await _patiently(settings(tmp_path, wait_s=0), Starts())


async def test_what_goes_away_in_the_middle_of_a_start_is_begun_again_and_later_is_not(tmp_path: Path) -> None:
    away = TemporarilyUnavailable("away")
    early = Starts(away)
    await _patiently(settings(tmp_path), early)
    assert early.count == 2
    late = Starts(away, started=True)
    with pytest.raises(TemporarilyUnavailable):
        await _patiently(settings(tmp_path), late)
    assert late.count == 1
