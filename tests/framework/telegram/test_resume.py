from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from fetchgram.clock import SystemClock
from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.model import (
    Chat,
    Choice,
    ChoiceKind,
    Delivery,
    DeliveryState,
    Event,
    Job,
    Link,
    LinkKind,
    Listing,
    Probe,
    Recipe,
    Request,
    RequestState,
    text,
)
from fetchgram.pipeline.audience import Cancelled, Failed, News
from fetchgram.storage import Session, Storage, open_storage
from fetchgram.telegram import resume
from fetchgram.telegram.cards import Cards
from fetchgram.telegram.progress import TelegramAudience
from fetchgram.telegram.wishes import Wishes

BOT = 4_200_000_001


class FullDisk:
    """A storage without room for the first writes."""

    def __init__(self, storage: Storage, failures: int) -> None:
        self._storage = storage
        self.failures = failures
        self.read = storage.read

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Session]:
        self.failures -= 1
        if self.failures >= 0:
            raise DiskFull("no room")
        async with self._storage.write() as session:
            yield session


class Locked:
    """A storage that somebody else holds for the first looks."""

    def __init__(self, storage: Storage, failures: int) -> None:
        self._storage = storage
        self.failures = failures
        self.write = storage.write

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        self.failures -= 1
        if self.failures >= 0:
            raise TemporarilyUnavailable("the database is locked")
        async with self._storage.read() as session:
            yield session


class AllTold:
    all_told = True


class Looks:
    """Looks that are at work."""

    def __init__(self, *request_ids: int) -> None:
        self.at_work = frozenset(request_ids)


class Hasty(SystemClock):
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("trouble", [FullDisk, Locked])
async def test_a_database_that_takes_nothing_for_a_while_does_not_end_the_bot(
    tmp_path: Path, trouble: type[FullDisk | Locked]
) -> None:
    storage = await open_storage(None, tmp_path)
    async with storage.write() as session:
        await session.events.add(Event(name="job.done", at=datetime.now(UTC), bot_id=BOT))
        newest = (await session.events.after(0, 9))[-1].id
    full = trouble(storage, failures=2)
    follower = resume.Resume(
        bot_id=BOT,
        storage=cast("Storage", full),
        cards=cast("Cards", Looks()),
        wishes=cast("Wishes", None),
        audience=cast("TelegramAudience", AllTold()),
        clock=Hasty(),
    )
    running = asyncio.create_task(follower.run())
    cursor = 0
    while cursor != newest:
        assert not running.done()
        await asyncio.sleep(0.01)
        async with storage.read() as session:
            cursor = await session.events.cursor(f"telegram:{BOT}")
    assert full.failures < 0
    running.cancel()
    await asyncio.wait([running])
    await storage.close()


async def test_the_cursor_stays_behind_what_a_look_that_is_at_work_may_have_found(tmp_path: Path) -> None:
    storage, looks = await open_storage(None, tmp_path), Looks(7)
    follower = resume.Resume(
        bot_id=BOT,
        storage=storage,
        cards=cast("Cards", looks),
        wishes=cast("Wishes", None),
        audience=cast("TelegramAudience", AllTold()),
        clock=Hasty(),
    )
    running = asyncio.create_task(follower.run())
    await asyncio.sleep(0.1)
    async with storage.write() as session:
        await session.events.add(Event(name="request.probed", at=datetime.now(UTC), bot_id=BOT, request_id=7))
        newest = (await session.events.after(0, 9))[-1].id
    await asyncio.sleep(0.3)
    assert await cursor_of(storage) == 0
    looks.at_work = frozenset()
    async with asyncio.timeout(20):
        while await cursor_of(storage) != newest:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    await storage.close()


async def cursor_of(storage: Storage) -> int:
    async with storage.read() as session:
        return await session.events.cursor(f"telegram:{BOT}")


class Heard:
    """An audience that remembers."""

    all_told = True

    def __init__(self) -> None:
        self.news: list[News] = []

    async def tell(self, _request_id: int, _position: int, news: News) -> None:
        self.news.append(news)


UNSURE = Link(plugin="fake", kind=LinkKind.MEDIA, media_id="one", url="https://fake/one", sure=False)


@pytest.mark.parametrize(
    ("chat", "end", "link", "probe", "is_told"),
    [
        (7, RequestState.FAILED, None, None, True),
        (7, RequestState.CANCELLED, None, None, True),
        (-7, RequestState.FAILED, None, None, False),
        (-7, RequestState.FAILED, replace(UNSURE, sure=True), None, True),
        (-7, RequestState.CANCELLED, None, None, False),
        (-7, RequestState.CANCELLED, UNSURE, None, False),
        (-7, RequestState.CANCELLED, UNSURE, Probe(link=UNSURE, title="A film"), True),
    ],
)
async def test_an_end_is_told_after_the_restart_though_no_message_is_known_but_not_to_a_group_that_did_not_ask(
    tmp_path: Path, chat: int, end: RequestState, link: Link | None, probe: Probe | None, *, is_told: bool
) -> None:
    storage, heard = await open_storage(None, tmp_path), Heard()
    here = Chat(bot_id=BOT, chat=chat)
    error, number = (text("error-internal"), "ABCDEF") if end is RequestState.FAILED else (None, None)
    async with storage.write() as session:
        request, _ = await session.requests.accept(
            key="k", bot_id=BOT, person=7, destination=here, locale="en", url="https://fake/one"
        )
        request = await session.requests.update(
            request.id, state=end, error=error, error_number=number, link=link, probe=probe
        )
    follower = resume.Resume(
        bot_id=BOT,
        storage=storage,
        cards=cast("Cards", None),
        wishes=cast("Wishes", None),
        audience=cast("TelegramAudience", heard),
        clock=Hasty(),
    )
    assert request.status_message is None
    await follower._take_up(request)
    news = Failed(error=text("error-internal"), number="ABCDEF") if end is RequestState.FAILED else Cancelled()
    assert heard.news == ([news] if is_told else [])
    await storage.close()


async def put_in_line(session: Session, request_id: int, position: int) -> tuple[Job, Delivery]:
    link = Link(plugin="fake", kind=LinkKind.VIDEO, media_id=f"m{position}", url=f"https://fake/{position}")
    job, delivery, _ = await session.jobs.join_or_create(
        fingerprint=f"f{position}",
        link=link,
        recipe=Recipe(choice=Choice(kind=ChoiceKind.VIDEO)),
        title="A film",
        request_id=request_id,
        position=position,
        destination=Chat(bot_id=BOT, chat=7),
        person_key="7",
        cost=1,
    )
    return job, delivery


async def wish(session: Session) -> Request:
    here = Chat(bot_id=BOT, chat=7)
    request, _ = await session.requests.accept(
        key="k", bot_id=BOT, person=7, destination=here, locale="en", url="https://fake/one"
    )
    return request


def follower_of(storage: Storage, audience: object, wishes: object = None) -> resume.Resume:
    return resume.Resume(
        bot_id=BOT,
        storage=storage,
        cards=cast("Cards", Looks()),
        wishes=cast("Wishes", wishes),
        audience=cast("TelegramAudience", audience),
        clock=Hasty(),
    )


async def test_a_failure_that_only_the_job_knows_of_is_told_to_those_who_waited_for_it(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path)
    async with storage.write() as session:
        request = await wish(session)
        job, delivery = await put_in_line(session, request.id, 0)
        await session.deliveries.set_state(delivery.id, DeliveryState.FAILED)
        failed = Event(name="job.failed", at=datetime.now(UTC), job_id=job.id, id=1)
        await session.events.add(failed)
    assert await follower_of(storage, AllTold())._answers_of([failed]) == {(request.id, 0): 1}
    await storage.close()


class Listens:
    """An audience, and what shows a list, that heard of the end of some items only."""

    all_told = True

    def __init__(self, *heard: tuple[int, int]) -> None:
        self._heard = heard
        self.refreshed: list[int] = []

    def heard_end(self, request_id: int, position: int) -> bool:
        return (request_id, position) in self._heard

    async def show_place(self, request_id: int) -> None:
        self.refreshed.append(request_id)

    def refresh(self, request_id: int) -> None:
        self.refreshed.append(request_id)


@pytest.mark.parametrize("state", [RequestState.WORKING, RequestState.DONE])
@pytest.mark.parametrize(("heard", "is_late"), [((1, 2), False), ((1,), True)])
async def test_a_list_is_shown_again_when_the_end_of_an_item_was_not_heard_and_only_then(
    migrated_url: str | None, tmp_path: Path, state: RequestState, heard: tuple[int, ...], *, is_late: bool
) -> None:
    storage = await open_storage(migrated_url, tmp_path)
    link = Link(plugin="fake", kind=LinkKind.PLAYLIST, media_id="l", url="https://fake/l")
    listing = Listing(link=link, title="A list", wish=Choice(kind=ChoiceKind.VIDEO))
    async with storage.write() as session:
        request = await wish(session)
        await session.requests.update(
            request.id, state=state, listing=listing, recipe=Recipe(choice=listing.wish), status_message=5
        )
        for position in (1, 2):
            job, _ = await put_in_line(session, request.id, position)
            at = datetime.now(UTC)
            await session.events.add(Event(name="job.delivered", at=at, job_id=job.id, request_id=request.id))
    audience = Listens(*((request.id, position) for position in heard))
    follower = follower_of(storage, audience, audience)
    _, ended = await follower._newest(0)
    await follower._tell_unheard(ended)
    assert audience.refreshed == ([request.id] if is_late else [])
    await storage.close()
