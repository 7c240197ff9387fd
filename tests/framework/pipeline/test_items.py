from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from fetchgram.errors import ChoiceGone, ContentUnavailable, Reason, TemporarilyUnavailable
from fetchgram.model import (
    Choice,
    ChoiceKind,
    Delivery,
    DeliveryState,
    JobState,
    Link,
    LinkKind,
    Option,
    Person,
    Request,
    RequestState,
    Route,
    Step,
    text,
)
from fetchgram.pipeline.audience import Cancelled, Done, Failed
from fetchgram.storage.items import Item

from .conftest import BOT, LIST, MB, PERSON, Bench

pytestmark = pytest.mark.timeout(120)

UP_TO_720 = Choice(kind=ChoiceKind.VIDEO, height_px=720, at_most=True)


async def started(
    bench: Bench, positions: Sequence[int] = (1, 2, 3), *, key: str = "k", person: Person = PERSON
) -> Request:
    request = await bench.wish(LIST, key=key, person=person)
    await bench.route.lists.pick_ranges(request.id, [range(position, position + 1) for position in positions])
    return await bench.route.lists.choose(request.id)


async def items_of(bench: Bench, request: Request) -> list[Item]:
    return (await bench.route.items.read(request.id))[1]


async def states(bench: Bench, request: Request) -> list[tuple[int, str]]:
    return [(item.position, str(item.state)) for item in await items_of(bench, request)]


def fails_for(*numbers: int, error: Exception) -> Callable[[Link], None]:
    def on_probe(link: Link) -> None:
        if link.media_id in {f"item{number}" for number in numbers}:
            raise error

    return on_probe


async def test_every_item_arrives_in_the_quality_that_the_wish_means_there(bench: Bench) -> None:
    request = await started(bench)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    items = await items_of(bench, request)
    assert [item.state for item in items] == [DeliveryState.DELIVERED] * 3
    assert [item.choice for item in items] == [bench.site.choices[0]] * 3
    assert sorted(bench.site.probed) == ["item1", "item2", "item3", "list"]
    assert [type(news) for news in bench.audience.of_position(request.id, 2)][-1] is Done


async def test_a_failing_item_stops_no_other_and_comes_again_by_itself_alone(bench: Bench) -> None:
    bench.site.on_probe = fails_for(2, error=ContentUnavailable(Reason.PRIVATE))
    request = await started(bench)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.FAILED
    assert await states(bench, request) == [(1, "delivered"), (2, "failed"), (3, "delivered")]
    (failed,) = [item for item in await items_of(bench, request) if item.error]
    assert failed.error is not None
    assert failed.error.key == "error-private"
    assert isinstance(bench.audience.of_position(request.id, 2)[-1], Failed)

    bench.site.on_probe = None
    downloads = bench.site.downloads
    again = await bench.route.reruns.retry(request.id)
    assert again.state is RequestState.WORKING
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    assert ended.error is None
    assert await states(bench, request) == [(1, "delivered"), (2, "delivered"), (3, "delivered")]
    assert bench.site.downloads == downloads + 1
    assert len(bench.site.sent) == 3


async def test_an_item_that_is_a_list_is_told(bench: Bench) -> None:
    bench.site.choices = ()
    request = await started(bench, (1,))
    await bench.run_until_ended(request.id)
    (item,) = await items_of(bench, request)
    assert item.error is not None
    assert item.error.key == "error-list-in-list"


async def test_a_choice_that_goes_in_the_middle_fails_the_item_and_not_the_list(bench: Bench) -> None:
    def gone(workdir: object, sink: object) -> None:
        if bench.site.downloads == 1:
            raise ChoiceGone(bench.site.choices)

    bench.site.on_download = gone
    request = await started(bench)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.FAILED
    assert sorted(state for _, state in await states(bench, request)) == ["delivered", "delivered", "failed"]


async def test_an_item_that_somebody_else_is_getting_is_fetched_once(bench: Bench) -> None:
    gate = asyncio.Event()

    async def slowly(workdir: object, sink: object) -> None:
        await gate.wait()

    bench.site.on_download = slowly
    single = await bench.wish("https://fake/item2", key="single", person=Person(bot_id=BOT, id=8))
    await bench.route.intake.choose(single.id, 0)
    request = await started(bench, (2,))
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        while len({item.job_id for item in await items_of(bench, request)} | await jobs_of(bench, single)) > 1:
            await asyncio.sleep(0.01)
        gate.set()
        assert (await bench.ended(request.id)).state is RequestState.DONE
        assert (await bench.ended(single.id)).state is RequestState.DONE
        await bench.idle()
        runner.cancel()
    assert bench.site.downloads == 1
    assert len(bench.site.sent) == 2


async def jobs_of(bench: Bench, request: Request) -> set[int]:
    async with bench.storage.read() as session:
        return {delivery.job_id for delivery in await session.deliveries.of_request(request.id)}


@pytest.mark.parametrize("steps", [(), (Step(key="steps.fit"),)], ids=["as it is", "with a step that needs no tap"])
async def test_an_item_that_was_fetched_before_comes_from_the_cache(bench: Bench, steps: tuple[Step, ...]) -> None:
    bench.site.offered = tuple(Option(key=step.key, label=text("button-best"), automatic=True) for step in steps)
    single = await bench.wish("https://fake/item2", key="single")
    await bench.route.intake.choose(single.id, 0, steps)
    await bench.run_until_ended(single.id)
    request = await started(bench, (2,))
    await bench.run_until_ended(request.id)
    assert bench.site.downloads == 1
    assert bench.site.sent == [(single.id, "small"), (request.id, "cache")]


async def test_a_site_that_stumbles_at_the_look_is_asked_again(bench: Bench) -> None:
    bench.site.on_probe = stumbles_once()
    request = await started(bench, (1,))
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    assert bench.site.probed.count("item1") == 2


def stumbles_once() -> Callable[[Link], None]:
    looks: list[Link] = []

    def on_probe(link: Link) -> None:
        looks.append(link)
        if link.kind is not LinkKind.PLAYLIST and len(looks) == 2:
            raise TemporarilyUnavailable("busy", retry_after_s=0)

    return on_probe


async def test_the_files_of_a_list_are_sent_one_at_a_time(bench: Bench) -> None:
    sending: list[int] = []
    seen: list[int] = []

    async def send(delivery: Delivery, route: Route) -> None:
        sending.append(delivery.position)
        seen.append(len(sending))
        await asyncio.sleep(0.05)
        sending.remove(delivery.position)

    bench.site.on_send = send
    request = await started(bench, range(1, 7))
    await bench.run_until_ended(request.id)
    assert seen == [1] * 6


async def test_a_link_of_the_same_person_overtakes_the_list_which_goes_on(bench: Bench) -> None:
    request = await started(bench, range(1, 9))
    single = await bench.wish("https://fake/one", key="single")
    await bench.route.intake.choose(single.id, 0)
    async with bench.storage.read() as session:
        waiting = await session.jobs.list([JobState.QUEUED], 20)
        places = {job.link.media_id: (await session.line.place(job.id))[0] for job in waiting}
    assert places["one"] <= 2, places
    assert places["item8"] == 9
    await bench.run_until_ended(request.id, single.id)


async def test_a_list_in_line_keeps_nobody_from_sending_links(bench: Bench) -> None:
    limits = bench.settings.limits.model_copy(update={"waiting": 2})
    route = bench.with_limits(limits)
    await started(bench, range(1, 9))
    single = await bench.wish("https://fake/one", key="single")
    assert (await route.intake.choose(single.id, 0)).state is RequestState.WORKING


async def test_no_more_after_these_lets_what_has_begun_finish(bench: Bench) -> None:
    gate = asyncio.Event()

    async def slowly(workdir: object, sink: object) -> None:
        await gate.wait()

    bench.site.on_download = slowly
    request = await started(bench, range(1, 9))
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        while bench.site.downloads < 3:
            await asyncio.sleep(0.01)
        stopped = await bench.route.items.stop_waiting(request.id)
        assert stopped.state is RequestState.WORKING
        gate.set()
        ended = await bench.ended(request.id)
        await bench.idle()
        runner.cancel()
    assert ended.state is RequestState.DONE
    found = [state for _, state in await states(bench, request)]
    assert found == ["delivered"] * 3 + ["cancelled"] * 5
    assert bench.site.downloads == 3
    async with bench.storage.read() as session:
        assert await session.jobs.list([JobState.QUEUED, JobState.RUNNING], 10) == []


async def test_a_cancelled_list_is_cancelled_as_a_whole(bench: Bench) -> None:
    request = await started(bench)
    cancelled = await bench.route.intake.cancel(request.id)
    assert cancelled.state is RequestState.CANCELLED
    assert [state for _, state in await states(bench, request)] == ["cancelled"] * 3


async def test_sizes_are_counted_against_the_budgets_when_they_are_known(bench: Bench) -> None:
    request = await started(bench, (1, 2))
    gate = asyncio.Event()

    async def slowly(workdir: object, sink: object) -> None:
        await gate.wait()

    bench.site.on_download = slowly
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        while bench.site.downloads < 2:
            await asyncio.sleep(0.01)
        async with bench.storage.read() as session:
            used = await session.deliveries.used_since(BOT, PERSON.id, request.created_at)
        assert [each.size_bytes for each in used] == [5 * MB, 5 * MB]
        gate.set()
        await bench.ended(request.id)
        await bench.idle()
        runner.cancel()


async def test_the_command_that_cancels_a_job_stops_its_item_and_not_the_list(bench: Bench) -> None:
    request = await started(bench)
    second = (await items_of(bench, request))[1]
    async with bench.storage.write() as session:
        await session.commands.add("job.cancel", {"job": second.job_id})
    await bench.route.commands.carry_out()
    assert await states(bench, request) == [(1, "waiting"), (2, "cancelled"), (3, "waiting")]
    assert isinstance(bench.audience.of_position(request.id, 2)[-1], Cancelled)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    assert bench.site.downloads == 2
