"""Who holds a job may work on it, and nobody else: take-overs, stops in the middle, refusals of the database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fetchgram.api import Event, FfmpegError, JobState, RequestState, Sink, Step, WorkerCrashed
from fetchgram.app import Wired

from .conftest import Bench


async def _chosen(bench: Bench, *steps: Step) -> int:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0, steps)
    return request.id


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def _job_states(bench: Bench) -> list[JobState]:
    async with bench.storage.read() as session:
        return [job.state for job in await session.jobs.list(tuple(JobState), limit=10)]


async def _take_over(bench: Bench, other: Wired) -> None:
    claimed = None
    while claimed is None:  # on a busy machine the first one may renew its lease in between
        await other.queue.recover()
        claimed = await other.queue.claim()


async def test_a_worker_whose_job_was_taken_over_stops_silently_and_lives_on(bench: Bench) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def hang(_workdir: Path, _sink: Sink) -> None:
        started.set()
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    bench.site.on_download = hang
    request_id = await _chosen(bench)
    runner = asyncio.create_task(bench.route.runner.run())
    await started.wait()
    await _take_over(bench, bench.another_worker())
    told = len(bench.audience.news)
    async with asyncio.timeout(5):
        await stopped.wait()
        await bench.idle()
    assert len(bench.audience.news) == told
    assert not runner.done()
    assert await _job_states(bench) == [JobState.RUNNING]
    assert (await bench.route.intake.request(request_id)).state is RequestState.WORKING
    assert (bench.folder / "work" / "1").is_dir()  # the other one works in it
    await _stop(runner)
    assert await _job_states(bench) == [JobState.RUNNING]


async def test_a_worker_that_meets_the_take_over_at_a_checkpoint_sends_nothing_and_lives_on(bench: Bench) -> None:
    other = bench.another_worker()

    async def lose_the_job(_workdir: Path, _sink: Sink) -> None:
        await _take_over(bench, other)

    bench.site.on_download = lose_the_job
    await _chosen(bench)
    runner = asyncio.create_task(bench.route.runner.run())
    async with asyncio.timeout(5):
        while bench.site.downloads == 0:
            await asyncio.sleep(0.01)
        await bench.idle()
    assert not runner.done()
    assert bench.site.sent == []
    assert await _job_states(bench) == [JobState.RUNNING]
    await _stop(runner)


async def test_a_job_that_is_cancelled_elsewhere_while_it_ends_does_not_stop_the_worker(bench: Bench) -> None:
    async def cancelled_by_another_process(_workdir: Path, _sink: Sink) -> None:
        async with bench.storage.write() as session:
            await session.jobs.cancel(1)

    bench.site.on_download = cancelled_by_another_process
    await _chosen(bench)
    runner = asyncio.create_task(bench.route.runner.run())
    async with asyncio.timeout(5):
        while bench.site.downloads == 0:
            await asyncio.sleep(0.01)
        await bench.idle()
    assert not runner.done()
    assert await _job_states(bench) == [JobState.CANCELLED]
    await _stop(runner)


async def test_a_worker_that_is_told_to_stop_hands_its_jobs_back_uncounted(bench: Bench) -> None:
    started = asyncio.Event()

    async def hang(_workdir: Path, _sink: Sink) -> None:
        (_workdir / "part").write_bytes(b"half")
        started.set()
        await asyncio.sleep(3600)

    bench.site.on_download = hang
    request_id = await _chosen(bench)
    runner = asyncio.create_task(bench.route.runner.run())
    await started.wait()
    await _stop(runner)
    async with bench.storage.read() as session:
        job = await session.jobs.get(1)
    assert job is not None
    assert (job.state, job.attempt) == (JobState.QUEUED, 0)
    assert (bench.folder / "work" / "1" / "part").read_bytes() == b"half"
    bench.site.on_download = None
    (ended,) = await bench.run_until_ended(request_id)
    assert ended.state is RequestState.DONE


@pytest.mark.parametrize("error", [WorkerCrashed("signal 15"), FfmpegError("killed")], ids=repr)
async def test_a_child_that_dies_while_the_bot_stops_is_no_fault_of_its_job(bench: Bench, error: Exception) -> None:
    started, stops = asyncio.Event(), asyncio.Event()

    async def die_with_the_bot(_workdir: Path, _sink: Sink) -> None:
        started.set()
        await stops.wait()
        raise error

    bench.site.on_download = die_with_the_bot
    request_id = await _chosen(bench)
    runner = asyncio.create_task(bench.route.runner.run())
    await started.wait()
    draining = asyncio.create_task(bench.route.runner.drain())
    await asyncio.sleep(0)
    stops.set()
    await draining
    await _stop(runner)
    async with bench.storage.read() as session:
        job = await session.jobs.get(1)
        assert await session.events.of_job(1, "job.worker_died") == []
    assert job is not None
    assert (job.state, job.attempt) == (JobState.QUEUED, 0)
    assert [news for news in bench.audience.kinds(request_id) if news in {"Retrying", "Failed"}] == []


async def test_a_gentle_stop_lets_short_work_finish_and_begins_nothing(bench: Bench) -> None:
    started, goes_on = asyncio.Event(), asyncio.Event()

    async def wait(_workdir: Path, _sink: Sink) -> None:
        started.set()
        await goes_on.wait()

    bench.site.on_download = wait
    first = await _chosen(bench)
    runner = asyncio.create_task(bench.route.runner.run())
    await started.wait()
    draining = asyncio.create_task(bench.route.runner.drain())
    later = await bench.wish("https://fake/later", key="later")
    await bench.route.intake.choose(later.id, 0)
    goes_on.set()
    await draining
    assert (await bench.route.intake.request(first)).state is RequestState.DONE
    await _stop(runner)
    assert await _job_states(bench) == [JobState.QUEUED, JobState.DONE]


async def test_work_that_is_not_done_when_the_time_of_a_gentle_stop_is_over_goes_back_into_the_queue(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()

    async def hang(_workdir: Path, _sink: Sink) -> None:
        started.set()
        await asyncio.sleep(3600)

    bench.site.on_download = hang
    hasty = bench.settings.work.model_copy(update={"stop_s": 0.1})
    monkeypatch.setattr(bench.route.runner, "_settings", hasty)
    request_id = await _chosen(bench)
    runner = asyncio.create_task(bench.route.runner.run())
    await started.wait()
    await bench.route.runner.drain()
    await _stop(runner)
    assert await _job_states(bench) == [JobState.QUEUED]
    assert not {"Failed", "Cancelled", "Retrying"} & set(bench.audience.kinds(request_id))


async def test_a_stop_between_two_steps_repeats_neither_the_download_nor_the_first(bench: Bench) -> None:
    second = asyncio.Event()

    async def hang_in_the_second(step: Step) -> None:
        if step.key == "steps.two":
            second.set()
            await asyncio.sleep(3600)

    bench.site.on_step = hang_in_the_second
    request_id = await _chosen(bench, Step(key="steps.one"), Step(key="steps.two"))
    runner = asyncio.create_task(bench.route.runner.run())
    await second.wait()
    await _stop(runner)
    bench.site.on_step = None
    (ended,) = await bench.run_until_ended(request_id)
    assert ended.state is RequestState.DONE
    assert bench.site.downloads == 1
    assert bench.site.steps == ["steps.one", "steps.two", "steps.two"]


async def test_steps_run_in_their_order_each_on_the_result_of_the_last(bench: Bench) -> None:
    seen: list[bytes] = []

    async def read(*_: object) -> None:
        seen.extend(path.read_bytes() for path in sorted((bench.folder / "work" / "1").glob("*two.mp4")))

    bench.site.on_send = read
    request_id = await _chosen(bench, Step(key="steps.one"), Step(key="steps.two"))
    await bench.run_until_ended(request_id)
    assert seen == [b"filmsteps.onesteps.two"]
    names = [getattr(news, "step", None) for _, news in bench.audience.news]
    assert [name for name in names if name] == ["steps.one", "steps.two"]


async def test_a_step_of_a_plugin_that_is_gone_is_told(bench: Bench) -> None:
    request_id = await _chosen(bench, Step(key="absent.step"))
    (ended,) = await bench.run_until_ended(request_id)
    assert ended.state is RequestState.FAILED
    assert ended.error is not None
    assert ended.error.key == "error-plugin-missing"


async def test_events_name_no_url_and_no_title(bench: Bench) -> None:
    request_id = await _chosen(bench)
    await bench.run_until_ended(request_id)
    async with bench.storage.read() as session:
        events: list[Event] = await session.events.after(0, 100)
    names = [event.name for event in events]
    assert names[0] == "request.accepted"
    assert {"request.probed", "job.queued", "job.stage", "job.delivered", "job.done"} <= set(names)
    assert "https://" not in repr(events)
    assert "A film" not in repr(events)
