"""Hints between processes: here between two routes over one PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from psycopg import sql

from fetchgram.app import Wired, wire
from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import DeliveryState, JobState, Person
from fetchgram.pipeline.procrastinate_queue import ProcrastinateQueue
from fetchgram_sandbox.postgres import PostgresServer

from .conftest import BOT, Bench


@pytest.fixture
def engine() -> str:
    return "postgres"


@pytest.fixture
def database_url(migrated_url: str | None) -> str | None:
    return migrated_url


@pytest.fixture
def hints(postgres: PostgresServer) -> Callable[[], list[tuple[str, str]]]:
    def look() -> list[tuple[str, str]]:
        question = sql.SQL("SELECT lock, status::text FROM procrastinate_jobs ORDER BY id")
        return [(str(lock), str(status)) for lock, status in postgres.execute(question, "migrated")]

    return look


@asynccontextmanager
async def at_work(*routes: Wired) -> AsyncIterator[None]:
    """Let the queues of these routes take hints, as a worker does."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(route.queue.run()) for route in routes]
        tasks += [group.create_task(route.notifier.run()) for route in routes if route.notifier is not None]
        async with asyncio.timeout(20):
            for route in routes:
                assert route.notifier is not None
                await route.notifier.listens.wait()
            yield
        for task in tasks:
            task.cancel()


async def until(check: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not (found if isinstance(found := check(), bool) else await found):
            await asyncio.sleep(0.02)


async def _wished(bench: Bench, name: str) -> int:
    request = await bench.wish(f"https://fake/{name}", key=name)
    return await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))


Hints = Callable[[], list[tuple[str, str]]]


async def test_a_hint_is_deferred_with_its_job_under_the_jobs_id(bench: Bench, hints: Hints) -> None:
    first, second = await _wished(bench, "a"), await _wished(bench, "b")
    assert hints() == [(str(first), "todo"), (str(second), "todo")]


async def test_a_hint_goes_with_the_transaction_that_failed(bench: Bench, hints: Hints) -> None:
    queue = bench.route.queue
    assert isinstance(queue, ProcrastinateQueue)
    with pytest.raises(LookupError):  # noqa: PT012  # the block is the transaction
        async with bench.storage.write() as session:
            await queue.hint(session, 7)
            raise LookupError
    assert hints() == []


async def test_who_waits_is_woken_by_a_job_of_another_process(bench: Bench) -> None:
    worker = bench.another_worker()
    async with at_work(worker):
        assert await worker.queue.claim() is None
        waiting = asyncio.create_task(worker.queue.wait(3600))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        job_id = await _wished(bench, "a")
        await waiting
        job = await worker.queue.claim()
        assert job is not None
        assert job.id == job_id


async def test_a_worker_keeps_the_hint_of_a_job_for_as_long_as_it_runs(bench: Bench, hints: Hints) -> None:
    worker = bench.another_worker()
    async with at_work(worker):
        job_id = await _wished(bench, "a")
        await worker.queue.wait(3600)
        assert await worker.queue.claim() is not None
        assert hints() == [(str(job_id), "doing")]
        worker.queue.ended(job_id)
        await until(lambda: hints() == [])


async def test_a_hint_that_leads_to_nothing_is_given_back(bench: Bench, hints: Hints) -> None:
    worker = bench.another_worker()
    async with at_work(worker):
        await _wished(bench, "a")
        await worker.queue.wait(3600)
        await bench.route.intake.cancel(1)
        assert await worker.queue.claim() is None
        await until(lambda: hints() == [])


async def test_a_worker_without_room_leaves_the_hints_to_others(bench: Bench, hints: Hints) -> None:
    full, idle = bench.another_worker(), bench.another_worker()
    ids = [await _wished(bench, name) for name in ("a", "b", "c")]
    for _ in ids:
        assert await full.queue.claim() is not None
    async with at_work(full):
        assert isinstance(full.queue, ProcrastinateQueue)
        held = full.queue._held
        await until(lambda: None not in held.values())
        assert sorted(held) == sorted(ids)
        assert [status for _, status in hints()] == ["doing"] * 3
    assert await idle.queue.claim() is None


async def test_a_job_whose_hint_was_lost_gets_a_new_one_once(
    bench: Bench, postgres: PostgresServer, hints: Hints
) -> None:
    job_id = await _wished(bench, "a")
    postgres.execute(sql.SQL("DELETE FROM procrastinate_jobs"), "migrated")
    queue, other = bench.route.queue, bench.another_worker().queue
    assert isinstance(queue, ProcrastinateQueue)
    assert isinstance(other, ProcrastinateQueue)
    async with at_work(bench.route):
        await until(lambda: queue._app.connector._async_pool is not None)  # type: ignore[attr-defined]  # of this connector
        assert await queue.sweep() == 1
        assert await queue.sweep() == 0
        assert await other.sweep() == 0  # under the lease of the first one
        assert [lock for lock, _ in hints()] == [str(job_id)]


async def test_a_job_that_is_handed_back_is_hinted_at_at_once(bench: Bench, hints: Hints) -> None:
    started, worker, other = asyncio.Event(), bench.another_worker(), bench.another_worker()

    async def hang(*_: object) -> None:
        started.set()
        await asyncio.sleep(3600)

    bench.site.on_download = hang
    await _wished(bench, "a")
    running = asyncio.create_task(worker.runner.run())
    await started.wait()
    running.cancel()
    await asyncio.wait([running])
    assert [status for _, status in hints()] == ["todo", "todo"]
    async with at_work(other):
        await other.queue.wait(3600)
        assert await other.queue.claim() is not None


async def test_a_job_that_is_tried_again_is_hinted_at_for_then_and_at_once_when_somebody_is_in_a_hurry(
    bench: Bench, hints: Hints, postgres: PostgresServer
) -> None:
    def fail(*_: object) -> None:
        raise TemporarilyUnavailable("not now", retry_after_s=600)

    bench.site.on_download = fail
    worker = bench.another_worker()
    job_id = await _wished(bench, "a")
    async with at_work(worker):
        await worker.queue.wait(3600)
        job = await worker.queue.claim()
        assert job is not None
        await bench.work_on(job)
        worker.queue.ended(job_id)
        await until(lambda: [status for _, status in hints()] == ["todo"])
    later = sql.SQL("SELECT scheduled_at > now() + interval '590 s' FROM procrastinate_jobs")
    assert postgres.execute(later, "migrated") == [(True,)]
    assert await bench.route.reruns.hurry(1)
    assert [status for lock, status in hints() if lock == str(job_id)] == ["todo"]


async def test_a_process_ends_the_leases_of_those_that_worked_in_its_folder_before_and_of_no_other(
    bench: Bench, tmp_path: Path
) -> None:
    await _wished(bench, "a")
    assert await bench.route.queue.claim() is not None
    elsewhere = wire(bench.settings, bench.plugins, bench.audience, bench.storage, _made(tmp_path / "elsewhere"))
    assert await elsewhere.queue.recover() == 0
    assert await elsewhere.queue.claim() is None
    after_the_restart = bench.another_worker()
    assert await after_the_restart.queue.recover() == 1
    job = await after_the_restart.queue.claim()
    assert job is not None
    assert job.lease == 2
    async with bench.storage.read() as session:
        deaths = await session.events.of_job(job.id, "job.worker_died")
    assert [death.data for death in deaths] == [{"lease": 1, "among": 1}]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def test_a_job_that_is_cancelled_elsewhere_stops_here(bench: Bench) -> None:
    started, worker = asyncio.Event(), bench.another_worker()

    async def hang(*_: object) -> None:
        started.set()
        await asyncio.sleep(3600)

    bench.site.on_download = hang
    async with at_work(worker), asyncio.TaskGroup() as group:
        running = group.create_task(worker.runner.run())
        await _wished(bench, "a")
        await started.wait()
        await bench.route.intake.cancel(1)
        await until(lambda: not worker.runner.running)
        running.cancel()
    async with bench.storage.read() as session:
        job = await session.jobs.get(1)
        (delivery,) = await session.deliveries.of_job(1)
    assert job is not None
    assert (job.state, delivery.state) == (JobState.CANCELLED, DeliveryState.CANCELLED)
    await until(lambda: not (bench.folder / "work" / "1").exists())


@pytest.mark.timeout(180)
async def test_two_hundred_people_on_one_link_are_one_download_one_upload_and_two_hundred_deliveries(
    bench: Bench,
) -> None:
    people = [Person(bot_id=BOT, id=1000 + number) for number in range(200)]
    for number, person in enumerate(people):
        request = await bench.wish("https://fake/one", key=f"k{number}", person=person)
        await bench.route.intake.choose(request.id, 0)
    workers = [bench.another_worker(), bench.another_worker()]
    async with asyncio.TaskGroup() as group:
        runners = [group.create_task(worker.runner.run()) for worker in workers]
        async with asyncio.timeout(150):
            for request_id in range(1, 201):
                while not (await bench.route.intake.request(request_id)).state.ended:
                    await asyncio.sleep(0.05)
        for runner in runners:
            runner.cancel()
    assert bench.site.downloads == 1
    assert sorted(request_id for request_id, _ in bench.site.sent) == list(range(1, 201))
    assert Counter(route for _, route in bench.site.sent) == {"cache": 199, "small": 1}


async def test_two_workers_share_the_jobs_and_deliver_each_once(bench: Bench, hints: Hints) -> None:
    one, two = bench.another_worker(), bench.another_worker()
    async with at_work(one, two), asyncio.TaskGroup() as group:
        runners = [group.create_task(worker.runner.run()) for worker in (one, two)]
        for name in "abcdefgh":
            await _wished(bench, name)
        for request_id in range(1, 9):
            await bench.ended(request_id)
        await until(lambda: not one.runner.running and not two.runner.running)
        await until(lambda: hints() == [])
        for runner in runners:
            runner.cancel()
    assert sorted(bench.site.sent) == [(request_id, "small") for request_id in range(1, 9)]
