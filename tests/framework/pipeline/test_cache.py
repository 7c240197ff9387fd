from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fetchgram.api import Chat, Delivery, FileId, Folder, Job, MediaKind, Receipt, RequestState, Route
from fetchgram.pipeline.cache import Cache
from fetchgram.testing.fakes import FakeClock

from .conftest import BOT, CHAT, PERSON, Bench

RECEIPT = Receipt(route="small", file_ids=(FileId(kind=MediaKind.VIDEO, file_id="abc", unique_id="u"),), size_bytes=4)
SMALL = Route(plugin="fake", name="small", order=1)


async def _job(bench: Bench) -> tuple[Job, Delivery]:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    async with bench.storage.read() as session:
        (delivery,) = await session.deliveries.of_request(request.id)
        job = await session.jobs.get(delivery.job_id)
    assert job is not None
    return job, delivery


async def _keep(bench: Bench, cache: Cache, receipt: Receipt, route: Route, destination: Chat | Folder = CHAT) -> bool:
    """Whether it is found again."""
    job, delivery = await _job(bench)
    async with bench.storage.write() as session:
        await cache.keep(session, job, dataclasses.replace(delivery, destination=destination), receipt, route)
    return await cache.find(job, delivery) is not None


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def cache(bench: Bench, clock: FakeClock) -> Cache:
    return Cache(bench.storage, clock, ttl_s=60)


async def test_what_telegram_keeps_is_found_until_its_time_is_over(
    bench: Bench, cache: Cache, clock: FakeClock
) -> None:
    assert await _keep(bench, cache, RECEIPT, SMALL)
    job, delivery = await _job(bench)
    clock.advance(59)
    assert await cache.find(job, delivery) == RECEIPT
    clock.advance(2)
    assert await cache.find(job, delivery) is None


@pytest.mark.parametrize(
    ("receipt", "route", "destination"),
    [
        (Receipt(route="small"), SMALL, CHAT),
        (RECEIPT, Route(plugin="fake", name="cache", order=0), CHAT),
        (RECEIPT, SMALL, Folder(path=Path("x"))),
    ],
    ids=["without file ids", "from the cache itself", "to a folder"],
)
async def test_what_cannot_be_sent_again_is_not_kept(
    bench: Bench, cache: Cache, receipt: Receipt, route: Route, destination: Chat | Folder
) -> None:
    assert not await _keep(bench, cache, receipt, route, destination)


async def test_what_was_refused_is_forgotten(bench: Bench, cache: Cache) -> None:
    assert await _keep(bench, cache, RECEIPT, SMALL)
    job, delivery = await _job(bench)
    await cache.drop(job, delivery)
    assert await cache.find(job, delivery) is None


async def test_another_bot_cannot_use_the_file_ids_of_this_one(bench: Bench) -> None:
    first = await bench.wish(key="a")
    await bench.route.intake.choose(first.id, 0)
    await bench.run_until_ended(first.id)
    person, chat = dataclasses.replace(PERSON, bot_id=BOT + 1), Chat(bot_id=BOT + 1, chat=PERSON.id)
    request, _ = await bench.route.intake.accept(key="b", person=person, destination=chat, url="https://fake/one")
    assert await bench.route.intake.look(request) is not None
    menu = await bench.route.intake.menu(request.id)
    assert not any(row.cached for row in menu.rows)
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    assert [route for _, route in bench.site.sent] == ["small", "small"]
