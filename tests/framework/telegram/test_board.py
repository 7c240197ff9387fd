from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.telegram.board import Board


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
