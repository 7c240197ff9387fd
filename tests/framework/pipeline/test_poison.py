from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import TextClause
from sqlalchemy import text as sql

from fetchgram.api import DeliveryState, Event, Job, JobState, Request, RequestState, Sink, WorkerCrashed
from fetchgram.clock import SystemClock
from fetchgram.pipeline.audience import Failed, UncertainDelivery
from fetchgram.pipeline.queue import LocalQueue

from .conftest import Bench


async def next_process(bench: Bench, jobs: int = 1) -> None:
    """Begin jobs in a process that dies meanwhile, and recover in the next one."""
    mortal = LocalQueue(storage=bench.storage, settings=bench.settings, clock=SystemClock(), worker="mortal")
    for _ in range(jobs):
        assert await mortal.claim() is not None
    assert await bench.route.queue.recover() == jobs


async def chosen(bench: Bench) -> Request:
    request = await bench.wish()
    return await bench.route.intake.choose(request.id, 0)


async def job_of(bench: Bench) -> Job:
    async with bench.storage.read() as session:
        (job,) = await session.jobs.list(list(JobState), 9)
    return job


async def deaths(bench: Bench) -> list[Event]:
    async with bench.storage.read() as session:
        return await session.events.of_job((await job_of(bench)).id, "job.worker_died")


async def test_a_job_that_killed_three_processes_is_not_given_to_a_fourth(bench: Bench) -> None:
    request = await chosen(bench)
    for _ in range(3):
        await next_process(bench)
    (ended,) = await bench.run_until_ended(request.id)
    assert (ended.state, bench.site.downloads) == (RequestState.FAILED, 0)
    assert ended.error is not None
    assert ended.error.key == "error-crashes"
    assert ended.error_number
    assert isinstance(bench.audience.news[-1][1], Failed)


async def test_a_job_that_killed_two_processes_is_tried_once_more(bench: Bench) -> None:
    request = await chosen(bench)
    for _ in range(2):
        await next_process(bench)
    (ended,) = await bench.run_until_ended(request.id)
    assert (ended.state, bench.site.downloads) == (RequestState.DONE, 1)


async def test_jobs_share_the_blame_for_a_process_that_died_while_it_ran_them_all(bench: Bench) -> None:
    requests = [await bench.wish(f"https://fake/{n}", key=f"k{n}") for n in range(3)]
    for request in requests:
        await bench.route.intake.choose(request.id, 0)
    for _ in range(8):
        await next_process(bench, jobs=3)
    ended = await bench.run_until_ended(*(request.id for request in requests))
    assert [request.state for request in ended] == [RequestState.DONE] * 3


async def test_shares_add_up_to_poison_too(bench: Bench) -> None:
    requests = [await bench.wish(f"https://fake/{n}", key=f"k{n}") for n in range(2)]
    for request in requests:
        await bench.route.intake.choose(request.id, 0)
    for _ in range(6):
        await next_process(bench, jobs=2)
    ended = await bench.run_until_ended(*(request.id for request in requests))
    assert [request.error.key for request in ended if request.error] == ["error-crashes"] * 2


async def test_a_process_that_dies_again_before_it_took_the_job_up_counts_once(bench: Bench) -> None:
    request = await chosen(bench)
    await next_process(bench)
    for _ in range(3):
        await bench.route.queue.recover()
    assert len(await deaths(bench)) == 4
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE


async def test_a_job_whose_child_died_three_times_fails_with_its_reason(bench: Bench) -> None:
    bench.site.on_download = crash
    request = await chosen(bench)
    for process in range(1, 4):
        await one_attempt(bench, process)
    (ended,) = await bench.run_until_ended(request.id)
    assert (ended.state, bench.site.downloads) == (RequestState.FAILED, 3)
    assert ended.error is not None
    assert ended.error.key == "error-crashes"


async def one_attempt(bench: Bench, number: int) -> None:
    """Let the job run once and be due again at once."""
    job = await bench.route.queue.claim()
    assert job is not None
    assert job.attempt == number
    await bench.work_on(job)
    if number < 3:
        async with bench.storage.write() as session:
            held = await job_of(bench)
            assert held.state is JobState.WAITING
            await session.execute(due_now())


def due_now() -> TextClause:
    return sql("UPDATE jobs SET not_before = 0")


def crash(_workdir: Path, _sink: Sink) -> object:
    raise WorkerCrashed("signal 11")


@pytest.mark.parametrize(("ledger", "news"), [("sending", UncertainDelivery), ("unsent", Failed)])
async def test_what_may_have_arrived_before_the_last_death_is_not_told_as_failed(
    bench: Bench, ledger: str, news: type[object]
) -> None:
    request = await chosen(bench)
    for _ in range(2):
        await next_process(bench)
    job = await bench.route.queue.claim()
    assert job is not None
    async with bench.storage.write() as session:
        (delivery,) = await session.deliveries.of_job(job.id)
        await session.deliveries.set_state(delivery.id, DeliveryState.SENDING)
        await session.deliveries.ledger_put(delivery.id, "send:0", {"state": ledger}, job_id=job.id, lease=job.lease)
    await bench.route.queue.recover()
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.FAILED
    assert isinstance(bench.audience.news[-1][1], news)
