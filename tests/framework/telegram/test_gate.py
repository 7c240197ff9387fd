from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from aiogram.types import Update
from sqlalchemy import text as sql

from fetchgram.api import Role
from fetchgram.settings import Settings
from fetchgram.telegram.gate import Admitted, Refused
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.person import Person

from .conftest import Bot, bot_at_work, until

BOT = 4_200_000_001
OWNER = 1


def message(
    sender: int, *, chat: int | None = None, text: str = "hi", more: Mapping[str, object] | None = None
) -> Update:
    place = {"id": chat or sender, "type": "private" if chat is None else "supergroup", "title": "Group"}
    body = {"message_id": 1, "date": 1, "chat": place, "text": text}
    person = {"id": sender, "is_bot": False, "first_name": "X", "language_code": "de"}
    return Update.model_validate({"update_id": 1, "message": {**body, "from": person, **(more or {})}})


async def role_of(bot: Bot, update: Update) -> Role:
    who = await bot.service._gate.admit(update)
    assert isinstance(who, Admitted)
    return who.person.role


async def test_an_owner_of_the_settings_is_owner(bot: Bot) -> None:
    assert await role_of(bot, message(OWNER)) is Role.OWNER
    assert await role_of(bot, message(OWNER, chat=-100)) is Role.OWNER
    assert await role_of(bot, message(2)) is Role.USER


async def test_a_role_of_the_database_is_read_afresh(bot: Bot) -> None:
    assert await role_of(bot, message(2)) is Role.USER
    async with bot.storage.write() as session:
        await session.people.set_role(BOT, 2, Role.ADMIN)
    assert await role_of(bot, message(2)) is Role.ADMIN


@pytest.mark.parametrize("nobody", [1087968824, 136817688, 777000])
async def test_faceless_senders_never_have_a_role(bot: Bot, nobody: int) -> None:
    async with bot.storage.write() as session:
        await session.people.set_role(BOT, nobody, Role.OWNER)
    update = message(nobody, chat=-100, more={"sender_chat": {"id": -100, "type": "supergroup", "title": "Group"}})
    who = await bot.service._gate.admit(update)
    assert isinstance(who, Admitted)
    assert who.faceless
    assert who.person.role is Role.USER
    assert await bot.service._gate.role(nobody) is Role.USER


@pytest.mark.parametrize(
    "passed_on",
    [
        {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Eve"}},
        {"via_bot": {"id": 9, "is_bot": True, "first_name": "B"}},
        {"sender_chat": {"id": -100, "type": "supergroup", "title": "Group"}},
    ],
)
async def test_what_others_wrote_gives_no_orders_though_an_owner_passes_it_on(
    bot: Bot, passed_on: dict[str, object]
) -> None:
    assert await role_of(bot, message(OWNER, text="/panel", more=passed_on)) is Role.USER


async def test_channels_are_not_handled(bot: Bot) -> None:
    place = {"id": -100, "type": "channel", "title": "News"}
    post = {"message_id": 1, "date": 1, "chat": place, "text": "hi"}
    assert await bot.service._gate.admit(Update.model_validate({"update_id": 1, "channel_post": post})) is None


async def test_people_and_chats_are_recorded(bot: Bot, chat: Person) -> None:
    await bot.service._gate.admit(message(2, chat=-100))
    async with bot.storage.read() as session:
        row = await session.people.get(BOT, 2)
        place = await session.people.chat(BOT, -100)
    assert row is not None
    assert (row.person.first_name, row.person.locale) == ("X", "de")
    assert place is not None
    assert place.title == "Group"


async def test_blocking_and_coming_back_is_recorded(bot: Bot, chat: Person) -> None:
    async def blocked() -> bool | None:
        async with bot.storage.read() as session:
            row = await session.people.get(BOT, chat.id)
        return row.blocked if row else None

    for act, expected in ((chat.block, True), (chat.unblock, False)):
        act()
        async with asyncio.timeout(5):
            while await blocked() is not expected:
                await asyncio.sleep(0.02)


async def test_a_banned_person_is_told_once_and_nothing_is_done(bot: Bot, chat: Person) -> None:
    until_then = datetime.now(UTC) + timedelta(hours=1)
    async with bot.storage.write() as session:
        await session.people.ban(BOT, chat.id, until_then, "spam")
    chat.say("https://fake.example/one")
    await chat.wait_for_text("You cannot use this bot")
    chat.say("https://fake.example/two")
    await asyncio.sleep(0.4)
    assert len([m for m in chat.messages() if m.sender_id == BOT]) == 1
    async with bot.storage.read() as session:
        assert await session.requests.list_for(BOT, chat.id, 10) == []


async def test_a_ban_is_told_with_its_end_and_reason_and_not_again_after_a_restart(
    settings: Settings, bot_api: BotApi, chat: Person
) -> None:
    async with bot_at_work(settings, bot_api) as bot:
        async with bot.storage.write() as session:
            await session.people.ban(BOT, chat.id, datetime(2100, 1, 2, 3, 4, tzinfo=UTC), "too many links")
        chat.say("hello")
        told = await chat.wait_for_text("You cannot use this bot")
        assert told.text == "🚫 You cannot use this bot until 2 Jan 2100, 03:04 UTC. The reason: too many links"
    async with bot_at_work(settings, bot_api) as bot:
        chat.say("hello")
        async with bot.storage.write() as session:
            await session.people.unban(BOT, chat.id)
        chat.say("/start")
        await chat.wait_for_text("Send me a link")
    assert len([m for m in chat.messages() if "cannot use" in m.text]) == 1


async def test_in_a_group_a_ban_is_not_talked_about(bot: Bot, chat: Person) -> None:
    async with bot.storage.write() as session:
        await session.people.ban(BOT, 2, None, "spam")
    who = await bot.service._gate.admit(message(2, chat=-100))
    assert isinstance(who, Refused)
    assert who.says is False
    alone = await bot.service._gate.admit(message(2))
    assert isinstance(alone, Refused)
    assert alone.says is True


async def test_a_ban_ends_the_use_of_old_buttons_too(bot: Bot, chat: Person) -> None:
    chat.say("https://fake.example/one")
    card = await chat.wait_for(lambda m: any("720p" in b.label for b in m.buttons))
    async with bot.storage.write() as session:
        await session.people.ban(BOT, chat.id, None, None)
    answer = await chat.tap_and_wait(card, "720p")
    assert "cannot use" in answer.text
    assert not bot.site.downloads


async def test_an_owner_cannot_be_locked_out(bot: Bot) -> None:
    async with bot.storage.write() as session:
        await session.people.ban(BOT, OWNER, None, None)
    assert not isinstance(await bot.service._gate.admit(message(OWNER)), Refused)


async def test_the_record_is_there_before_the_link_is_taken(bot: Bot, chat: Person) -> None:
    chat.say("https://fake.example/one")
    await until(lambda: len(chat.messages()) > 1)
    async with bot.storage.read() as session:
        assert await session.people.get(BOT, chat.id) is not None


async def test_somebody_new_is_an_event_once_and_again_on_another_day(bot: Bot) -> None:
    for _ in range(2):
        await bot.service._gate.admit(message(2))
        bot.service._gate._seen.clear()
    async with bot.storage.write() as session:
        yesterday = round((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1000)
        await session.execute(sql(f"UPDATE people SET last_seen = {yesterday}"))
    await bot.service._gate.admit(message(2))
    async with bot.storage.read() as session:
        told = [(event.name, event.person, event.data) for event in await session.events.after(0, 99)]
    assert told == [("person.new", 2, {"language": "de"}), ("person.back", 2, {"days": 1})]
