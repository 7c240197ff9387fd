from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fetchgram.api import Delivery, DiskFull, FetchgramError, Job, RequestState, Route, Sink, TemporarilyUnavailable
from fetchgram.pipeline.commands import CANCEL
from fetchgram.storage import Session

from .conftest import Bench


async def test_a_delivery_that_answers_a_cancel_with_an_error_of_its_own_stops_nobody_else(
    bench: Bench, tmp_path: Path
) -> None:
    sending = asyncio.Event()

    async def stubborn(delivery: Delivery, _route: Route) -> None:
        if delivery.request_id != first.id:
            return
        sending.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            raise TemporarilyUnavailable("lease lost") from None

    bench.site.on_send = stubborn
    first = await bench.wish("https://fake/one", key="a")
    await bench.route.intake.choose(first.id, 0)
    async with asyncio.timeout(8), asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        await sending.wait()
        await bench.route.intake.cancel(first.id)
        second = await bench.wish("https://fake/two", key="b")
        await bench.route.intake.choose(second.id, 0)
        ended = await bench.ended(second.id)
        await bench.idle()
        runner.cancel()
    assert ended.state is RequestState.DONE
    assert bench.site.sent == [(second.id, "small")]
    assert list((tmp_path / "work").iterdir()) == []


async def test_a_download_that_filled_the_disk_gives_its_room_back_and_is_tried_again_when_the_lease_is_over(
    bench: Bench, no_room: Callable[[bool], None]
) -> None:
    left: list[bool] = []

    def fill_up(workdir: Path, _sink: Sink) -> None:
        part = workdir / "film.mp4.part"
        left.append(part.exists())
        no_room(bench.site.downloads == 1)
        if bench.site.downloads == 1:
            asyncio.get_running_loop().call_later(0.5, no_room, False)  # noqa: FBT003  # the only argument
            part.write_bytes(b"all that there was")
            raise DiskFull("no room")

    bench.site.on_download = fill_up
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    assert left == [False, False]


async def test_the_runner_waits_while_the_database_takes_nothing(
    bench: Bench, no_room: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetchgram.pipeline.run._IDLE_S", 0.05)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    no_room(True)  # noqa: FBT003  # the only argument
    asyncio.get_running_loop().call_later(0.3, no_room, False)  # noqa: FBT003  # the only argument
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE


async def test_a_write_that_finds_no_room_is_waited_for_and_no_mistake_of_ours(bench: Bench) -> None:
    def full(_workdir: Path, _sink: Sink) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    bench.site.on_download = full
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    job = await bench.route.queue.claim()
    assert job is not None
    await bench.work_on(job)
    assert bench.audience.kinds(request.id)[-1] == "NoRoom"


async def test_a_database_that_reports_an_error_of_the_disk_ends_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetchgram.pipeline.run._IDLE_S", 0.05)
    claim, errors = bench.route.queue.claim, iter([FetchgramError("the disk reports an error")] * 3)

    async def broken(only: int | None = None) -> Job | None:
        for error in errors:
            raise error
        return await claim(only)

    monkeypatch.setattr(bench.route.queue, "claim", broken)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE


async def test_a_database_that_does_not_answer_at_the_start_does_not_end_the_runner(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked() -> list[int]:
        raise TemporarilyUnavailable("the database is locked")

    monkeypatch.setattr(bench.route.runner._housekeeping, "sweep", locked)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE


async def test_a_wait_that_nobody_would_live_to_see_is_told_as_a_failure(bench: Bench) -> None:
    def away(_workdir: Path, _sink: Sink) -> None:
        raise TemporarilyUnavailable("away", retry_after_s=1e15)

    bench.site.on_download = away
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert (ended.state, bench.site.downloads) == (RequestState.FAILED, 1)


async def test_commands_and_schedules_wait_while_the_database_takes_nothing(
    bench: Bench, no_room: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetchgram.pipeline.schedules._REST_S", 0.05)
    request = await bench.wish()
    job_id = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    async with bench.storage.write() as session:
        await session.commands.add(CANCEL, {"job": job_id})
    no_room(True)  # noqa: FBT003  # the only argument
    async with asyncio.timeout(8), asyncio.TaskGroup() as group:
        loops = [group.create_task(bench.route.commands.run()), group.create_task(bench.route.schedules.run())]
        await asyncio.sleep(0.2)
        no_room(False)  # noqa: FBT003  # the only argument
        await bench.ended(request.id)
        while not (await _overrides(bench)).get("schedule:core:clean-up"):
            await asyncio.sleep(0.01)
        for loop in loops:
            loop.cancel()


async def _overrides(bench: Bench) -> Mapping[str, object]:
    async with bench.storage.read() as session:
        return await session.overrides.get_all()


@pytest.fixture
def no_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Give a switch that makes every write fail as on a full disk."""
    full = False
    write = bench.storage.write

    @asynccontextmanager
    async def refusing() -> AsyncIterator[Session]:
        if full:
            raise DiskFull("no room left to write")
        async with write() as session:
            yield session

    def switch(value: bool) -> None:  # noqa: FBT001  # a switch
        nonlocal full
        full = value

    monkeypatch.setattr(bench.storage, "write", refusing)
    return switch


async def test_a_disk_that_is_full_after_the_send_is_not_told_as_a_failed_delivery(bench: Bench) -> None:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)

    def full(_delivery: Delivery, _route: Route) -> None:
        raise DiskFull("no room for the ledger")

    bench.site.on_send = full
    job = await bench.route.queue.claim()
    assert job is not None
    await bench.work_on(job)
    assert (await bench.route.intake.request(request.id)).state is RequestState.WORKING
    assert bench.audience.kinds(request.id)[-1] == "NoRoom"
