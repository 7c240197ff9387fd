from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Chat, Request, RequestState, text
from fetchgram.telegram.board import Board
from fetchgram.telegram.failures import NotReached
from fetchgram.telegram.flood import Lane
from fetchgram.telegram.views import View
from fetchgram.texts import Texts


class Counting:
    """Time that passes at once."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)


class Away:
    """A way to Telegram that fails at first, while the wish goes on."""

    def __init__(self, request: Request, then: RequestState) -> None:
        self.request_, self._then = request, then
        self.calls: list[object] = []

    async def __call__(self, call: object, *, lane: Lane = Lane.TALK) -> None:
        self.calls.append(call)
        if len(self.calls) == 1:
            self.request_ = dataclasses.replace(self.request_, state=self._then)
            raise NotReached(cast("Any", call), "Connection lost")

    async def request(self, _id: int) -> Request:
        return self.request_


@pytest.mark.parametrize(("then", "calls"), [(RequestState.CHOOSING, 2), (RequestState.DONE, 1)])
async def test_what_is_owed_is_shown_again_only_while_it_is_true(then: RequestState, calls: int) -> None:
    card = Request(
        id=1,
        key="k",
        bot_id=1,
        person=7,
        destination=Chat(bot_id=1, chat=7),
        locale="en",
        url="https://example.com/",
        state=RequestState.CHOOSING,
        status_message=5,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    away, none = Away(card, then), cast("Any", None)
    both: dict[str, Any] = {"line": away, "intake": away, "texts": Texts.load()}
    board = Board(**both, storage=none, clock=Counting(), menu_ttl_s=60, on_unreachable=none)
    await board.insist(card, View(lines=(text("ack-looking"),)))
    assert len(away.calls) == calls


async def test_an_end_is_told_however_long_telegram_is_away() -> None:
    clock, tries = Counting(), 0

    async def away_for_long() -> None:
        nonlocal tries
        tries += 1
        if tries <= 50:
            raise TemporarilyUnavailable("502 Bad Gateway", retry_after_s=2)

    none = cast("Any", None)
    board = Board(line=none, storage=none, intake=none, texts=none, clock=clock, menu_ttl_s=60, on_unreachable=none)
    await board._insist(away_for_long)
    assert tries == 51
    assert clock.slept_s == sorted(clock.slept_s)
    assert max(clock.slept_s) <= 120
