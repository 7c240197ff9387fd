"""What every queue keeps, whatever carries the hints: one suite over both."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from fetchgram.api import JobState, Person, RequestState
from fetchgram.pipeline.queue import LocalQueue
from fetchgram.pipeline.turns import person_key

from .conftest import BOT, Bench


@pytest.fixture
def database_url(migrated_url: str | None) -> str | None:
    return migrated_url


async def _queued(bench: Bench, *urls: str) -> list[int]:
    jobs = []
    for url in urls:
        request = await bench.wish(f"https://fake/{url}", key=url)
        chosen = await bench.route.intake.choose(request.id, 0)
        jobs.append(await bench.route.intake.job_of(chosen))
    return jobs


async def _took_s(bench: Bench, longest_s: float) -> float:
    began = time.monotonic()
    await bench.route.queue.wait(longest_s)
    return time.monotonic() - began


async def test_waiting_ends_with_the_news(bench: Bench) -> None:
    queue = bench.route.queue
    async with asyncio.timeout(5):
        waiting = asyncio.create_task(queue.wait(3600))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        queue.announce()
        await waiting


async def test_news_from_before_the_wait_are_not_missed_and_count_once(bench: Bench) -> None:
    bench.route.queue.announce()
    assert await _took_s(bench, 5) < 2
    assert await _took_s(bench, 0.1) >= 0.09


async def test_waiting_ends_when_a_job_is_due(bench: Bench) -> None:
    queue = bench.route.queue
    await _queued(bench, "a")
    job = await queue.claim()
    assert job is not None
    async with bench.storage.write() as session:
        await session.jobs.retry(job.id, job.lease, bench.plugins.clock.now() + timedelta(seconds=0.2))
    assert isinstance(queue, LocalQueue)
    queue._news.clear()
    assert await queue.claim() is None
    async with asyncio.timeout(8):
        await queue.wait(3600)
    again = await queue.claim()
    assert again is not None
    assert again.attempt == 2


async def test_only_the_job_that_was_named_is_claimed(bench: Bench) -> None:
    first, second = await _queued(bench, "a", "b")
    claimed = await bench.route.queue.claim(second)
    assert claimed is not None
    assert claimed.id == second
    assert await bench.route.queue.claim(second) is None
    rest = await bench.route.queue.claim()
    assert rest is not None
    assert rest.id == first


async def test_a_job_that_runs_nowhere_is_stopped_without_anybody_to_stop(bench: Bench) -> None:
    (job_id,) = await _queued(bench, "a")
    await bench.route.queue.stop(job_id)
    claimed = await bench.route.queue.claim()
    assert claimed is not None


async def test_a_lease_is_renewed_until_somebody_else_has_the_job(bench: Bench) -> None:
    await _queued(bench, "a")
    queue, other = bench.route.queue, bench.another_worker().queue
    job = await queue.claim()
    assert job is not None
    assert await queue.renew(job)
    assert await other.claim() is None
    async with bench.storage.write() as session:
        await session.jobs.abandon()
    taken = await other.claim()
    assert taken is not None
    assert taken.lease == job.lease + 1
    assert not await queue.renew(job)
    assert await other.renew(taken)


async def test_no_person_runs_more_than_their_share_at_once(bench: Bench) -> None:
    await _queued(bench, "a", "b", "c", "d")
    claimed = [await bench.route.queue.claim() for _ in range(4)]
    assert [job is not None for job in claimed] == [True, True, True, False]


def test_a_person_has_a_share_with_each_bot() -> None:
    assert len({person_key(1, 23), person_key(12, 3), person_key(1, 2)}) == 3


async def test_people_take_turns_whoever_works(bench: Bench) -> None:
    queues = [bench.route.queue, bench.another_worker().queue]
    greedy = await _queued(bench, "a", "b", "c")
    request = await bench.wish("https://fake/d", key="d", person=Person(bot_id=BOT, id=8))
    modest = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    claimed = [await queues[number % 2].claim() for number in range(2)]
    assert [job.id for job in claimed if job is not None] == [greedy[0], modest]


async def test_a_wish_that_joins_a_job_adds_none(bench: Bench) -> None:
    (job_id,) = await _queued(bench, "a")
    request = await bench.wish("https://fake/a", key="b", person=Person(bot_id=BOT, id=8))
    assert await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0)) == job_id
    assert await bench.route.queue.claim() is not None
    assert await bench.route.queue.claim() is None


async def test_a_job_of_a_cancelled_wish_is_not_claimed(bench: Bench) -> None:
    await _queued(bench, "a")
    await bench.route.intake.cancel(1)
    assert await bench.route.queue.claim() is None
    async with bench.storage.read() as session:
        assert [job.state for job in await session.jobs.list(tuple(JobState), 9)] == [JobState.CANCELLED]


async def test_a_cancelled_job_stops_where_it_runs(bench: Bench) -> None:
    await _queued(bench, "a")
    job = await bench.route.queue.claim()
    assert job is not None
    stopped: list[int] = []

    def stop(job_id: int) -> None:
        stopped.append(job_id)

    bench.route.queue.on_cancel(stop)
    await bench.route.intake.cancel(1)
    assert stopped == [job.id]
    assert not await bench.route.queue.renew(job)


async def test_a_takeover_is_a_death_of_everything_that_the_silent_worker_held(bench: Bench) -> None:
    ids = await _queued(bench, "a", "b")
    for _ in ids:
        assert await bench.route.queue.claim() is not None
    other = bench.another_worker().queue
    async with bench.storage.write() as session:
        await session.jobs.abandon()
    for _ in ids:
        assert await other.claim() is not None
    async with bench.storage.read() as session:
        deaths = [await session.events.of_job(job_id, "job.worker_died") for job_id in ids]
    assert [[event.data for event in each] for each in deaths] == [[{"lease": 1, "among": 2}]] * 2


async def test_the_whole_route_works_over_it(bench: Bench) -> None:
    await _queued(bench, "a", "b")
    first, second = await bench.run_until_ended(1, 2)
    assert (first.state, second.state) == (RequestState.DONE, RequestState.DONE)
    assert bench.site.downloads == 2
