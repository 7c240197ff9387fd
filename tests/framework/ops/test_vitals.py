from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from fetchgram.model import Choice, ChoiceKind, Link, LinkKind, Recipe
from fetchgram.ops.health import run_checks
from fetchgram.ops.vitals import Pulse, Room, Vitals, graded
from fetchgram.screens import Checked, Health
from fetchgram.storage import Storage, open_storage
from fetchgram.storage.tables import jobs


@pytest.fixture
async def storage(migrated_url: str | None, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(migrated_url, tmp_path)
    yield opened
    await opened.close()


async def seen(storage: Storage) -> dict[str, Checked]:
    vitals = Vitals(Pulse(), storage, Room(lambda: 2, 6))
    return {checked.name: checked for checked in await run_checks([*vitals.of_process(), *vitals.of_all()])}


async def test_each_says_what_it_found_and_its_thresholds(storage: Storage) -> None:
    found = await seen(storage)
    assert set(found) == {"loop", "memory", "processor", "workers", "queue", "database answers"}
    for name in ("loop", "memory", "processor", "queue", "database answers"):
        assert "amber" in found[name].report.detail, found[name]
        assert "red" in found[name].report.detail
    assert "2 of 6 jobs" in found["workers"].report.detail
    assert found["queue"].report.detail.startswith("0 wait, 0 run")
    assert " MB" in found["database answers"].report.detail


@pytest.mark.parametrize(("value", "health"), [(0.9, "ok"), (1.0, "warning"), (1.9, "warning"), (2.0, "failing")])
def test_from_the_threshold_on_it_is_amber_and_then_red(value: float, health: str) -> None:
    assert graded(value, (1.0, 2.0), "").health is Health(health)


async def test_a_loop_that_is_held_up_is_noticed() -> None:
    pulse = Pulse()
    watching = asyncio.create_task(pulse.run())
    await asyncio.sleep(0)
    time.sleep(0.9)  # noqa: ASYNC251  # this is what must not happen
    async with asyncio.timeout(20):
        while pulse.lag_s < 0.3:
            await asyncio.sleep(0.05)
    watching.cancel()


async def test_it_is_the_longest_delay_that_counts_and_it_is_shown(storage: Storage) -> None:
    pulse = Pulse()
    pulse._lags.extend([0.01, 0.5, 0.02])
    vitals = Vitals(pulse, storage, Room(lambda: 2, 6))
    (found,) = await run_checks([check for check in vitals.of_process() if check.name == "loop"])
    assert found.report.health is Health.WARNING
    assert found.report.detail.startswith("a tap waits 500 ms")


@pytest.mark.parametrize(("free", "health"), [(50, Health.OK), (9, Health.WARNING), (3, Health.FAILING)])
async def test_little_free_memory_is_the_trouble(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, free: int, health: Health
) -> None:
    monkeypatch.setattr("fetchgram.ops.vitals._memory", lambda: (1, free * 10**7, 10**9))
    assert (await seen(storage))["memory"].report.health is health


@pytest.mark.parametrize(("minutes", "health"), [(10, Health.OK), (20, Health.WARNING), (61, Health.FAILING)])
async def test_the_oldest_jobs_age_is_told_in_minutes(storage: Storage, minutes: int, health: Health) -> None:
    link = Link(plugin="site", kind=LinkKind.VIDEO, media_id="m", url="https://site.test/m")
    async with storage.write() as session:
        at = session.now - timedelta(minutes=minutes, seconds=5)
        row = {"fingerprint": "f", "link": link, "recipe": Recipe(choice=Choice(kind=ChoiceKind.VIDEO)), "title": "A"}
        more = {"state": "queued", "stage": "download", "person_key": "1:1", "flow": "1:1", "tag": 1, "finish_tag": 2}
        await session.execute(insert(jobs).values(**row, **more, created_at=at, updated_at=at))
    report = (await seen(storage))["queue"].report
    assert report.health is health
    assert report.detail.startswith(f"1 wait, 0 run, the oldest waits {minutes} min")
