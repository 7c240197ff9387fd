"""The interactive half of the route, over a real database."""

from __future__ import annotations

import pytest

from fetchgram.api import (
    Chat,
    Choice,
    ChoiceGone,
    ChoiceKind,
    ContentUnavailable,
    Link,
    LinkError,
    Probe,
    Reason,
    RequestState,
    UnsupportedLink,
    text,
)

from .conftest import BOT, CHAT, MB, PERSON, Bench


async def test_the_sound_alone_is_not_called_the_best_of_a_film_that_is_too_large(bench: Bench) -> None:
    bench.site.choices = (
        Choice(kind=ChoiceKind.VIDEO, height_px=2160, size_bytes=900 * MB),
        Choice(kind=ChoiceKind.AUDIO, size_bytes=1 * MB),
    )
    menu = await bench.route.intake.menu((await bench.wish()).id)
    assert [row.route for row in menu.rows] == [None, "small"]
    assert menu.best is None


async def test_a_failed_look_remembers_whose_link_it_was(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(_link: Link) -> Probe:
        raise ContentUnavailable(Reason.GONE)

    monkeypatch.setattr(bench.route.intake._hooks, "probe", gone)
    destination = Chat(bot_id=BOT, chat=PERSON.id)
    request, _ = await bench.route.intake.accept(
        key="k", person=PERSON, destination=destination, url="https://fake/one"
    )
    with pytest.raises(ContentUnavailable):
        await bench.route.intake.look(request)
    failed = await bench.route.intake.request(request.id)
    assert failed.link is not None
    assert failed.link.plugin == "fake"


async def test_a_repeated_update_is_the_same_wish(bench: Bench) -> None:
    first = await bench.route.intake.accept(key="u:1", person=PERSON, destination=CHAT, url="https://fake/one")
    again = await bench.route.intake.accept(key="u:1", person=PERSON, destination=CHAT, url="https://fake/other")
    assert first[1] is True
    assert again == (first[0], False)
    async with bench.storage.read() as session:
        assert [event.name for event in await session.events.after(0, 10)] == ["request.accepted"]


async def test_a_look_at_what_was_looked_at_changes_nothing(bench: Bench) -> None:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    working = await bench.route.intake.request(request.id)
    assert await bench.route.intake.look(working) == working


async def test_a_group_gets_no_answer_to_a_link_that_nobody_is_sure_about(bench: Bench) -> None:
    unsure, _ = await bench.route.intake.accept(key="a", person=PERSON, destination=CHAT, url="https://fake/unsure-one")
    sure, _ = await bench.route.intake.accept(key="b", person=PERSON, destination=CHAT, url="https://fake/one")
    assert await bench.route.intake.look(unsure, group=True) is None
    assert (await bench.route.intake.request(unsure.id)).state is RequestState.CANCELLED
    found = await bench.route.intake.look(sure, group=True)
    assert found is not None
    assert found.state is RequestState.CHOOSING


async def test_alone_an_unsure_claim_is_answered(bench: Bench) -> None:
    assert (await bench.wish("https://fake/unsure-one")).state is RequestState.CHOOSING


async def test_a_link_that_nobody_claims_fails_with_a_number(bench: Bench) -> None:
    request, _ = await bench.route.intake.accept(key="k", person=PERSON, destination=CHAT, url="https://other/one")
    with pytest.raises(UnsupportedLink) as caught:
        await bench.route.intake.look(request)
    failed = await bench.route.intake.request(request.id)
    assert failed.state is RequestState.FAILED
    assert failed.error == caught.value.text
    assert failed.error_number == caught.value.number
    assert len(str(failed.error_number)) == 6


async def test_the_menu_says_for_every_row_its_way_or_why_there_is_none(bench: Bench) -> None:
    menu = await bench.route.intake.menu((await bench.wish()).id)
    assert [(row.index, row.route, row.cached) for row in menu.rows] == [
        (0, "small", False),
        (1, None, False),
        (2, "small", False),
    ]
    assert menu.rows[1].why_not == text("route-none", limit=100 * MB)
    assert menu.best == 0


async def test_what_the_cache_has_is_marked_on_the_menu(bench: Bench) -> None:
    first = await bench.wish(key="a")
    await bench.route.intake.choose(first.id, 0)
    await bench.run_until_ended(first.id)
    menu = await bench.route.intake.menu((await bench.wish(key="b")).id)
    assert [(row.route, row.cached) for row in menu.rows] == [("cache", True), (None, False), ("small", False)]


async def test_a_choice_that_is_not_on_the_menu_is_refused_and_the_menu_stays(bench: Bench) -> None:
    request = await bench.wish()
    for index in (-1, 3):
        with pytest.raises(ChoiceGone):
            await bench.route.intake.choose(request.id, index)
    assert (await bench.route.intake.request(request.id)).state is RequestState.CHOOSING


async def test_a_cancelled_menu_takes_no_tap_any_more(bench: Bench) -> None:
    request = await bench.wish()
    await bench.route.intake.cancel(request.id)
    after = await bench.route.intake.choose(request.id, 0)
    assert (after.state, after.recipe) == (RequestState.CANCELLED, None)
    assert (await bench.route.intake.cancel(request.id)).state is RequestState.CANCELLED


async def test_a_wish_that_is_not_known_is_told_kindly(bench: Bench) -> None:
    with pytest.raises(LinkError) as caught:
        await bench.route.intake.request(404)
    assert caught.value.text == text("toast-expired")


async def test_the_status_message_is_remembered(bench: Bench) -> None:
    request = await bench.wish()
    await bench.route.intake.set_status_message(request.id, 55, photo=True)
    found = await bench.route.intake.request(request.id)
    assert (found.status_message, found.status_photo) == (55, True)
