from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
from aiogram.types import Update
from pydantic import SecretStr

from fetchgram.api import (
    Certainty,
    Choice,
    ChoiceKind,
    ConfigError,
    ContentUnavailable,
    Job,
    MediaKind,
    RequestState,
    Sink,
    TemporarilyUnavailable,
    TooLarge,
    text,
)
from fetchgram.model import Stage
from fetchgram.pipeline.audience import Failed, Progress
from fetchgram.settings import Settings
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World

from .conftest import MB, Bot, Site, bot_at_work, build_bot, file_in, settings_for, until

LINK = "https://fake.example/one"


def has_button(label: str):  # type: ignore[no-untyped-def]  # noqa: ANN201  # a predicate
    return lambda message: any(label in button.label for button in message.buttons)


async def test_a_card_comes_though_telegram_may_have_taken_no_message_of_the_wish(bot: Bot, chat: Person) -> None:
    bot.api.world.faults.add(Fault("sendMessage", "error", error_code=502, times=2))
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, "360p")
    await chat.wait_for_file("video")


async def test_a_link_becomes_an_acknowledgement_a_card_and_a_file(bot: Bot, chat: Person) -> None:
    said = chat.say(f"look: {LINK}")
    card = await chat.wait_for(has_button("720p"))
    assert card.reply_to_id == said.message_id
    assert "A film" in card.text
    assert "Ada" in card.text
    assert "1:01" in card.text
    assert [button.label for button in card.buttons] == [
        "⭐ Best · 5 MB",
        "🎬 720p · 5 MB",
        "🎬 360p · ≈ 2 MB",
        "🎵 Audio · ≈ 1 MB",
        "✖️ Cancel",
    ]
    chat.tap(card, "360p")
    arrived = await chat.wait_for_file("video")
    assert arrived.reply_to_id == said.message_id
    assert bot.site.downloads[0].recipe.choice.height_px == 360
    await until(lambda: len(chat.messages()) == 2)
    assert [m.message_id for m in chat.messages()] == [said.message_id, arrived.message_id]


async def test_the_link_is_acknowledged_before_anybody_looked_at_it(bot: Bot, chat: Person) -> None:
    bot.site.probe_gate = asyncio.Event()
    await until(lambda: bot.api.account.updates.allowed)
    began = time.perf_counter()
    chat.say(LINK)
    await chat.wait_for_text("Having a look")
    assert time.perf_counter() - began < 1
    bot.site.probe_gate.set()
    await chat.wait_for(has_button("720p"))


async def test_a_wish_can_be_cancelled_while_the_site_is_asked(bot: Bot, chat: Person) -> None:
    bot.site.probe_gate = asyncio.Event()
    chat.say(LINK)
    status = await chat.wait_for(has_button("Cancel"))
    chat.tap(status, "Cancel")
    await chat.wait_for_text("Cancelled")
    bot.site.probe_gate.set()
    await asyncio.sleep(0.2)
    assert (await bot.route.intake.request(1)).state is RequestState.CANCELLED


async def test_a_running_download_can_be_cancelled(bot: Bot, chat: Person) -> None:
    async def hang(job: Job, workdir: Path, sink: Sink) -> None:
        sink.progress(1, 10)
        await asyncio.sleep(60)

    bot.site.on_download = hang
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, "720p")
    working = await chat.wait_for_text("Downloading")
    chat.tap(working, "Cancel")
    cancelled = await chat.wait_for_text("Cancelled")
    assert cancelled.message_id == card.message_id
    assert not cancelled.buttons
    await until(lambda: not bot.route.runner.running)


async def test_progress_is_shown_with_bar_percent_and_bytes(bot: Bot, chat: Person) -> None:
    async def half(job: Job, workdir: Path, sink: Sink) -> None:
        sink.progress(5 * MB, 10 * MB)
        await asyncio.sleep(1.2)

    bot.site.on_download = half
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, "720p")
    shown = await chat.wait_for_text("50%")
    assert shown.message_id == card.message_id
    assert "██████░░░░░░" in shown.text
    assert "5 MB of 10 MB" in shown.text
    assert shown.button("Cancel")
    await chat.wait_for_file("video")


async def test_a_site_that_says_no_is_told_in_one_sentence_with_a_number_and_can_be_tried_again(
    bot: Bot, chat: Person
) -> None:
    bot.site.probe_error = ContentUnavailable("private")
    chat.say(LINK)
    failed = await chat.wait_for_text("This is private.")
    request = await bot.route.intake.request(1)
    assert f"Error number {request.error_number}" in failed.text
    bot.site.probe_error = None
    chat.tap(failed, "Try again")
    card = await chat.wait_for(has_button("720p"))
    assert card.message_id == failed.message_id


async def test_a_failed_download_is_told_on_the_same_message_and_can_be_tried_again(bot: Bot, chat: Person) -> None:
    def fail(job: Job, workdir: Path, sink: Sink) -> None:
        raise ContentUnavailable("geo")

    bot.site.on_download = fail
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, "720p")
    failed = await chat.wait_for_text("country")
    assert failed.message_id == card.message_id
    assert [button.label for button in failed.buttons] == ["🔁 Try again", "⚙️ Choose again"]
    bot.site.on_download = None
    chat.tap(failed, "Try again")
    await chat.wait_for_file("video")


async def test_after_a_failure_something_else_can_be_chosen_on_the_same_message(bot: Bot, chat: Person) -> None:
    def fail(job: Job, workdir: Path, sink: Sink) -> None:
        raise TooLarge(9, 3)

    bot.site.on_download = fail
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, "720p")
    failed = await chat.wait_for(has_button("Choose again"))
    assert [button.label for button in failed.buttons] == ["⚙️ Choose again"], "the same would be too large again"
    bot.site.on_download = None
    chat.tap(failed, "Choose again")
    again = await chat.wait_for(has_button("720p"))
    assert again.message_id == card.message_id
    chat.tap(again, "360p")
    await chat.wait_for_file("video")
    assert [job.recipe.choice.height_px for job in bot.site.downloads] == [720, 360]
    await until(lambda: again.message_id not in {m.message_id for m in chat.messages()})


async def test_who_may_send_fewer_links_in_one_message_gets_the_first_and_reads_so(bot: Bot, chat: Person) -> None:
    async with bot.storage.write() as session:
        await session.people.set_limits(bot.account.bot_id, chat.id, {"links_per_message": 2})
    chat.say(f"{LINK}1 {LINK}2 {LINK}3")
    told = await chat.wait_for_text("I take 2 links")
    async with bot.storage.read() as session:
        assert len(await session.requests.list_for(bot.account.bot_id, chat.id, 9)) == 2
    assert told.sender_id == bot.account.bot_id


async def test_several_links_of_one_message_each_get_their_card(bot: Bot, chat: Person) -> None:
    chat.say("https://fake.example/a and https://fake.example/b and https://fake.example/a")
    await until(lambda: sum(has_button("720p")(m) for m in chat.messages()) == 2)


async def test_links_over_the_limit_are_named(bot: Bot, chat: Person) -> None:
    chat.say(" ".join(f"https://fake.example/{n}" for n in range(8)))
    await chat.wait_for_text("I take 6 links")
    await until(lambda: sum(has_button("720p")(m) for m in chat.messages()) == 6)


async def test_the_thumbnail_turns_the_acknowledgement_into_a_picture(bot: Bot, chat: Person) -> None:
    bot.site.thumbnail_url = "https://img.example/1.jpg"
    bot.network.pages[bot.site.thumbnail_url] = jpeg()
    chat.say(LINK)
    card = await chat.wait_for_file("photo")
    assert "A film" in card.text
    assert card.button("720p")
    chat.tap(card, "720p")
    await chat.wait_for_file("video")
    await until(lambda: len(chat.messages()) == 2)


@pytest.mark.parametrize("picture", [b"<html>", None], ids=["no picture", "unreachable"])
async def test_without_a_thumbnail_the_card_is_text(bot: Bot, chat: Person, picture: bytes | None) -> None:
    bot.site.thumbnail_url = "https://img.example/1.jpg"
    if picture is not None:
        bot.network.pages[bot.site.thumbnail_url] = picture
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    assert card.file is None
    assert bot.network.asked == [bot.site.thumbnail_url]


async def test_a_picture_that_telegram_refuses_leaves_a_card_of_text(bot: Bot, chat: Person) -> None:
    bot.site.thumbnail_url = "https://img.example/1.jpg"
    bot.network.pages[bot.site.thumbnail_url] = jpeg()
    refusal = Fault("editMessageMedia", "error", error_code=400, description="Bad Request: IMAGE_PROCESS_FAILED")
    bot.api.world.faults.add(refusal)
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    assert card.file is None


async def test_what_was_not_finished_goes_on_after_a_restart_on_the_same_message(
    settings: Settings, bot_api: BotApi, chat: Person
) -> None:
    stuck = Site(probe_gate=asyncio.Event())
    async with bot_at_work(settings, bot_api, site=stuck):
        chat.say(LINK)
        looking = await chat.wait_for_text("Having a look")
        await until(lambda: bot_api.calls[-1].method == "sendChatAction")
    async with bot_at_work(settings, bot_api):
        card = await chat.wait_for(has_button("720p"))
        assert card.message_id == looking.message_id


async def test_a_card_from_before_the_restart_can_be_tapped(settings: Settings, bot_api: BotApi, chat: Person) -> None:
    async with bot_at_work(settings, bot_api):
        chat.say(LINK)
        card = await chat.wait_for(has_button("720p"))
    async with bot_at_work(settings, bot_api):
        chat.tap(card, "720p")
        await chat.wait_for_file("video")
        await until(lambda: len(chat.messages()) == 2)


async def test_an_end_that_was_not_told_before_the_process_died_is_told_after_the_restart(
    settings: Settings, bot_api: BotApi, chat: Person
) -> None:
    def fail(job: Job, workdir: Path, sink: Sink) -> None:
        raise ContentUnavailable("geo")

    async with bot_at_work(settings, bot_api, site=Site(on_download=fail)) as first:
        chat.say(LINK)
        card = await chat.wait_for(has_button("720p"))
        # From here on nothing that it tells arrives: as if it had died between the commit and the edit.
        bot_api.world.faults.add_rule(
            lambda method, _: Fault(method, "error", error_code=502) if method.startswith("editMessage") else None
        )
        chat.tap(card, "720p")
        await until(lambda: not first.route.runner.running and first.site.downloads)
        await asyncio.sleep(0.1)
    bot_api.world.faults.clear()
    async with bot_at_work(settings, bot_api):
        told = await chat.wait_for_text("country")
        assert told.message_id == card.message_id


async def test_an_update_that_is_handled_twice_is_one_request_on_one_message(bot: Bot, chat: Person) -> None:
    said = chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    body = {"message_id": said.message_id, "date": 1, "chat": {"id": chat.id, "type": "private"}, "text": LINK}
    entity = {"type": "url", "offset": 0, "length": len(LINK)}
    person = {"id": chat.id, "is_bot": False, "first_name": "Alice"}
    update = {"update_id": 1, "message": {**body, "from": person, "entities": [entity]}}
    for _ in range(3):
        await bot.service.handle(Update.model_validate(update))
    await asyncio.sleep(0.2)
    assert [m.message_id for m in chat.messages()] == [said.message_id, card.message_id]
    async with bot.storage.read() as session:
        assert len(await session.requests.list_for(bot.account.bot_id, chat.id, 10)) == 1


NAUGHTY = (
    "<b>x</b><script>alert(1)</script>",
    "*bold* _it_ `code` [a](http://e.example) ||s||",
    "\u202eevil\u202c \u2066x\u2069",
    "\x00\x01\x1f\x7f",
    "👨‍👩‍👧‍👦" * 300,
    "Z̸̢̛a̷l̵g̶o̴" * 100,
    "{ $title } %s {0} ${x}",
    "a\nb\r\nc",
    " ",
    "'; DROP TABLE requests; --",
    "/start @fetchgram_bot #tag https://t.me/x",
)


async def test_naughty_titles_stay_text_on_the_card_and_under_the_file(bot: Bot, chat: Person) -> None:
    for number, title in enumerate(NAUGHTY):
        bot.site.title = title
        chat.say(f"https://fake.example/{number}")
        card = await chat.wait_for(has_button("720p"))
        markup = {entity.type for entity in card.entities} & {"italic", "code", "pre", "text_link", "spoiler"}
        assert not markup, title
        chat.tap(card, card.button("🎬 720p"))
        await until(lambda: len([m for m in chat.messages() if m.file]) == number + 1)  # noqa: B023  # awaited at once
        await until(lambda: not any(m.keyboard for m in chat.messages()))


async def test_a_refused_token_is_a_config_error_that_names_the_setting(bot_api: BotApi, tmp_path: Path) -> None:
    settings = settings_for(bot_api, tmp_path / "data")
    main = settings.bots["main"].model_copy(update={"token": SecretStr("123456:wrong-token")})
    wrong = settings.model_copy(update={"bots": {"main": main}})
    bot = await build_bot(wrong, bot_api)
    with pytest.raises(ConfigError, match=r"bots\.main\.token") as caught:
        await bot.service.run()
    assert "wrong-token" not in str(caught.value)
    await bot.storage.close()


async def test_telegram_being_away_at_the_start_is_waited_out(
    bot_api: BotApi, settings: Settings, chat: Person
) -> None:
    bot_api.world.faults.add(Fault("getMe", "error", error_code=502))
    async with bot_at_work(settings, bot_api):
        chat.say(LINK)
        await chat.wait_for(has_button("720p"))


async def test_the_commands_are_published(bot: Bot) -> None:
    await until(lambda: bot.calls("setMyCommands"))
    (call,) = bot.calls("setMyCommands")
    assert "start" in str(call["commands"])
    assert "panel" not in str(call["commands"])


async def test_what_cannot_be_sent_is_marked_and_says_why(bot: Bot, chat: Person) -> None:
    huge = Choice(kind=ChoiceKind.VIDEO, height_px=4320, size_bytes=3000 * MB, certainty=Certainty.EXACT)
    large = Choice(kind=ChoiceKind.VIDEO, height_px=2160, size_bytes=900 * MB, certainty=Certainty.EXACT)
    bot.site.choices = (huge, large, *bot.site.choices)
    chat.say(LINK)
    card = await chat.wait_for(has_button("4320p"))
    assert card.button("4320p").label.startswith("🚫 🎬 4320p")
    assert card.button("2160p").label == "🎬 2160p · 900 MB · in parts"
    assert card.buttons[0].label == "⭐ Best for every phone · 5 MB"
    answer = await chat.tap_and_wait(card, "4320p")
    assert "is the most that I can send" in answer.text
    assert not bot.site.downloads


async def test_the_second_person_gets_the_same_file_from_the_cache(bot: Bot, chat: Person, stranger: Person) -> None:
    for person in (chat, stranger):
        person.say(LINK)
        card = await person.wait_for(has_button("720p"))
        person.tap(card, card.button("🎬 720p"))
        await person.wait_for_file("video")
    assert len(bot.site.downloads) == 1
    assert "⚡" in card.button("🎬 720p").label


async def test_a_stale_file_id_is_healed_by_a_new_upload(bot: Bot, chat: Person, stranger: Person) -> None:
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, card.button("🎬 720p"))
    await chat.wait_for_file("video")
    refusal = Fault(
        "sendVideo", "error", error_code=400, description="Bad Request: wrong file identifier/HTTP URL specified"
    )
    bot.api.world.faults.add(refusal)
    stranger.say(LINK)
    card = await stranger.wait_for(has_button("720p"))
    stranger.tap(card, card.button("🎬 720p"))
    await stranger.wait_for_file("video")
    assert len(bot.site.downloads) == 2


async def test_a_lost_answer_is_told_as_uncertain_and_sent_again_only_by_a_tap(bot: Bot, chat: Person) -> None:
    bot.api.world.faults.add(Fault("sendVideo", "lost"))
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, card.button("🎬 720p"))
    uncertain = await chat.wait_for_text("look whether it arrived")
    await asyncio.sleep(0.3)
    assert len([m for m in chat.messages() if m.file]) == 1
    chat.tap(uncertain, "Send again")
    await until(lambda: len([m for m in chat.messages() if m.file]) == 2)
    await until(lambda: len(chat.messages()) == 3)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("action", ["retry", "again"])
async def test_a_second_tap_that_comes_late_does_not_swallow_the_end(bot: Bot, chat: Person, action: str) -> None:
    gate = asyncio.Event()
    bot.site.on_download = lambda *_: gate.wait()
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"), timeout_s=30)
    chat.tap(card, "720p")
    await chat.wait_for_text("Downloading", timeout_s=30)
    request = await bot.route.intake.request(1)
    audience = bot.service.audience
    bot.api.world.faults.add(Fault("editMessageText", "delay", seconds=3))
    await audience.tell(request.id, 0, Progress(stage=Stage.DOWNLOAD, done_bytes=1, total_bytes=10))
    await until(lambda: audience._follows[request.id].latest is None)  # on its way, and takes its time
    await audience.tell(request.id, 0, Failed(error=text("error-gone"), number="ABC234"))
    assert await bot.service._wishes.press(action, {"request": request.id}) == text("toast-queued")
    async with bot.storage.write() as session:  # the tap was looked at a moment before this was written down
        await session.requests.update(request.id, state=RequestState.FAILED)
    await chat.wait_for_text("ABC234", timeout_s=30)
    gate.set()


@pytest.mark.timeout(120)
async def test_an_acknowledgement_whose_number_was_never_heard_works_and_goes_with_the_first_press(
    bot: Bot, chat: Person
) -> None:
    bot.api.world.faults.add(Fault("sendMessage", "lost"))
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"), timeout_s=30)
    (stray,) = [message for message in chat.messages() if "Having a look" in message.text]
    assert stray.message_id != card.message_id
    chat.tap(stray, "Cancel")
    over = await chat.wait_for_text("Cancelled", timeout_s=30)
    assert over.message_id == card.message_id
    await until(lambda: stray.message_id not in {m.message_id for m in chat.messages()}, timeout_s=30)


async def test_a_person_who_blocked_the_bot_is_remembered(bot: Bot, chat: Person) -> None:
    def block(job: Job, workdir: Path, sink: Sink) -> None:
        chat.block()

    bot.site.on_download = block
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, "720p")
    async with asyncio.timeout(5):
        while not (await bot.route.intake.request(1)).state.ended:
            await asyncio.sleep(0.02)
    async with bot.storage.read() as session:
        row = await session.people.get(bot.account.bot_id, chat.id)
    assert row is not None
    assert row.blocked
    assert (await bot.route.intake.request(1)).state is RequestState.FAILED


async def test_an_album_arrives_as_one(bot: Bot, chat: Person) -> None:
    bot.site.media = lambda workdir: [file_in(workdir, f"{n}.mp4", MediaKind.VIDEO) for n in range(3)]
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, "720p")
    await until(lambda: len([m for m in chat.messages() if m.file]) == 3)
    assert len({m.album_id for m in chat.messages() if m.file}) == 1


async def test_a_site_that_stumbles_is_tried_again_and_the_person_knows(bot: Bot, chat: Person) -> None:
    def stumble(job: Job, workdir: Path, sink: Sink) -> None:
        if len(bot.site.downloads) == 1:
            raise TemporarilyUnavailable("503", retry_after_s=0.3)

    bot.site.on_download = stumble
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, "720p")
    await chat.wait_for_text("Trying again in")
    await chat.wait_for_file("video")


@pytest.mark.timeout(180)
async def test_the_time_to_the_next_try_is_counted_down_and_a_tap_makes_it_now(
    bot: Bot, chat: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(job: Job, workdir: Path, sink: Sink) -> None:
        if len(bot.site.downloads) == 1:
            raise TemporarilyUnavailable("503", retry_after_s=40)

    monkeypatch.setattr("fetchgram.telegram.service._PLACE_EVERY_S", 0.5)
    bot.site.on_download = stumble
    chat.say(LINK)
    card = await chat.wait_for(has_button("720p"))
    chat.tap(card, "720p")
    seen = [await chat.wait_for(has_button("Try now"), timeout_s=30)]
    seen.append(await chat.wait_for(lambda m: "Trying again" in m.text and m.text != seen[0].text, timeout_s=60))
    first, later = (int(re.findall(r"in (\d+) sec", message.text)[0]) for message in seen)
    assert later < first
    chat.tap(seen[1], "Try now")
    await chat.wait_for_file("video")
    assert [job.attempt for job in bot.site.downloads] == [1, 2]


@pytest.mark.timeout(180)
async def test_many_people_on_one_link_are_one_download_one_upload_and_the_rest_by_file_id(
    settings: Settings, bot_api: BotApi, world: World
) -> None:
    gate = asyncio.Event()
    people = [Person(world, world.new_person(f"P{n}")) for n in range(6)]
    async with bot_at_work(settings, bot_api, site=Site(on_download=lambda *_: gate.wait())) as bot:
        for person in people:
            person.say(LINK)
        for person in people:
            person.tap(await person.wait_for(has_button("720p"), timeout_s=60), "🎬 720p")
        for person in people:
            await person.wait_for_text("Downloading", timeout_s=60)
        gate.set()
        for person in people:
            await person.wait_for_file("video", timeout_s=60)
        sent = [str(params["video"]) for params in bot.calls("sendVideo")]
    assert len(bot.site.downloads) == 1
    assert len(sent) == len(people)
    assert sum(video.startswith("attach://") for video in sent) == 1
    assert len({video for video in sent if not video.startswith("attach://")}) == 1


def jpeg() -> bytes:
    """Return the smallest header that tells a size: 320 x 180."""
    frame = b"\xff\xc0\x00\x0b\x08" + (180).to_bytes(2, "big") + (320).to_bytes(2, "big") + b"\x01\x01\x11\x00"
    return b"\xff\xd8" + frame + b"\xff\xd9"
