"""Many people, one recipe: one download, one upload; each with their own progress, cancel, errors and delivery."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fetchgram.api import CannotDeliver, Delivery, Person, RequestState, Route, Sink, TemporarilyUnavailable
from fetchgram.settings import Settings

from .conftest import BOT, Bench

PEOPLE = 40


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {"data_dir": tmp_path, "work": {"disk_floor": 0, "lease_s": 2}, "limits": {"running": 100}}
    )


async def _everybody(bench: Bench, count: int = PEOPLE) -> list[int]:
    """Let each of them choose the same of the same link."""
    found = []
    for number in range(count):
        request = await bench.wish(key=str(number), person=Person(bot_id=BOT, id=100 + number))
        found.append((await bench.route.intake.choose(request.id, 0)).id)
    return found


async def test_many_people_are_one_download_and_one_upload_and_each_has_the_file(bench: Bench) -> None:
    requests = await _everybody(bench)
    ended = await bench.run_until_ended(*requests)
    assert {request.state for request in ended} == {RequestState.DONE}
    assert bench.site.downloads == 1
    assert sorted(who for who, _ in bench.site.sent) == requests
    assert [route for _, route in bench.site.sent] == ["small", *["cache"] * (PEOPLE - 1)]


async def test_each_of_them_sees_the_progress(bench: Bench) -> None:
    requests = await _everybody(bench, 5)
    await bench.run_until_ended(*requests)
    for request in requests:
        assert bench.audience.kinds(request) == ["Working", "Progress", "Working", "Done"]


async def test_one_who_cancels_takes_nothing_from_the_others(bench: Bench) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_workdir: Path, _sink: Sink) -> None:
        began.set()
        await may_end.wait()

    bench.site.on_download = slow
    requests = await _everybody(bench, 4)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        await began.wait()
        await bench.route.intake.cancel(requests[0])
        may_end.set()
        ended = [(await bench.ended(request)).state for request in requests]
        await bench.idle()
        runner.cancel()
    assert ended == [RequestState.CANCELLED, *[RequestState.DONE] * 3]
    assert requests[0] not in {who for who, _ in bench.site.sent}


async def test_a_chat_that_cannot_be_written_to_is_the_affair_of_that_person_alone(bench: Bench) -> None:
    def blocked(delivery: Delivery, _route: Route) -> None:
        if delivery.request_id == requests[1]:
            raise CannotDeliver("bot was blocked by the user")

    bench.site.on_send = blocked
    requests = await _everybody(bench, 4)
    ended = await bench.run_until_ended(*requests)
    assert [request.state for request in ended] == [
        RequestState.DONE,
        RequestState.FAILED,
        RequestState.DONE,
        RequestState.DONE,
    ]
    assert bench.audience.kinds(requests[1])[-1] == "Failed"
    assert bench.site.downloads == 1


async def test_a_chat_that_must_wait_holds_up_nobody_else_and_gets_its_file_later(bench: Bench) -> None:
    waits = iter([TemporarilyUnavailable("flood", retry_after_s=0.2)])

    def flooded(delivery: Delivery, _route: Route) -> None:
        if delivery.request_id == requests[0]:
            for error in waits:
                raise error

    bench.site.on_send = flooded
    requests = await _everybody(bench, 4)
    ended = await bench.run_until_ended(*requests)
    assert {request.state for request in ended} == {RequestState.DONE}
    assert [who for who, _ in bench.site.sent] == [*requests[1:], requests[0]]
    assert [route for _, route in bench.site.sent] == ["small", "cache", "cache", "cache"]
    assert all("Retrying" not in bench.audience.kinds(request) for request in requests[1:])
    assert bench.site.downloads == 1


async def test_a_refused_file_id_is_healed_by_one_new_upload_for_all_who_wait(bench: Bench) -> None:
    (first,) = await _everybody(bench, 1)
    await bench.run_until_ended(first)
    refusals = iter(range(1))
    bench.site.refuses_cached = lambda: next(refusals, None) is not None
    requests = (await _everybody(bench, 5))[1:]
    ended = await bench.run_until_ended(*requests)
    assert {request.state for request in ended} == {RequestState.DONE}
    assert [route for _, route in bench.site.sent] == ["small", "small", "cache", "cache", "cache"]
    assert bench.site.downloads == 2
