from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path

import pytest

from fetchgram.api import (
    DiskFull,
    FetchgramError,
    Job,
    MediaKind,
    Request,
    Sink,
    Stage,
    TemporarilyUnavailable,
    text,
)
from fetchgram.pipeline.audience import Done, Failed, News, Progress
from fetchgram.settings import Settings
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.person import Person

from .conftest import MB, Bot, Site, bot_at_work, file_in, until

LINK = "https://fake.example/one"


async def start(chat: Person) -> Message:
    chat.say(LINK)
    card = await chat.wait_for(lambda m: any("720p" in b.label for b in m.buttons))
    chat.tap(card, card.button("🎬 720p"))
    return card


async def long_download(job: Job, workdir: Path, sink: Sink) -> None:
    for step in range(200):
        sink.progress(step * MB, 200 * MB)
        await asyncio.sleep(0.01)


async def test_edits_are_spaced_and_the_file_still_arrives(settings: Settings, bot_api: BotApi, chat: Person) -> None:
    delivery = settings.delivery.model_copy(update={"edit_interval_s": 0.8})
    slow = settings.model_copy(update={"delivery": delivery})
    async with bot_at_work(slow, bot_api, site=Site(on_download=long_download)) as bot:
        await start(chat)
        await chat.wait_for_file("video")
        edits = [c for c in bot.api.calls if c.method == "editMessageText" and "Cancel" in str(c.params)]
        working = [c for c in edits if "🎬" not in str(c.params)]
        assert 2 <= len(working) <= 5
        times = [call.at for call in working]
        assert all(later - earlier >= 0.75 for earlier, later in itertools.pairwise(times))


async def test_a_flood_wait_on_edits_holds_nothing_up(bot: Bot, chat: Person) -> None:
    bot.site.on_download = long_download
    await start(chat)
    await chat.wait_for_text("Downloading")
    refusal = Fault("editMessageText", "error", error_code=429, description="Too Many Requests", retry_after_s=1)
    bot.api.world.faults.add(refusal)
    before = time.monotonic()
    await chat.wait_for_file("video")
    await until(lambda: len(chat.messages()) == 2)
    assert time.monotonic() - before < 4
    refused = [c for c in bot.api.calls if c.error_code == 429]
    assert len(refused) == 1
    in_the_pause = [c for c in bot.api.calls if c.method.startswith("editMessage") and 0 < c.at - refused[0].at < 0.95]
    assert not in_the_pause


async def test_a_flood_wait_on_the_file_is_waited_out_and_it_comes_once(bot: Bot, chat: Person) -> None:
    refusal = Fault("sendVideo", "error", error_code=429, description="Too Many Requests", retry_after_s=1)
    bot.api.world.faults.add(refusal)
    await start(chat)
    await chat.wait_for_file("video")
    await until(lambda: len(chat.messages()) == 2)
    assert len(bot.calls("sendVideo")) == 1


async def test_a_deleted_status_message_is_replaced_once(bot: Bot, chat: Person) -> None:
    bot.site.on_download = long_download
    card = await start(chat)
    await chat.wait_for_text("Downloading")
    bot.api.world.remove(chat.id, card.message_id)
    second = await chat.wait_for_text("Downloading")
    assert second.message_id != card.message_id
    bot.api.world.remove(chat.id, second.message_id)
    await chat.wait_for_file("video")
    await asyncio.sleep(0.3)
    assert [m.file is not None for m in chat.messages()] == [False, True]
    assert len(bot.calls("sendMessage")) == 2


async def test_an_edit_that_changes_nothing_is_no_failure(bot: Bot, chat: Person) -> None:
    words = "Bad Request: message is not modified: specified new message content"
    bot.api.world.faults.add(Fault("editMessageText", "error", error_code=400, description=words, times=3))
    bot.site.on_download = long_download
    chat.say(LINK)
    await until(lambda: any(c.method == "editMessageText" for c in bot.api.calls))
    looking = await chat.wait_for_text("Having a look")
    async with bot.storage.read() as session:
        assert (await session.requests.get(1)) is not None
    assert looking


async def test_a_status_message_too_old_to_be_deleted_says_that_it_is_done(bot: Bot, chat: Person) -> None:
    words = "Bad Request: message can't be deleted"
    bot.api.world.faults.add(Fault("deleteMessage", "error", error_code=400, description=words))
    card = await start(chat)
    await chat.wait_for_file("video")
    done = await chat.wait_for_text("Done")
    assert done.message_id == card.message_id
    assert not done.buttons


async def test_the_end_is_told_though_telegram_stumbles(bot: Bot, chat: Person) -> None:
    bot.api.world.faults.add(Fault("deleteMessage", "error", error_code=502))
    await start(chat)
    await chat.wait_for_file("video")
    await until(lambda: len(chat.messages()) == 2)


async def test_news_of_progress_that_comes_in_behind_the_end_does_not_hide_it(
    bot: Bot, chat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = bot.service.audience.tell

    async def with_what_was_on_its_way(request_id: int, position: int, news: News) -> None:
        await tell(request_id, position, news)
        if isinstance(news, Done):
            await tell(request_id, position, Progress(stage=Stage.DELIVER, done_bytes=MB, total_bytes=MB))

    monkeypatch.setattr(bot.service.audience, "tell", with_what_was_on_its_way)
    await start(chat)
    await chat.wait_for_file("video")
    await until(lambda: len(chat.messages()) == 2)


@pytest.mark.parametrize("error", [TemporarilyUnavailable("the database is away"), DiskFull("no room")], ids=repr)
async def test_an_end_is_told_when_the_database_answers_again(
    bot: Bot, chat: Person, monkeypatch: pytest.MonkeyPatch, error: FetchgramError
) -> None:
    tell, look = bot.service.audience.tell, bot.route.intake.request
    refusals: list[FetchgramError] = []

    async def and_then_it_is_away(request_id: int, position: int, news: News) -> None:
        if isinstance(news, Done):
            refusals.append(error)
        await tell(request_id, position, news)

    async def looked(request_id: int) -> Request:
        if refusals:
            raise refusals.pop()
        return await look(request_id)

    monkeypatch.setattr(bot.service.audience, "tell", and_then_it_is_away)
    monkeypatch.setattr(bot.route.intake, "request", looked)
    await start(chat)
    await chat.wait_for_file("video")
    await until(lambda: len(chat.messages()) == 2)
    assert not refusals


async def test_a_failure_is_not_told_of_a_wish_that_has_begun_again(bot: Bot, chat: Person) -> None:
    gate = asyncio.Event()
    bot.site.on_download = lambda job, workdir, sink: gate.wait()
    await start(chat)
    await chat.wait_for_text("Downloading")
    failed = Failed(error=text("error-temporary"), number="ABC")
    await bot.service.audience.tell(1, 0, failed)
    await until(lambda: bot.service.audience.all_told)
    gate.set()
    await chat.wait_for_file("video")
    await until(lambda: len(chat.messages()) == 2)
    edits = [call for call in bot.api.calls if call.method == "editMessageText"]
    assert not any("ABC" in str(call.params) for call in edits)


async def test_the_place_in_line_is_told(settings: Settings, bot_api: BotApi, chat: Person, stranger: Person) -> None:
    one = settings.model_copy(update={"work": settings.work.model_copy(update={"jobs": 1})})
    gate = asyncio.Event()
    site = Site(on_download=lambda job, workdir, sink: gate.wait())
    async with bot_at_work(one, bot_api, site=site):
        await start(chat)
        await chat.wait_for_text("Downloading")
        stranger.say("https://fake.example/two")
        card = await stranger.wait_for(lambda m: any("720p" in b.label for b in m.buttons))
        stranger.tap(card, card.button("🎬 720p"))
        await stranger.wait_for_text("next in line")
        gate.set()
        await stranger.wait_for_file("video")


async def test_the_upload_is_counted_from_the_bytes(bot: Bot, chat: Person) -> None:
    bot.api.world.faults.add(Fault("sendVideo", "delay", seconds=1.5))
    await start(chat)
    await chat.wait_for_text("Telegram has all of it")
    await chat.wait_for_file("video")


@pytest.mark.parametrize("name", ['a"b\r\nX: y.mp4', "../../etc/passwd", "\u202e4pm.mp4", "🎬" * 200 + ".mp4"])
async def test_a_hostile_file_name_breaks_nothing(bot: Bot, chat: Person, name: str) -> None:
    def media(workdir: Path):  # type: ignore[no-untyped-def]  # noqa: ANN202
        return [file_in(workdir, "film.mp4", MediaKind.DOCUMENT, file_name=name)]

    bot.site.media = media
    await start(chat)
    arrived = await chat.wait_for_file("document")
    assert arrived.file is not None
    assert not set(arrived.file.name) & set('"\r\n/\\\u202e')
