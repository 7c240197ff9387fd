"""Every end is one transaction with its event, and people hear of it afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fetchgram.api import CannotDeliver, Delivery, DeliveryState, Event, Person, RequestState, Route, Uncertain
from fetchgram.pipeline.audience import Done, Failed, News
from fetchgram.storage import Storage

from .conftest import BOT, PERSON, Bench

OTHER = Person(bot_id=BOT, id=8)


async def _two_wishes(bench: Bench) -> tuple[int, int]:
    first, second = await bench.wish(key="a"), await bench.wish(key="b", person=OTHER)
    for request in (first, second):
        await bench.route.intake.choose(request.id, 0)
    return first.id, second.id


async def _events(storage: Storage) -> list[Event]:
    async with storage.read() as session:
        return await session.events.after(0, 1000)


def _for(request_id: int, outcome: Callable[[], Exception]) -> Callable[[Delivery, Route], None]:
    def send(delivery: Delivery, _route: Route) -> None:
        if delivery.request_id == request_id:
            raise outcome()

    return send


async def test_people_hear_of_an_end_after_it_is_in_the_database(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[RequestState] = []
    tell = bench.audience.tell

    async def look(request_id: int, position: int, news: News) -> None:
        if isinstance(news, Done | Failed):
            seen.append((await bench.route.intake.request(request_id)).state)
        await tell(request_id, position, news)

    monkeypatch.setattr(bench.audience, "tell", look)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    assert seen == [RequestState.DONE]


@pytest.mark.parametrize(
    ("outcome", "state", "event"),
    [
        (lambda: CannotDeliver("no"), DeliveryState.FAILED, "delivery.failed"),
        (lambda: Uncertain("lost"), DeliveryState.UNCERTAIN, "delivery.uncertain"),
    ],
)
async def test_one_delivery_that_fails_leaves_the_other_of_the_same_job(
    bench: Bench, outcome: Callable[[], Exception], state: DeliveryState, event: str
) -> None:
    first, second = await _two_wishes(bench)
    bench.site.on_send = _for(first, outcome)
    states = [request.state for request in await bench.run_until_ended(first, second)]
    assert states == [RequestState.FAILED, RequestState.DONE]
    async with bench.storage.read() as session:
        (delivery,) = await session.deliveries.of_request(first)
    assert delivery.state is state
    names = [found.name for found in await _events(bench.storage) if found.request_id == first]
    assert names[-1] == event
    assert {found.name for found in await _events(bench.storage)} >= {"job.delivered", "job.done"}
    assert bench.site.downloads == 1


async def test_a_failed_job_tells_everybody_the_same_number(bench: Bench) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    bench.site.on_download = fail
    first, second = await _two_wishes(bench)
    ended = await bench.run_until_ended(first, second)
    news = {who: found for who, found in bench.audience.news if isinstance(found, Failed)}
    assert set(news) == {first, second}
    assert {found.number for found in news.values()} == {request.error_number for request in ended}
    assert len({request.error_number for request in ended}) == 1
    assert {found.error.key for found in news.values()} == {"error-plugin"}


async def test_an_event_names_whose_job_it_was_by_numbers_only(bench: Bench) -> None:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    (delivered,) = [event for event in await _events(bench.storage) if event.name == "job.delivered"]
    assert (delivered.plugin, delivered.request_id) == ("fake", request.id)
    assert (delivered.bot_id, delivered.person) == (BOT, PERSON.id)
    told = dict(delivered.data)
    seconds, send_s = told.pop("seconds"), told.pop("send_s")
    assert isinstance(seconds, float)
    assert isinstance(send_s, float)
    assert 0 <= send_s <= seconds < 60
    assert told == {"route": "small", "cached": False, "size_bytes": 4, "kind": "video", "height_px": 720}


async def test_events_tell_how_long_each_part_of_the_way_took(bench: Bench) -> None:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    told = {event.name: event.data for event in await _events(bench.storage)}
    assert told["request.probed"].keys() == {"seconds"}
    assert told["job.queued"] == {"cached": False, "kind": "video", "height_px": 720}
    assert told["job.begun"].keys() == {"waited_s"}
    assert told["job.stage"] == {"stage": "download", "size_bytes": 4, "seconds": told["job.stage"]["seconds"]}


async def test_whoever_does_not_get_the_file_is_named_in_an_event_with_the_reason(bench: Bench) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    bench.site.on_download = fail
    first, second = await _two_wishes(bench)
    await bench.run_until_ended(first, second)
    failed = [event for event in await _events(bench.storage) if event.name == "delivery.failed"]
    assert {event.request_id for event in failed} == {first, second}
    assert {event.data["reason"] for event in failed} == {"plugin"}
    assert all(event.person is not None for event in failed)


async def test_what_happened_to_a_request_is_told_by_numbers_only(bench: Bench) -> None:
    await bench.wish()
    (accepted,) = [event for event in await _events(bench.storage) if event.name == "request.accepted"]
    assert (accepted.bot_id, accepted.person) == (BOT, PERSON.id)
