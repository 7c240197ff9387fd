from __future__ import annotations

import asyncio

import pytest

from fetchgram.api import ContentUnavailable, JobState, LimitReached, RequestState
from fetchgram.pipeline.audience import Queued
from fetchgram.pipeline.commands import CANCEL, RETRY

from .conftest import Bench


async def _order(bench: Bench, name: str, job_id: int | None) -> object:
    """Leave a command as another process does, and have it carried out."""
    async with bench.storage.write() as session:
        command_id = await session.commands.add(name, {"job": job_id})
    assert await bench.route.commands.carry_out() == 1
    async with bench.storage.read() as session:
        return await session.commands.result(command_id)


async def test_a_job_is_cancelled_for_everyone_and_they_are_told(bench: Bench) -> None:
    request = await bench.wish()
    job_id = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    assert await _order(bench, CANCEL, job_id) == {"requests": [request.id]}
    assert (await bench.route.intake.request(request.id)).state is RequestState.CANCELLED
    assert bench.audience.kinds(request.id) == ["Cancelled"]
    async with bench.storage.read() as session:
        assert [job.state for job in await session.jobs.list(list(JobState), 10)] == [JobState.CANCELLED]


async def test_a_failed_job_is_run_again(bench: Bench) -> None:
    def gone(_workdir: object, _sink: object) -> None:
        raise ContentUnavailable("gone")

    bench.site.on_download = gone
    request = await bench.wish()
    job_id = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    await bench.run_until_ended(request.id)
    bench.site.on_download = None
    assert await _order(bench, RETRY, job_id) == {"requests": [request.id]}
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE


async def test_all_that_failed_is_run_again_by_one_command(bench: Bench) -> None:
    def gone(_workdir: object, _sink: object) -> None:
        raise ContentUnavailable("gone")

    bench.site.on_download = gone
    failed = [(await bench.wish(f"https://fake/{name}", key=name)).id for name in "ab"]
    for request_id in failed:
        await bench.route.intake.choose(request_id, 0)
    await bench.run_until_ended(*failed)
    bench.site.on_download = None
    done = (await bench.wish("https://fake/c", key="c")).id
    await bench.route.intake.choose(done, 0)
    await bench.run_until_ended(done)
    assert await _order(bench, RETRY, None) == {"requests": failed}
    ended = await bench.run_until_ended(*failed)
    assert {request.state for request in ended} == {RequestState.DONE}


async def test_an_operator_runs_a_job_again_whatever_its_person_has_used_up_and_they_hear_of_it(bench: Bench) -> None:
    def gone(_workdir: object, _sink: object) -> None:
        raise ContentUnavailable("gone")

    bench.site.on_download = gone
    request = await bench.wish()
    job_id = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    await bench.run_until_ended(request.id)
    bench.route.intake._orders._limits._line_max = 0
    with pytest.raises(LimitReached):
        await bench.route.reruns.retry(request.id)
    assert await _order(bench, RETRY, job_id) == {"requests": [request.id]}
    assert bench.audience.news[-1] == (request.id, Queued(place=1, running=0))


async def test_an_unknown_command_and_an_unknown_job_are_answered(bench: Bench) -> None:
    assert await _order(bench, "job.eat", 1) == {"error": "unknown command 'job.eat'"}
    assert await _order(bench, CANCEL, 99) == {"error": "there is no job 99"}


async def test_what_a_killed_process_had_taken_is_taken_again(bench: Bench) -> None:
    request = await bench.wish()
    job_id = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    async with bench.storage.write() as session:
        await session.commands.add(CANCEL, {"job": job_id})
        await session.commands.take(1)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(bench.route.commands.run())
        await bench.ended(request.id)
        running.cancel()
