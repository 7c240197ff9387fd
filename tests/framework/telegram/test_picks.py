from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fetchgram.api import ContentUnavailable, Job, Reason, Sink
from fetchgram.settings import Settings
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.person import Person

from .conftest import CHANNEL, Bot, Site, bot_at_work, until

pytestmark = pytest.mark.timeout(120)


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


def entries(message: Message) -> list[str]:
    return [label for label in labels(message) if label.startswith(("▫️", "☑️")) and ". " in label]


async def opened(chat: Person, link: str = CHANNEL) -> Message:
    chat.say(link)
    return await sees(chat, "🔢 Numbers")


async def sees(chat: Person, label: str) -> Message:
    return await chat.wait_for(lambda m: any(label in button.label for button in m.buttons))


async def tap(chat: Person, message: Message, label: str) -> str:
    return (await chat.tap_and_wait(message, label)).text


def now(chat: Person, message: Message) -> Message:
    (found,) = [m for m in chat.messages() if m.message_id == message.message_id]
    return found


async def test_a_channel_opens_as_a_picker_on_the_status_message(bot: Bot, chat: Person) -> None:
    bot.site.length = 5000
    card = await opened(chat)
    assert bot.site.pages == [None]
    assert card.text.splitlines() == ["📋 All films", "👤 Ada", "5,000 items · tap what you want (at most 50)"]
    assert entries(card) == [f"▫️ {n}. Film {n} · 1:0{n}" for n in range(1, 9)]
    assert labels(card)[8:] == [
        *("1 / 625", "▶️", "☑️ All", "▫️ None", "🔢 Numbers", "Newest 5", "Newest 10", "Newest 25"),
        *("🎬 1080p", "🔘 🎬 720p", "🎬 480p", "🎵 Audio", "✖️ Cancel"),
    ]
    assert len(chat.messages()) == 2


async def test_ticks_stay_when_pages_are_turned_and_become_files_in_one_quality(bot: Bot, chat: Person) -> None:
    card = await opened(chat)
    await tap(chat, card, "3. Film 3")
    assert "☑️ 3. Film 3 · 1:03" in labels(now(chat, card))
    await tap(chat, card, "▶️")
    assert bot.site.pages == [None, "11"]
    await tap(chat, card, "12. Film 12")
    await tap(chat, card, "◀️")
    shown = now(chat, card)
    assert "☑️ 3. Film 3 · 1:03" in labels(shown)
    assert "☑️ 2 picked" in shown.text
    await tap(chat, card, "480p")
    assert "⬇️ Get 2 items · 🎬 up to 480p" in labels(now(chat, card))
    assert await tap(chat, card, "Get 2 items") == "Got it!"
    await until(lambda: len([m for m in chat.messages() if m.file]) == 2)
    await until(lambda: not now(chat, card).buttons)
    assert now(chat, card).text.splitlines() == [
        "All films",
        "✅ 2 of 2 arrived",
        "✅ 3. A film · 🎬 360p",
        "✅ 12. A film · 🎬 360p",
    ]


async def test_typed_ranges_are_picked_and_what_is_no_range_is_said(bot: Bot, chat: Person) -> None:
    card = await opened(chat)
    await tap(chat, card, "🔢 Numbers")
    assert "For example: 3-8, 12" in now(chat, card).text
    chat.say("2-4, 19")
    await until(lambda: "4 picked" in now(chat, card).text)
    assert "For example" not in now(chat, card).text
    await tap(chat, card, "🔢 Numbers")
    chat.say("the good ones")
    await chat.wait_for_text("I find nothing under these numbers")
    assert "4 picked" in now(chat, card).text
    await tap(chat, card, "🔢 Numbers")
    said = chat.say("https://fake.example/one")
    await chat.wait_for(lambda m: m.reply_to_id == said.message_id)
    await until(lambda: "For example" not in now(chat, card).text)
    assert "4 picked" in now(chat, card).text
    await tap(chat, card, "None")
    assert "picked" not in now(chat, card).text


async def test_all_newest_and_the_limit(settings: Settings, bot_api: BotApi, chat: Person) -> None:
    limits = settings.limits.model_copy(update={"list_items": 7})
    async with bot_at_work(settings.model_copy(update={"limits": limits}), bot_api):
        card = await opened(chat)
        assert await tap(chat, card, "All") == "7 items at a time are the most."
        assert "7 picked" in now(chat, card).text
        assert await tap(chat, card, "8. Film 8") == "7 items at a time are the most."
        assert "7 picked (at most 7)" in now(chat, card).text
        await tap(chat, card, "Newest 5")
        assert "5 picked" in now(chat, card).text
        await tap(chat, card, "🔢 Numbers")
        chat.say("1-8")
        await chat.wait_for_text("7 items at a time are the most.")
        assert "5 picked" in now(chat, card).text


async def test_only_who_asked_may_press_and_the_data_fits(bot: Bot, chat: Person, stranger: Person) -> None:
    card = await opened(chat)
    assert all(len((button.data or "").encode()) <= 64 for button in card.buttons)
    foreign = await stranger.tap_and_wait(card, "1. Film 1")
    assert foreign.text == "These buttons belong to somebody else."
    assert "picked" not in now(chat, card).text


async def test_the_picker_survives_a_restart(settings: Settings, bot_api: BotApi, chat: Person) -> None:
    async with bot_at_work(settings, bot_api):
        card = await opened(chat)
        await tap(chat, card, "▶️")
        await tap(chat, card, "9. Film 9")
    async with bot_at_work(settings, bot_api) as bot:
        await tap(chat, card, "10. Film 10")
        assert [label for label in entries(now(chat, card)) if label.startswith("☑️")] == [
            "☑️ 9. Film 9 · 1:09",
            "☑️ 10. Film 10 · 1:10",
        ]
        assert bot.site.pages == []
        await tap(chat, card, "Get 2 items")
        await until(lambda: "2 of 2 arrived" in now(chat, card).text)


async def test_a_video_of_a_list_has_a_button_for_the_whole_and_a_way_back(bot: Bot, chat: Person) -> None:
    chat.say("https://fake.example/within")
    card = await sees(chat, "The whole list")
    assert "🎬 720p" in " ".join(labels(card))
    await tap(chat, card, "The whole list")
    assert now(chat, card).text.startswith("📋 All films")
    await tap(chat, card, "Back")
    assert now(chat, card).text.startswith("A film")
    await tap(chat, card, "The whole list")
    await tap(chat, card, "2. Film 2")
    await tap(chat, card, "Get one item")
    await until(lambda: "1 of 1 arrived" in now(chat, card).text)


async def test_failures_are_told_by_item_and_come_again_with_a_tap(bot: Bot, chat: Person) -> None:
    bot.site.item_errors = {"item2": ContentUnavailable(Reason.PRIVATE)}
    card = await opened(chat)
    await tap(chat, card, "Newest 5")
    await tap(chat, card, "Get 5 items")
    await sees(chat, "Try the failed one again")
    ended = now(chat, card)
    assert ended.text.splitlines()[:4] == [
        "All films",
        "✅ 4 of 5 arrived · 1 failed",
        "✅ 1. A film · 🎬 720p",
        "❌ 2. Film 2 · This is private.",
    ]
    bot.site.item_errors = {}
    await tap(chat, card, "Try the failed one again")
    await until(lambda: "5 of 5 arrived" in now(chat, card).text)
    assert len([m for m in chat.messages() if m.file]) == 5
    assert not now(chat, card).buttons


async def test_a_send_that_was_cut_is_told_and_only_a_tap_sends_it_again(bot: Bot, chat: Person) -> None:
    bot.api.world.faults.add(Fault("sendVideo", "lost"))
    card = await opened(chat)
    await tap(chat, card, "1. Film 1")
    await tap(chat, card, "Get one item")
    await sees(chat, "Send the uncertain one again")
    assert "❓ 1. A film · may have arrived" in now(chat, card).text
    assert len([m for m in chat.messages() if m.file]) == 1
    await tap(chat, card, "Send the uncertain one again")
    await until(lambda: "1 of 1 arrived" in now(chat, card).text)
    assert len([m for m in chat.messages() if m.file]) == 2


async def test_every_item_has_its_state_while_they_run(bot: Bot, chat: Person) -> None:
    gate = asyncio.Event()

    async def half(job: Job, workdir: Path, sink: Sink) -> None:
        sink.progress(50, 100)
        await gate.wait()

    bot.site.on_download = half
    card = await opened(chat)
    await tap(chat, card, "Newest 5")
    await tap(chat, card, "Get 5 items")
    await until(lambda: now(chat, card).text.count("50%") == 3)
    assert now(chat, card).text.splitlines() == [
        "All films",
        "░░░░░░░░░░░░ 0 of 5 · 🎬 up to 720p",
        "⬇️ 1. A film 50%",
        "⬇️ 2. A film 50%",
        "⬇️ 3. A film 50%",
        "⏳ 4. Film 4",
        "⏳ 5. Film 5",
    ]
    assert labels(now(chat, card)) == ["✋ Stop after these", "✖️ Cancel"]
    await tap(chat, card, "Stop after these")
    gate.set()
    await until(lambda: "3 of 5 arrived · 2 stopped" in now(chat, card).text)


async def test_a_cancelled_list_says_what_arrived(bot: Bot, chat: Person) -> None:
    gate = asyncio.Event()

    async def never(job: Job, workdir: Path, sink: Sink) -> None:
        await gate.wait()

    bot.site.on_download = never
    card = await opened(chat)
    await tap(chat, card, "Newest 5")
    await tap(chat, card, "Get 5 items")
    await sees(chat, "Stop after these")
    assert await tap(chat, card, "Cancel") == "Cancelled"
    await until(lambda: "Cancelled · 0 of 5 arrived" in now(chat, card).text)
    assert not now(chat, card).buttons


async def test_the_picker_can_be_cancelled(bot: Bot, chat: Person) -> None:
    card = await opened(chat)
    await tap(chat, card, "Cancel")
    await until(lambda: "Cancelled" in now(chat, card).text)
    assert not now(chat, card).buttons


async def test_a_list_at_work_goes_on_on_the_same_message_after_a_restart(
    settings: Settings, bot_api: BotApi, chat: Person
) -> None:
    gate = asyncio.Event()
    begun = 0

    async def later(job: Job, workdir: Path, sink: Sink) -> None:
        nonlocal begun
        begun += 1
        if begun > 2:
            await gate.wait()

    async with bot_at_work(settings, bot_api, site=Site(on_download=later)):
        card = await opened(chat)
        await tap(chat, card, "Newest 5")
        await tap(chat, card, "Get 5 items")
        await until(lambda: now(chat, card).text.count("✅") == 2)
    async with bot_at_work(settings, bot_api):
        await until(lambda: "5 of 5 arrived" in now(chat, card).text)
    assert len([m for m in chat.messages() if m.file]) == 5
    assert len([m for m in chat.messages() if m.sender_id == bot_api.world.bot.id]) == 6
