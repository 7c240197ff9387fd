"""Admins hear of a change, once: not of its repetition, not after a restart, not of a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Media, Text
from fetchgram.ops.watch import HealthWatch
from fetchgram.screens import Health, HealthCheck, HealthReport
from fetchgram.storage import Storage, open_storage
from fetchgram.testing import FakeClock, FakeNotifyAdmins


class Bench:
    """A disk and a watch that looks at it."""

    def __init__(self, storage: Storage) -> None:
        self.storage, self.clock, self.notify = storage, FakeClock(), FakeNotifyAdmins()
        self.health, self.looks, self.patience_s = Health.OK, 0, 0.0
        self.watch = self.restarted()

    def restarted(self) -> HealthWatch:
        return HealthWatch(name="bot", checks=self.checks, storage=self.storage, notify=self.notify, clock=self.clock)

    async def checks(self) -> Sequence[HealthCheck]:
        return (HealthCheck(name="disk", check=self.look, every_s=60, patience_s=self.patience_s),)

    async def look(self) -> HealthReport:
        self.looks += 1
        return HealthReport(health=self.health, detail=f"{self.looks}")

    async def passes(self, seconds: float = 60) -> list[str]:
        """Let time pass, look, and return what the admins were told then."""
        told = len(self.notify.told)
        self.clock.advance(seconds)
        await self.watch.look()
        await self.watch.tell()
        return [text.key for text in self.notify.told[told:]]


@pytest.fixture
async def bench(migrated_url: str | None, tmp_path: Path) -> AsyncIterator[Bench]:
    storage = await open_storage(migrated_url, tmp_path)
    yield Bench(storage)
    await storage.close()


async def test_a_change_is_told_once_and_so_is_its_end(bench: Bench) -> None:
    assert await bench.passes() + await bench.passes() == []
    bench.health = Health.FAILING
    assert await bench.passes() == []
    assert await bench.passes(1) == ["health-failing"]
    assert await bench.passes() + await bench.passes() == []
    bench.health = Health.WARNING
    assert await bench.passes() + await bench.passes(1) == ["health-warning"]
    bench.health = Health.OK
    assert await bench.passes() + await bench.passes(1) == ["health-ok"]


async def test_a_moment_is_no_change(bench: Bench) -> None:
    await bench.passes()
    bench.health = Health.FAILING
    assert await bench.passes() == []
    bench.health = Health.OK
    assert await bench.passes(1) + await bench.passes(1) == []


async def test_a_warning_that_may_last_a_while_is_told_when_it_has_and_a_failure_at_once(bench: Bench) -> None:
    bench.patience_s, bench.health = 300, Health.WARNING
    for _ in range(5):
        assert await bench.passes() == []
    assert await bench.passes() == ["health-warning"]
    assert await bench.passes() == []
    bench.health = Health.FAILING
    assert await bench.passes() + await bench.passes(1) == ["health-failing"]
    bench.health = Health.OK
    assert await bench.passes() + await bench.passes(1) == ["health-ok"]
    bench.health = Health.WARNING
    assert await bench.passes() + await bench.passes(1) == []
    bench.health = Health.OK
    assert await bench.passes() + await bench.passes(1) == [], "what was not told does not end either"


async def test_a_database_that_is_away_ends_no_watch(bench: Bench) -> None:
    """It is what admins must hear of when it is back."""
    away: list[object] = []

    async def checks() -> Sequence[HealthCheck]:
        if len(away) < 2:
            away.append(object())
            raise TemporarilyUnavailable("no database")
        return await bench.checks()

    bench.watch._checks = checks
    watching = asyncio.create_task(bench.watch.run())
    async with asyncio.timeout(20):
        while not bench.looks:
            bench.clock.advance(15)
            await asyncio.sleep(0.01)
    assert not watching.done()
    watching.cancel()


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_each_process_says_how_it_is_and_one_that_is_silent_is_seen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def process(name: str) -> HealthWatch:
        parts = {"checks": bench.checks, "storage": bench.storage, "notify": bench.notify, "clock": bench.clock}
        return HealthWatch(name=name, own=("disk",), **parts)  # type: ignore[arg-type]  # as in `restarted`

    bench.health = Health.FAILING
    worker, talker = process("host:1"), process("host:2")
    for each in (worker, talker):
        await each.look()
        await each.share()
    (seen,) = await talker.others()
    assert (seen.name, seen.report) == ("process host:1", HealthReport(health=Health.FAILING, detail="1"))
    monkeypatch.setattr("fetchgram.ops.watch._SILENT_S", -1)
    (silent,) = await talker.others()
    assert silent.report.health is Health.WARNING
    assert "says nothing" in silent.report.detail


async def test_a_restart_repeats_nothing_and_misses_nothing(bench: Bench) -> None:
    bench.health = Health.FAILING
    assert await bench.passes() + await bench.passes(1) == ["health-failing"]
    bench.watch = bench.restarted()
    assert await bench.passes() + await bench.passes(1) == []
    bench.watch, bench.health = bench.restarted(), Health.OK
    assert await bench.passes() + await bench.passes(1) == ["health-ok"]


async def test_nobody_looks_before_it_is_due_unless_asked_to(bench: Bench) -> None:
    await bench.passes()
    await bench.passes(1)  # once more, to be sure
    await bench.passes(30)
    assert bench.looks == 2
    assert [checked.name for checked in await bench.watch.look()] == ["disk"]
    assert bench.looks == 2
    await bench.watch.look(afresh=True)
    assert bench.looks == 3


async def test_what_is_not_looked_at_any_more_is_forgotten(bench: Bench) -> None:
    async def none() -> Sequence[HealthCheck]:
        return ()

    bench.health = Health.FAILING
    await bench.passes()
    await bench.passes(1)
    bench.watch._checks = none
    assert await bench.passes() == []
    async with bench.storage.read() as session:
        assert await session.overrides.get_all() == {}


async def test_looking_while_admins_are_told_loses_nothing_and_breaks_nothing(bench: Bench) -> None:
    checks = [HealthCheck(name="disk", check=bench.look, every_s=60)]

    async def all_checks() -> Sequence[HealthCheck]:
        return tuple(checks)

    async def tell(
        text: Text,
        *,
        once_key: str | None = None,
        media: Media | None = None,
        only: Callable[[int], bool] | None = None,
    ) -> None:
        if not bench.notify.told:  # an admin opens the health screen, a plugin has come meanwhile
            checks.append(HealthCheck(name="site", check=bench.look, every_s=60))
            await bench.watch.look(afresh=True)
            await bench.watch.look(afresh=True)
        await bench.notify(text, once_key=once_key, media=media, only=only)

    bench.health = Health.FAILING
    bench.watch._checks, bench.watch._notify = all_checks, tell
    for _ in range(3):
        await bench.passes()
    assert [(told.key, told.params["name"]) for told in bench.notify.told] == [
        ("health-failing", "disk"),
        ("health-failing", "site"),
    ]
