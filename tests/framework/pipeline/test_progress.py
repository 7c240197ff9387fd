from __future__ import annotations

import asyncio

import pytest

from fetchgram.api import Stage
from fetchgram.pipeline import progress
from fetchgram.pipeline.audience import Progress
from fetchgram.pipeline.progress import ProgressSink
from fetchgram.testing.fakes import FakeClock


class Told:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.news: list[Progress] = []
        self.sink = ProgressSink(Stage.DOWNLOAD, self._take, self.clock)
        self.sink.progress(0, None)

    async def _take(self, news: Progress) -> None:
        self.news.append(news)

    async def after(self, seconds: float, done: int, total: int | None) -> Progress:
        self.clock.advance(seconds)
        self.sink.progress(done, total)
        await self.sink.flush()
        return self.news[-1]


async def test_a_steady_stream_has_its_speed_and_the_time_that_is_left() -> None:
    told = Told()
    for second in range(1, 6):
        news = await told.after(1, second * 1000, 10_000)
    assert (news.stage, news.done_bytes, news.total_bytes) == (Stage.DOWNLOAD, 5000, 10_000)
    assert news.speed_bps == pytest.approx(1000)
    assert news.eta_s == pytest.approx(5)


async def test_the_speed_follows_slowly_so_that_the_number_can_be_read() -> None:
    told = Told()
    await told.after(1, 1000, None)
    news = await told.after(1, 11_000, None)
    assert news.speed_bps == pytest.approx(0.3 * 10_000 + 0.7 * 1000)


async def test_the_wait_for_the_first_byte_does_not_count_as_speed() -> None:
    told = Told()
    told.sink = ProgressSink(Stage.DOWNLOAD, told._take, told.clock)
    assert (await told.after(60, 1000, 10_000)).speed_bps is None
    assert (await told.after(1, 2000, 10_000)).speed_bps == pytest.approx(1000)


async def test_without_a_total_there_is_no_time_left() -> None:
    news = await Told().after(1, 1000, None)
    assert news.speed_bps is not None
    assert news.eta_s is None


async def test_more_than_was_promised_leaves_no_negative_time() -> None:
    assert (await Told().after(1, 2000, 1000)).eta_s == 0.0


async def test_nothing_new_is_not_told() -> None:
    told = Told()
    await told.sink.flush()
    assert told.news == []
    for _ in range(3):
        await told.after(1, 1000, 2000)
    assert len(told.news) == 1


async def test_a_file_that_begins_anew_has_no_negative_speed() -> None:
    told = Told()
    await told.after(1, 9000, 10_000)
    again = await told.after(1, 10, 10_000)
    assert again.done_bytes == 10
    assert again.speed_bps is not None
    assert again.speed_bps >= 0
    assert ((await told.after(1, 2010, 10_000)).speed_bps or 0) > 0


async def test_the_pump_tells_the_latest_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "TICK_S", 0.02)
    told = Told()
    pump = asyncio.create_task(told.sink.pump())
    for done in range(1, 101):
        told.sink.progress(done, 100)
    async with asyncio.timeout(5):
        while not told.news:
            await asyncio.sleep(0.01)
    pump.cancel()
    await asyncio.wait([pump])
    assert [news.done_bytes for news in told.news] == [100]
