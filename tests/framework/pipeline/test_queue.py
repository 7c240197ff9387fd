from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from fetchgram.pipeline.turns import person_key

from .conftest import Bench


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
    assert await other.recover() == 1
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
