"""News from a worker reach the audience of another process; between two notifiers over one PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fetchgram.model import Receipt, Stage, text
from fetchgram.pipeline.audience import (
    Cancelled,
    Done,
    Failed,
    MenuAgain,
    News,
    Progress,
    Queued,
    Retrying,
    UncertainDelivery,
    Working,
)
from fetchgram.pipeline.relay import MOST_BYTES, RemoteAudience, _messages, hear_news
from fetchgram.storage import Storage, open_storage
from fetchgram.storage.notifier import open_notifier

from .conftest import Recorder

EVERYTHING: tuple[News, ...] = (
    Queued(place=3, running=1),
    Working(stage=Stage.POST_PROCESS, step="compress.fit"),
    Progress(stage=Stage.DOWNLOAD, done_bytes=5, total_bytes=10, speed_bps=2.5, eta_s=2.0),
    Progress(stage=Stage.DOWNLOAD, done_bytes=5, total_bytes=None),
    Retrying(after_s=5, error=text("error-temporary")),
    MenuAgain(),
    UncertainDelivery(),
    Done(receipt=Receipt(route="botapi", message_ids=(7,))),
    Failed(error=text("error-too-large", size=3), number="ABC123", retryable=False),
    Cancelled(),
)


@pytest.fixture
def engine() -> str:
    return "postgres"


@pytest.fixture
async def storage(migrated_url: str, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(migrated_url, tmp_path)
    yield opened
    await opened.close()


@asynccontextmanager
async def heard(storage: Storage, recorder: Recorder) -> AsyncIterator[RemoteAudience]:
    there, here = open_notifier(storage.database), open_notifier(storage.database)
    hear_news(there, recorder)
    audience = RemoteAudience(here)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(there.run()), group.create_task(audience.run())]
        async with asyncio.timeout(20):
            await there.listens.wait()
            yield audience
        for task in tasks:
            task.cancel()


async def _count(recorder: Recorder, count: int) -> None:
    while len(recorder.news) < count:
        await asyncio.sleep(0.01)


async def test_all_news_arrive_as_they_were(storage: Storage) -> None:
    recorder = Recorder()
    async with heard(storage, recorder) as audience:
        for number, news in enumerate(EVERYTHING):
            await audience.tell(number, 0, news)
        await _count(recorder, len(EVERYTHING))
    assert sorted(recorder.news, key=lambda told: told[0]) == list(enumerate(EVERYTHING))


async def test_only_the_latest_of_each_request_is_said(storage: Storage) -> None:
    recorder = Recorder()
    async with heard(storage, recorder) as audience:
        for done in range(100):
            await audience.tell(1, 0, Progress(stage=Stage.DOWNLOAD, done_bytes=done, total_bytes=100))
        await audience.tell(1, 0, Cancelled())
        await _count(recorder, 1)
    assert recorder.news == [(1, Cancelled())]


def test_many_who_hear_the_same_share_messages_that_fit() -> None:
    news = Progress(stage=Stage.DELIVER, done_bytes=1, total_bytes=2)
    latest: dict[tuple[int, int], News] = {(10**12 + request, 0): news for request in range(450)}
    found = list(_messages(latest | {(5, 0): Cancelled()}))
    assert len(found) == 4
    assert all(len(message.encode()) <= MOST_BYTES for message in found)


def test_what_is_too_long_for_a_message_is_left_to_the_events() -> None:
    failed = Failed(error=text("error-plugin", plugin="x" * 9_000), number="A")
    assert list(_messages({(1, 0): failed})) == []


async def test_a_message_that_cannot_be_read_stops_nobody(storage: Storage) -> None:
    recorder = Recorder()
    async with heard(storage, recorder) as audience:
        await open_notifier(storage.database).say("fetchgram_news", "nonsense")
        await audience.tell(1, 0, Cancelled())
        await _count(recorder, 1)
    assert recorder.news == [(1, Cancelled())]
