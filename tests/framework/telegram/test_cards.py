from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from fetchgram.errors import DiskFull
from fetchgram.model import Chat, Request, RequestState
from fetchgram.telegram import cards
from fetchgram.telegram.cards import Cards

WISH = Request(
    id=1,
    key="k",
    bot_id=1,
    person=7,
    destination=Chat(bot_id=1, chat=7),
    locale="en",
    url="https://example.com/",
    state=RequestState.PROBING,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class FullDisk:
    """An intake whose database has no room for the first looks."""

    def __init__(self, failures: int) -> None:
        self.looks = 0
        self._failures = failures

    async def look(self, request: Request, *, group: bool) -> None:
        self.looks += 1
        if self.looks <= self._failures:
            raise DiskFull("no room")


async def test_a_look_waits_for_room_in_the_database_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "_REST_S", 0.01)
    intake, none = FullDisk(failures=3), cast("Any", None)
    looker = Cards(intake=cast("Any", intake), lists=none, board=none, network=none)
    running = asyncio.create_task(looker.run())
    looker.look(WISH)
    while intake.looks < 4:
        assert not running.done()
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
