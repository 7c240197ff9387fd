from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.clock import SystemClock
from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import text
from fetchgram.screens import Live, Screen
from fetchgram.storage import Storage, open_storage
from fetchgram.telegram import live
from fetchgram.telegram.live import LiveScreens, Shown

from .conftest import until

LIVE = Screen(text=text("start"), live=Live(action="show", args={"id": 7}))
STILL = Screen(text=text("start"))
PLACE = (50, 3)


class Panel:
    """Brings screens up to date, as long as they are to live."""

    def __init__(self, storage: Storage) -> None:
        self.screens = LiveScreens(bot_id=1, storage=storage, clock=SystemClock(), redraw=self._redraw)
        self.redrawn: list[tuple[int, str]] = []
        self.lives = True
        self.error: Exception | None = None
        self.work = asyncio.ensure_future(self.screens.run())

    async def shows(self, screen: Screen, place: tuple[int, int] = PLACE) -> None:
        async with self.screens.lock(*place):
            await self.screens.shown(screen, place, 9, "admin", None)

    async def ends(self) -> None:
        self.work.cancel()
        await asyncio.wait([self.work])

    async def _redraw(self, shown: Shown) -> bool:
        self.redrawn.append((shown.row.message_id, f"{shown.row.plugin} {shown.row.action} {dict(shown.row.args)}"))
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return self.lives


@pytest_asyncio.fixture
async def storage(tmp_path: Path, migrated: Path) -> AsyncIterator[Storage]:
    shutil.copy(migrated, tmp_path)
    opened = await open_storage(None, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_EVERY_S", 0.02)
    monkeypatch.setattr(live, "_AGAIN_S", 0.02)


@pytest_asyncio.fixture
async def panel(storage: Storage) -> AsyncIterator[Panel]:
    opened = Panel(storage)
    yield opened
    await opened.ends()


async def kept(storage: Storage) -> list[int]:
    async with storage.write() as session:
        return [row.message_id for row in await session.live.of(1)]


async def test_a_live_screen_is_brought_up_to_date_until_it_lives_no_more(panel: Panel, storage: Storage) -> None:
    await panel.shows(LIVE)
    await until(lambda: len(panel.redrawn) >= 2)
    assert panel.redrawn[0] == (3, "admin show {'id': 7}")
    assert await kept(storage) == [3]
    panel.lives = False
    await until(lambda: not panel.screens._shown)
    count = len(panel.redrawn)
    await asyncio.sleep(0.1)
    assert len(panel.redrawn) == count
    assert await kept(storage) == []


async def test_another_screen_on_the_message_ends_it(panel: Panel, storage: Storage) -> None:
    await panel.shows(LIVE)
    await panel.shows(LIVE, (50, 4))
    await panel.shows(STILL)
    assert await kept(storage) == [4]
    count = len(panel.redrawn)
    await until(lambda: len(panel.redrawn) >= count + 2)
    assert {message for message, _ in panel.redrawn[count + 1 :]} == {4}


async def test_a_restart_goes_on_with_it(panel: Panel, storage: Storage) -> None:
    await panel.shows(LIVE)
    await panel.ends()
    again = Panel(storage)
    await until(lambda: again.redrawn)
    await again.ends()


@pytest.mark.parametrize("error", [TemporarilyUnavailable("busy"), RuntimeError("a mistake")])
async def test_one_that_fails_stops_no_other(panel: Panel, error: Exception) -> None:
    await panel.shows(LIVE)
    await panel.shows(LIVE, (50, 4))
    panel.error = error
    await until(lambda: panel.error is None)
    count = len(panel.redrawn)
    await until(lambda: len(panel.redrawn) >= count + 3)
    assert not panel.work.done()


async def test_what_found_no_room_is_asked_for_again_before_the_next_round(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await panel.shows(LIVE)
    await until(lambda: panel.redrawn)
    monkeypatch.setattr(live, "_EVERY_S", 1000)
    panel.error = TemporarilyUnavailable("no room")
    await until(lambda: panel.error is None)
    count = len(panel.redrawn)
    await until(lambda: len(panel.redrawn) > count)
