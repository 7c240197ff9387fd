from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest

from fetchgram.api import Person as Who
from fetchgram.api import Role
from fetchgram.control.controls import BoundControl
from fetchgram.errors import CannotDeliver
from fetchgram.settings import Settings
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.objects import Chat, Message
from fetchgram_sandbox.person import Person

from .conftest import Bot, bot_at_work

BOT = 4_200_000_001
OWNER = Who(bot_id=BOT, id=1)
LINK = "https://fake.example/one"


def control(bot: Bot) -> BoundControl:
    return bot.route.controls.of_person(OWNER, Role.OWNER)


def is_card(message: Message) -> bool:
    return any("720p" in button.label for button in message.buttons)


async def refusals(bot: Bot, chat: Person) -> int:
    return sum("private" in m.text for m in chat.messages() if m.sender_id == BOT)


async def test_a_private_bot_says_so_and_does_nothing(bot: Bot, chat: Person) -> None:
    await control(bot).access.set_private(private=True)
    chat.say(LINK)
    await chat.wait_for_text("This bot is private")
    chat.say(LINK)
    chat.say("/start")
    async with bot.storage.read() as session:
        assert await session.requests.list_for(BOT, chat.id, 9) == []
    await control(bot).access.set_private(private=False)
    chat.say(LINK)
    await chat.wait_for(is_card)
    assert await refusals(bot, chat) == 1


async def test_staff_and_the_invited_are_let_in(bot: Bot, chat: Person, stranger: Person) -> None:
    await control(bot).access.set_private(private=True)
    await control(bot).people.invite(chat.id, invited=True)
    async with bot.storage.write() as session:
        await session.people.set_role(BOT, stranger.id, Role.VIEWER)
    for person in (chat, stranger):
        person.say(LINK)
        await person.wait_for(is_card)


async def test_in_a_group_a_private_bot_is_silent_to_strangers(bot: Bot, chat: Person, stranger: Person) -> None:
    group = bot.api.world.new_chat("Friends", [chat.user, stranger.user])
    await control(bot).access.set_private(private=True)
    await control(bot).people.invite(chat.id, invited=True)
    stranger.say(LINK, group)
    chat.say(LINK, group)
    await chat.wait_for(is_card, chat=group)
    assert [m.reply_to_id for m in chat.messages(group) if is_card(m)] == [chat.messages(group)[1].message_id]


async def test_the_link_of_an_invitation_lets_in_as_many_as_it_says(bot: Bot, chat: Person, stranger: Person) -> None:
    await control(bot).access.set_private(private=True)
    made = await control(bot).access.invite(people=1, lasts=timedelta(days=1))
    assert made.link == f"https://t.me/fetchgram_bot?start={made.code}"
    chat.say(f"/start {made.code}")
    await chat.wait_for_text("Send me a link")
    stranger.say(f"/start {made.code}")
    await stranger.wait_for_text("This bot is private")
    chat.say(LINK)
    await chat.wait_for(is_card)
    entry = (await control(bot).audit.page(limit=1))[0]
    assert (entry.actor, entry.action, entry.target) == (str(chat.id), "access.enter", f"person:{chat.id}")
    assert made.code not in repr(entry)


async def test_a_code_in_a_group_or_passed_on_lets_nobody_in(bot: Bot, chat: Person, stranger: Person) -> None:
    await control(bot).access.set_private(private=True)
    made = await control(bot).access.invite(people=1, lasts=timedelta(days=1))
    group = bot.api.world.new_chat("Friends", [chat.user])
    chat.say(f"/start {made.code}", group)
    chat.say("hello")
    await chat.wait_for_text("This bot is private")
    assert [invite.left for invite in await control(bot).access.invites()] == [1]


async def test_a_button_of_before_is_refused_too(bot: Bot, chat: Person) -> None:
    chat.say(LINK)
    card = await chat.wait_for(is_card)
    await control(bot).access.set_private(private=True)
    answer = await chat.tap_and_wait(card, "720p")
    assert "This bot is private" in answer.text
    assert bot.site.downloads == []


def club(bot: Bot, *members: Person) -> Chat:
    return bot.api.world.new_chat("The Club", [person.user for person in members])


async def test_only_members_of_the_channel_are_let_in_and_at_once_when_they_join(
    bot: Bot, chat: Person, stranger: Person
) -> None:
    channel = club(bot, chat)
    chat.set_bot_status(channel, "administrator")
    await control(bot).access.set_channel(str(channel.id))
    chat.say(LINK)
    await chat.wait_for(is_card)
    stranger.say(LINK)
    await stranger.wait_for_text("This bot is for members of The Club")
    bot.api.world.set_status(channel.id, stranger.id, "member", by_id=stranger.id)
    for _ in range(10):  # what Telegram said of a stranger holds for some seconds
        stranger.say(LINK)
        with contextlib.suppress(TimeoutError):
            await stranger.wait_for(is_card, 6)
            break
    assert any(is_card(m) for m in stranger.messages())


async def test_a_channel_that_shows_no_members_cannot_be_set(bot: Bot, chat: Person) -> None:
    channel = club(bot, chat)
    with pytest.raises(CannotDeliver) as refused:
        await control(bot).access.set_channel(str(channel.id))
    assert refused.value.text.key == "control-no-channel"


async def test_a_channel_that_telegram_does_not_tell_about_locks_nobody_out(bot: Bot, chat: Person) -> None:
    channel = club(bot, chat)
    chat.set_bot_status(channel, "administrator")
    await control(bot).access.set_channel(str(channel.id))
    bot.api.world.faults.add(Fault("getChatMember", "error", error_code=400, description="Bad Request: no", times=9))
    chat.say(LINK)
    await chat.wait_for(is_card)


async def test_the_door_stays_as_it_is_over_a_restart(settings: Settings, bot_api: BotApi, chat: Person) -> None:
    async with bot_at_work(settings, bot_api) as bot:
        await control(bot).access.set_private(private=True)
    async with bot_at_work(settings, bot_api):
        chat.say(LINK)
        await chat.wait_for_text("This bot is private")
