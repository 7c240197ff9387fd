from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from fetchgram.api import (
    CannotDeliver,
    Choice,
    ChoiceGone,
    ChoiceKind,
    ContentUnavailable,
    Delivery,
    DeliveryState,
    JobState,
    Media,
    Person,
    RequestState,
    Route,
    Sink,
    TemporarilyUnavailable,
    Uncertain,
)
from fetchgram.pipeline.audience import Failed

from .conftest import BOT, MB, PERSON, Bench


async def test_a_choice_is_downloaded_and_delivered_on_the_first_route_that_takes_it(bench: Bench) -> None:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    assert bench.site.sent == [(request.id, "small")]
    assert bench.audience.kinds(request.id)[-1] == "Done"
    assert "Working" in bench.audience.kinds(request.id)


async def test_the_workdir_is_gone_when_the_job_has_ended(bench: Bench, tmp_path: Path) -> None:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    assert list((tmp_path / "work").iterdir()) == []


async def test_what_a_job_left_here_that_ended_elsewhere_goes_after_a_while(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetchgram.pipeline.run._SWEEP_EVERY_S", 0.05)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    runner = asyncio.create_task(bench.route.runner.run())
    await asyncio.sleep(0)
    left = tmp_path / "work" / "1"
    left.mkdir(parents=True)
    async with asyncio.timeout(20):
        while left.exists():
            await asyncio.sleep(0.01)
    runner.cancel()
    await asyncio.wait([runner])


async def test_equal_wishes_of_many_people_are_one_download_and_one_upload(bench: Bench) -> None:
    people = [Person(bot_id=BOT, id=number) for number in range(1, 21)]
    requests = [await bench.wish(key=f"k{p.id}", person=p) for p in people]
    for request in requests:
        await bench.route.intake.choose(request.id, 0)
    ended = await bench.run_until_ended(*(request.id for request in requests))
    assert {request.state for request in ended} == {RequestState.DONE}
    assert bench.site.downloads == 1
    routes = [route for _, route in bench.site.sent]
    assert routes.count("small") == 1
    assert routes.count("cache") == 19


async def test_the_second_wish_comes_from_the_cache(bench: Bench) -> None:
    for key in ("a", "b"):
        request = await bench.wish(key=key)
        await bench.route.intake.choose(request.id, 0)
        await bench.run_until_ended(request.id)
    assert [route for _, route in bench.site.sent] == ["small", "cache"]
    assert bench.site.downloads == 1


async def test_a_refused_file_id_heals_by_a_new_download(bench: Bench) -> None:
    first = await bench.wish(key="a")
    await bench.route.intake.choose(first.id, 0)
    await bench.run_until_ended(first.id)
    bench.site.refuse_cached = True
    second = await bench.wish(key="b")
    await bench.route.intake.choose(second.id, 0)
    (ended,) = await bench.run_until_ended(second.id)
    assert ended.state is RequestState.DONE
    assert bench.site.downloads == 2
    assert [route for _, route in bench.site.sent] == ["small", "small"]


async def test_a_cached_file_that_must_wait_is_sent_from_the_cache_later(bench: Bench) -> None:
    first = await bench.wish(key="a")
    await bench.route.intake.choose(first.id, 0)
    await bench.run_until_ended(first.id)
    waits = iter([TemporarilyUnavailable("flood", retry_after_s=0.1)])

    def flood_once(_delivery: Delivery, _route: Route) -> None:
        for error in waits:
            raise error

    bench.site.on_send = flood_once
    second = await bench.wish(key="b")
    await bench.route.intake.choose(second.id, 0)
    await bench.run_until_ended(second.id)
    assert bench.site.downloads == 1
    assert [route for _, route in bench.site.sent] == ["small", "cache"]


async def test_a_refused_route_falls_to_the_next_one(bench: Bench) -> None:
    def refuse(_delivery: Delivery, route: Route) -> None:
        if route.name == "small":
            raise CannotDeliver("not here")

    bench.site.on_send = refuse
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    assert bench.site.sent == [(request.id, "large")]


async def test_an_uncertain_send_is_told_and_never_repeated(bench: Bench) -> None:
    sends = 0

    def cut(_delivery: Delivery, _route: Route) -> None:
        nonlocal sends
        sends += 1
        raise Uncertain("the answer was lost")

    bench.site.on_send = cut
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert sends == 1
    assert ended.state is RequestState.FAILED
    assert len(ended.error_number or "") == 6
    assert bench.audience.kinds(request.id)[-1] == "UncertainDelivery"
    async with bench.storage.read() as session:
        (delivery,) = await session.deliveries.of_request(request.id)
    assert delivery.state is DeliveryState.UNCERTAIN


async def test_send_again_after_an_uncertain_send_is_a_new_delivery_with_another_number(bench: Bench) -> None:
    bench.site.on_send = lambda _delivery, _route: (_ for _ in ()).throw(Uncertain("lost"))
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    bench.site.on_send = None
    await bench.route.reruns.send_again(request.id)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    async with bench.storage.read() as session:
        deliveries = await session.deliveries.of_request(request.id)
    assert max(delivery.resends for delivery in deliveries) == 1


async def test_a_temporary_failure_is_retried_and_told(bench: Bench) -> None:
    def fail_once(_workdir: Path, _sink: Sink) -> None:
        if bench.site.downloads == 1:
            raise TemporarilyUnavailable("slow down", retry_after_s=0.1)

    bench.site.on_download = fail_once
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    assert bench.site.downloads == 2
    assert "Retrying" in bench.audience.kinds(request.id)


async def test_content_that_is_gone_is_told_with_a_number_and_never_retried(bench: Bench) -> None:
    def gone(_workdir: Path, _sink: Sink) -> None:
        raise ContentUnavailable("gone")

    bench.site.on_download = gone
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert bench.site.downloads == 1
    assert ended.state is RequestState.FAILED
    assert ended.error is not None
    assert ended.error.key == "error-gone"
    (news,) = [news for _, news in bench.audience.news if isinstance(news, Failed)]
    assert news.number == ended.error_number
    assert len(news.number) == 6


async def test_a_bug_in_a_plugin_fails_its_job_only(bench: Bench) -> None:
    def break_one(workdir: Path, _sink: Sink) -> None:
        if workdir.name == "1":
            raise ZeroDivisionError

    bench.site.on_download = break_one
    broken, fine = await bench.wish("https://fake/broken", key="a"), await bench.wish("https://fake/fine", key="b")
    await bench.route.intake.choose(broken.id, 0)
    await bench.route.intake.choose(fine.id, 0)
    states = [request.state for request in await bench.run_until_ended(broken.id, fine.id)]
    assert states == [RequestState.FAILED, RequestState.DONE]


async def test_a_choice_that_is_gone_leads_back_to_the_menu_with_what_there_is_now(bench: Bench) -> None:
    left = Choice(kind=ChoiceKind.VIDEO, height_px=360)

    def gone(_workdir: Path, _sink: Sink) -> None:
        raise ChoiceGone((left,))

    bench.site.on_download = gone
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        while "MenuAgain" not in bench.audience.kinds(request.id):
            await asyncio.sleep(0.01)
        await bench.idle()
        runner.cancel()
    again = await bench.route.intake.request(request.id)
    assert again.state is RequestState.CHOOSING
    assert again.probe is not None
    assert again.probe.choices == (left,)


async def test_a_cancelled_wish_stops_its_job_within_a_second_and_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    started = asyncio.Event()

    async def for_ever(_workdir: Path, _sink: Sink) -> None:
        started.set()
        await asyncio.sleep(3600)

    bench.site.on_download = for_ever
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        await started.wait()
        async with asyncio.timeout(1):
            cancelled = await bench.route.intake.cancel(request.id)
        assert bench.route.runner.running == ()
        runner.cancel()
    assert cancelled.state is RequestState.CANCELLED
    assert list((tmp_path / "work").iterdir()) == []


async def test_a_job_of_two_people_survives_the_cancel_of_one(bench: Bench) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def wait(_workdir: Path, _sink: Sink) -> None:
        started.set()
        await go.wait()

    bench.site.on_download = wait
    mine = await bench.wish(key="a")
    other = await bench.wish(key="b", person=Person(bot_id=BOT, id=8))
    for request in (mine, other):
        await bench.route.intake.choose(request.id, 0)
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        await started.wait()
        await bench.route.intake.cancel(mine.id)
        go.set()
        await bench.ended(other.id)
        await bench.idle()
        runner.cancel()
    assert [who for who, _ in bench.site.sent] == [other.id]


async def _stopped_in_the_delivery(bench: Bench) -> tuple[int, Media]:
    """Let a job be stopped while its file is sent; returns the request, and the file that its checkpoint names."""
    sending = asyncio.Event()

    async def hang(_delivery: Delivery, _route: Route) -> None:
        sending.set()
        await asyncio.sleep(3600)

    bench.site.on_send = hang
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    runner = asyncio.create_task(bench.route.runner.run())
    await sending.wait()
    runner.cancel()
    await asyncio.wait([runner])
    bench.site.on_send = None
    async with bench.storage.read() as session:
        (job,) = await session.jobs.list([JobState.QUEUED], limit=10)
    assert job.checkpoint is not None
    return request.id, job.checkpoint.media[0]


async def test_a_finished_download_is_not_repeated_after_a_stop_in_the_delivery(bench: Bench) -> None:
    request_id, _ = await _stopped_in_the_delivery(bench)
    await bench.run_until_ended(request_id)
    assert bench.site.downloads == 1


@pytest.mark.parametrize("left", [b"\0\0\0\0", b"fi", None], ids=["damaged", "cut", "gone"])
async def test_a_file_that_is_not_what_it_was_is_fetched_again_from_nothing(bench: Bench, left: bytes | None) -> None:
    request_id, film = await _stopped_in_the_delivery(bench)
    assert film.path.read_bytes() == b"film"
    film.path.unlink()
    if left is not None:
        film.path.write_bytes(left)
    found: list[str] = []
    bench.site.on_download = lambda workdir, _sink: found.extend(path.name for path in workdir.iterdir())
    (ended,) = await bench.run_until_ended(request_id)
    assert (ended.state, bench.site.downloads, found) == (RequestState.DONE, 2, [])


async def test_what_fits_no_route_is_told_with_its_size(bench: Bench) -> None:
    bench.site.choices = (dataclasses.replace(bench.site.choices[0], size_bytes=None),)

    def huge(workdir: Path, _sink: Sink) -> None:
        (workdir / "film.mp4").write_bytes(b"")

    bench.site.on_download = huge
    bench.site.on_send = lambda _delivery, _route: (_ for _ in ()).throw(CannotDeliver("no"))
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.error is not None
    assert ended.error.key == "error-cannot-deliver"


async def test_a_file_whose_only_routes_are_down_waits_for_them(bench: Bench) -> None:
    bench.site.on_download = lambda _workdir, _sink: bench.site.down.update({"small", "large"})
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    async with asyncio.TaskGroup() as group:
        end = group.create_task(bench.run_until_ended(request.id))
        while "Retrying" not in bench.audience.kinds(request.id):
            await asyncio.sleep(0.01)
        bench.site.down.clear()
    (ended,) = end.result()
    assert ended.state is RequestState.DONE
    assert bench.site.downloads == 1


async def test_a_runaway_download_is_stopped_by_its_bytes(bench: Bench) -> None:
    async def flood(workdir: Path, _sink: Sink) -> None:
        while True:
            with (workdir / "flood").open("ab") as file:
                file.write(bytes(MB))
            await asyncio.sleep(0.001)

    bench.route.runner._stages._sizes._general = 3 * MB
    bench.site.on_download = flood
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.error is not None
    assert ended.error.key == "error-too-large-unknown"


@pytest.mark.parametrize("chosen", [0, 2])
async def test_a_second_tap_starts_nothing(bench: Bench, chosen: int) -> None:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.route.intake.choose(request.id, chosen)
    await bench.run_until_ended(request.id)
    assert bench.site.downloads == 1
    assert PERSON.id == request.person
