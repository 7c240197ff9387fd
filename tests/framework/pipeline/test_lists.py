from __future__ import annotations

import pytest

from fetchgram.errors import ContentUnavailable, LimitReached, LinkError, Reason
from fetchgram.model import Choice, ChoiceKind, Link, Request, RequestState

from .conftest import LIST, Bench, item_link

pytestmark = pytest.mark.timeout(120)

AUDIO = Choice(kind=ChoiceKind.AUDIO, at_most=True)


async def opened(bench: Bench, length: int = 25) -> Request:
    bench.site.length = length
    request = await bench.wish(LIST)
    assert request.state is RequestState.CHOOSING
    return request


async def picked(bench: Bench, request: Request) -> list[int]:
    async with bench.storage.read() as session:
        return await session.entries.positions(request.id)


async def test_a_list_opens_with_one_page_however_long_it_is(bench: Bench) -> None:
    request = await opened(bench, 5000)
    picker = await bench.route.lists.picker(request.id)
    assert bench.site.pages == [None]
    assert bench.site.probed == ["list"]
    assert request.listing is not None
    assert (request.listing.title, request.listing.author, request.listing.total) == ("All films", "Ada", 5000)
    assert [row.position for row in picker.rows] == list(range(1, 9))
    assert picker.pages == 625
    assert picker.has_next


async def test_a_page_of_the_site_is_fetched_only_when_it_is_turned_to_and_once(bench: Bench) -> None:
    request = await opened(bench)
    lists = bench.route.lists
    second = await lists.picker(request.id, 1)
    assert [row.entry.title for row in second.rows] == [f"Film {n}" for n in range(9, 17)]
    assert bench.site.pages == [None, "11"]
    await lists.picker(request.id, 0)
    assert bench.site.pages == [None, "11"]


async def test_the_page_that_was_shown_last_is_shown_again_by_another_process(bench: Bench) -> None:
    request = await opened(bench)
    await bench.route.lists.picker(request.id, 3)
    await bench.route.lists.tick(request.id, 25, picked=True)
    again = await bench.another_worker().lists.picker(request.id)
    assert [row.position for row in again.rows] == [25]
    assert again.rows[0].picked
    assert not again.has_next
    assert again.pages == 4


async def test_a_page_beyond_the_end_is_the_last_one(bench: Bench) -> None:
    request = await opened(bench)
    assert [row.position for row in (await bench.route.lists.picker(request.id, 99)).rows] == [25]


async def test_a_tick_is_taken_back_and_said_twice_it_is_the_same(bench: Bench) -> None:
    request = await opened(bench)
    for _ in range(2):
        await bench.route.lists.tick(request.id, 3, picked=True)
        assert await picked(bench, request) == [3]
    await bench.route.lists.tick(request.id, 3, picked=False)
    assert await picked(bench, request) == []


async def test_ranges_fetch_as_far_as_they_reach_and_leave_out_what_is_not_there(bench: Bench) -> None:
    request = await opened(bench)
    lists = bench.route.lists
    assert await lists.pick_ranges(request.id, [range(2, 4), range(24, 40)]) == 4
    assert await picked(bench, request) == [2, 3, 24, 25]
    assert await lists.pick_ranges(request.id, [range(40, 42)]) == 0
    assert await picked(bench, request) == [2, 3, 24, 25]


async def test_all_of_a_short_list_and_the_first_of_a_long_one(bench: Bench) -> None:
    request = await opened(bench)
    lists = bench.route.lists
    assert await lists.pick_first(request.id)
    assert len(await picked(bench, request)) == 25
    assert await lists.pick_first(request.id, 5)
    assert await picked(bench, request) == [1, 2, 3, 4, 5]
    await lists.pick_none(request.id)
    assert await picked(bench, request) == []


async def test_no_more_is_picked_than_the_operator_allows(bench: Bench) -> None:
    limits = bench.settings.limits.model_copy(update={"list_items": 3})
    lists = bench.with_limits(limits).lists
    request = await opened(bench)
    assert not await lists.pick_first(request.id)
    assert await picked(bench, request) == [1, 2, 3]
    with pytest.raises(LimitReached):
        await lists.tick(request.id, 4, picked=True)
    with pytest.raises(LimitReached):
        await lists.pick_ranges(request.id, [range(1, 6)])
    assert await picked(bench, request) == [1, 2, 3]
    await lists.tick(request.id, 2, picked=False)
    await lists.tick(request.id, 7, picked=True)
    assert await picked(bench, request) == [1, 3, 7]


async def test_nothing_picked_is_said_and_the_picker_stays(bench: Bench) -> None:
    request = await opened(bench)
    with pytest.raises(LinkError, match="nothing is picked"):
        await bench.route.lists.choose(request.id)
    assert (await bench.route.intake.request(request.id)).state is RequestState.CHOOSING


async def test_each_picked_item_becomes_a_job_and_nothing_is_probed_before_its_turn(bench: Bench) -> None:
    request = await opened(bench)
    lists = bench.route.lists
    await lists.pick_ranges(request.id, [range(3, 6)])
    await lists.wish(request.id, AUDIO)
    started = await lists.choose(request.id)
    assert started.state is RequestState.WORKING
    assert started.recipe is not None
    assert started.recipe.choice == AUDIO
    _, items = await bench.route.items.read(request.id)
    assert [(item.position, item.link, item.title) for item in items] == [
        (n, item_link(n), f"Film {n}") for n in (3, 4, 5)
    ]
    assert bench.site.probed == ["list"]
    assert await picked(bench, request) == []
    assert (await lists.choose(request.id)).state is RequestState.WORKING
    assert len((await bench.route.items.read(request.id))[1]) == 3


async def test_the_list_of_a_link_opens_and_closes_again(bench: Bench) -> None:
    request = await bench.wish("https://fake/within")
    assert request.listing is None
    opened = await bench.route.lists.open_whole(request.id)
    assert opened.title == "All films"
    assert opened.probe == request.probe
    closed = await bench.route.lists.close(request.id)
    assert closed.listing is None
    assert closed.title == "A film"
    assert (await bench.route.intake.menu(request.id)).rows


async def test_an_empty_list_and_one_that_cannot_be_read_are_told(bench: Bench) -> None:
    bench.site.length = 0
    with pytest.raises(LinkError, match="empty"):
        await bench.wish(LIST)

    def private(link: Link) -> None:
        raise ContentUnavailable(Reason.PRIVATE)

    bench.site.on_probe = private
    with pytest.raises(ContentUnavailable):
        await bench.wish(LIST, key="k2")


async def test_a_list_larger_than_a_budget_is_refused_as_a_whole(bench: Bench) -> None:
    limits = bench.settings.limits.model_copy(update={"jobs_per_hour": 4})
    route = bench.with_limits(limits)
    first = await opened(bench)
    await route.lists.pick_first(first.id, 3)
    await route.lists.choose(first.id)
    second = await bench.wish(LIST, key="k2")
    assert await route.lists.limit(second.id) == 4
    await route.lists.pick_first(second.id, 2)
    with pytest.raises(LimitReached):
        await route.lists.choose(second.id)
    assert (await route.items.read(second.id))[1] == []
    assert (await route.intake.request(second.id)).state is RequestState.CHOOSING
