from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram.model import Destination, Folder, Inline, Probe, Request, RequestState, text
from fetchgram.storage import Session, Storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock, Work


async def test_the_same_key_is_the_same_request(session: Session, work: Work) -> None:
    first, created = await session.requests.accept("update:1:0", 1, 7, work.chat, "en", "https://a.test")
    second, again = await session.requests.accept("update:1:0", 1, 7, work.chat, "en", "https://b.test")
    assert (created, again) == (True, False)
    assert second == first
    assert first.state is RequestState.PROBING


async def test_the_same_key_of_another_bot_is_another_request(session: Session, work: Work) -> None:
    first, _ = await session.requests.accept("update:1:0", 1, 7, work.chat, "en", "u")
    second, created = await session.requests.accept("update:1:0", 2, 7, work.chat, "en", "u")
    assert created
    assert second.id != first.id


async def test_every_kind_of_destination_comes_back(session: Session, tmp_path: Path, work: Work) -> None:
    destinations: list[Destination] = [work.chat, Inline(bot_id=1, inline_message_id="x"), Folder(path=tmp_path)]
    for n, destination in enumerate(destinations):
        request, _ = await session.requests.accept(f"k{n}", 1, 7, destination, "en", "u")
        assert request.destination == destination


async def test_what_changes_comes_back_and_the_rest_stays(storage: Storage, work: Work) -> None:
    async with storage.write() as session:
        request_id = await work.request(session)
        probe = Probe(link=work.link, title="T", choices=(work.recipe.choice,))
        changed = await session.requests.update(
            request_id, state=RequestState.CHOOSING, link=work.link, probe=probe, recipe=work.recipe, status_message=3
        )
        await session.requests.update(
            request_id, error=text("error-internal", n=1), error_number="E1", status_photo=True
        )
    async with storage.read() as session:
        found = await session.requests.get(request_id)
    assert found is not None
    assert (found.probe, found.recipe, found.link, found.status_message) == (probe, work.recipe, work.link, 3)
    assert (found.error, found.error_number, found.status_photo) == (text("error-internal", n=1), "E1", True)
    assert changed.state is found.state is RequestState.CHOOSING


async def test_a_change_to_none_forgets(session: Session, work: Work) -> None:
    request_id = await work.request(session)
    await session.requests.update(request_id, error_number="E1", probe=Probe(link=work.link, title="T"))
    request = await session.requests.update(request_id, error_number=None, probe=None)
    assert (request.error_number, request.probe) == (None, None)


async def test_a_request_that_does_not_exist_is_none_and_cannot_change(session: Session) -> None:
    assert await session.requests.get(99) is None
    with pytest.raises(LookupError):
        await session.requests.update(99, state=RequestState.DONE)


@pytest.mark.parametrize("state", list(RequestState))
async def test_unfinished_are_exactly_those_that_have_not_ended(
    session: Session, work: Work, state: RequestState
) -> None:
    request_id = await work.request(session)
    await session.requests.update(request_id, state=state)
    found: list[Request] = await session.requests.unfinished(1)
    assert [request.id for request in found] == ([] if state.ended else [request_id])
    assert await session.requests.unfinished(2) == []


async def test_links_are_counted_per_person_from_a_time_on(storage: Storage, work: Work, clock: StoppedClock) -> None:
    async with storage.write() as session:
        await work.request(session)
    clock.pass_(60)
    async with storage.write() as session:
        await work.request(session)
        await work.request(session, person=8)
        assert await session.requests.count_since(1, 7, session.now - timedelta(seconds=60)) == 2
        assert await session.requests.count_since(1, 7, session.now - timedelta(seconds=59)) == 1


async def test_a_persons_requests_come_newest_first(session: Session, work: Work) -> None:
    ids = [await work.request(session) for _ in range(3)]
    await work.request(session, person=8)
    assert [request.id for request in await session.requests.list_for(1, 7, 2)] == [ids[2], ids[1]]


async def test_how_the_wishes_for_each_plugin_ended(session: Session, work: Work, clock: StoppedClock) -> None:
    for state in (RequestState.DONE, RequestState.DONE, RequestState.FAILED, RequestState.CANCELLED):
        await session.requests.update(await work.request(session), link=work.link, state=state)
    await session.requests.update(await work.request(session), state=RequestState.FAILED)  # nobody's link
    assert await session.requests.rates(clock.now() - timedelta(days=1)) == {work.link.plugin: (2, 1)}
    assert await session.requests.rates(clock.now() + timedelta(seconds=1)) == {}
