"""What a process looks after: its own vitals always, the whole bot only where it talks to people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fetchgram.app import Wired
from fetchgram.ops.care import Care
from fetchgram.settings import Settings
from fetchgram.storage import Storage, open_storage
from fetchgram.testing import FakeNotifyAdmins

WHOLE = {"queue", "database answers"}
OWN = {"loop", "memory", "processor", "workers", "disk"}


@pytest.fixture
async def storage(migrated_url: str | None, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(migrated_url, tmp_path)
    yield opened
    await opened.close()


def care(route: Wired, folder: Path, *, talks: bool) -> Care:
    parts = {"upkeep": route.care.upkeep, "housekeeping": route.care.housekeeping, "runner": route.runner}
    more = {"storage": route.storage, "hooks": route.controls.hooks, "notify": FakeNotifyAdmins()}
    folder.mkdir(exist_ok=True)
    return Care.of(Settings(data_dir=folder), **parts, **more, clock=route.controls.switches._clock, talks=talks)  # type: ignore[arg-type]  # parts of it


async def test_only_who_talks_to_people_says_how_the_whole_bot_is(
    storage: Storage, make_route: Callable[..., Wired], tmp_path: Path
) -> None:
    route = make_route(storage)
    for talks in (True, False):
        found = {checked.name for checked in await care(route, tmp_path / "a", talks=talks).watch.look()}
        assert found >= OWN
        assert (found & WHOLE == WHOLE) is talks


async def test_each_folder_has_a_name_of_its_own_that_a_restart_keeps(
    storage: Storage, make_route: Callable[..., Wired], tmp_path: Path
) -> None:
    route = make_route(storage)
    names = [care(route, tmp_path / each, talks=False).watch._name for each in ("a", "b", "a")]
    assert names[0] == names[2]
    assert (names[0] != names[1]) is storage.database.is_shared
