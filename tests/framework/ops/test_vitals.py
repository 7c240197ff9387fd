from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fetchgram.ops.health import run_checks
from fetchgram.ops.vitals import Pulse, Room, Vitals, graded
from fetchgram.screens import Checked, Health
from fetchgram.storage import Storage, open_storage


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
