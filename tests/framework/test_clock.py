from __future__ import annotations

from datetime import UTC, datetime

from fetchgram.clock import SystemClock


async def test_time_is_utc_and_rises() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.009
    assert clock.now().tzinfo is UTC
    assert abs((datetime.now(UTC) - clock.now()).total_seconds()) < 5
