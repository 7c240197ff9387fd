from __future__ import annotations

import pytest

from fetchgram.api import Role
from fetchgram.settings import Settings
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.person import Person

from .conftest import Bot, bot_at_work, until

BOT = 4_200_000_001


async def menu_of(chat: Person) -> Message:
    chat.say("/menu")
    return await chat.wait_for_text("the menu")


async def test_start_and_help_answer(bot: Bot, chat: Person) -> None:
    chat.say("/start")
    await chat.wait_for_text("Send me a link")
    chat.say("/help")
    await chat.wait_for_text("How it works")


async def test_a_button_leads_to_another_screen_on_the_same_message_and_back(bot: Bot, chat: Person) -> None:
    menu = await menu_of(chat)
    chat.tap(menu, "open")
    opened = await chat.wait_for_text("opened")
    assert opened.message_id == menu.message_id
    chat.tap(opened, "Back")
    again = await chat.wait_for_text("the menu")
    assert again.message_id == menu.message_id
    assert bot.site.interactions[1].args == {"n": 7}


async def test_buttons_survive_a_restart(settings: Settings, bot_api: BotApi, chat: Person) -> None:
    async with bot_at_work(settings, bot_api):
        menu = await menu_of(chat)
        chat.tap(menu, "open")
        opened = await chat.wait_for_text("opened")
    async with bot_at_work(settings, bot_api):
        chat.tap(opened, "Back")
        await chat.wait_for_text("the menu")


async def test_the_next_message_answers_the_question_once(bot: Bot, chat: Person) -> None:
    menu = await menu_of(chat)
    chat.tap(menu, "ask")
    await chat.wait_for_text("say it")
    chat.say("forty-two")
    await chat.wait_for_text("opened forty-two")
    chat.say("forty-three")
    await chat.wait_for_text("Send me a link")


async def test_a_question_survives_a_restart(settings: Settings, bot_api: BotApi, chat: Person) -> None:
    async with bot_at_work(settings, bot_api):
        menu = await menu_of(chat)
        chat.tap(menu, "ask")
        await chat.wait_for_text("say it")
    async with bot_at_work(settings, bot_api):
        chat.say("forty-two")
        await chat.wait_for_text("opened forty-two")


async def test_the_answer_of_somebody_else_is_not_taken(bot: Bot, chat: Person, stranger: Person) -> None:
    group = bot.api.world.new_chat("Friends", [chat.user, stranger.user])
    chat.say("/menu", group)
    menu = await chat.wait_for_text("the menu", chat=group)
    chat.tap(menu, "ask")
    await chat.wait_for_text("say it", chat=group)
    stranger.say("mine", group)
    chat.say("his own", group)
    await chat.wait_for_text("opened his own", chat=group)


async def test_a_role_is_read_afresh_on_every_press(bot: Bot, chat: Person) -> None:
    menu = await menu_of(chat)
    assert (await chat.tap_and_wait(menu, "admin")).text == "You may not do this."
    async with bot.storage.write() as session:
        await session.people.set_role(BOT, chat.id, Role.ADMIN)
    chat.tap(menu, "admin")
    await chat.wait_for_text("opened")
    async with bot.storage.write() as session:
        await session.people.set_role(BOT, chat.id, Role.USER)
    other = await menu_of(chat)
    assert (await chat.tap_and_wait(other, "admin")).text == "You may not do this."


async def test_a_command_for_admins_does_not_show_itself_to_others(bot: Bot, chat: Person) -> None:
    chat.say("/panel")
    await chat.wait_for_text("Send me a link")
    async with bot.storage.write() as session:
        await session.people.set_role(BOT, chat.id, Role.ADMIN)
    chat.say("/panel")
    await chat.wait_for_text("opened")


async def test_a_toast_passes_by(bot: Bot, chat: Person) -> None:
    menu = await menu_of(chat)
    answer = await chat.tap_and_wait(menu, "toast")
    assert answer.text == "a passing word"
    assert len(chat.messages()) == 2


async def test_a_plugins_mistake_is_told_with_a_number(bot: Bot, chat: Person) -> None:
    menu = await menu_of(chat)
    chat.tap(menu, "crash")
    told = await chat.wait_for_text("Error number")
    assert "fake" in told.text
    assert "RuntimeError" not in told.text


@pytest.mark.parametrize("word", ["/menu@fetchgram_bot", "/menu@other_bot"])
async def test_a_command_with_a_name_is_for_that_bot_only(bot: Bot, chat: Person, word: str) -> None:
    group = bot.api.world.new_chat("Friends", [chat.user])
    chat.say(word, group)
    chat.say("/start", group)
    await chat.wait_for_text("Send me a link", chat=group)
    assert any("the menu" in m.text for m in chat.messages(group)) is word.endswith("@fetchgram_bot")


async def test_a_stranger_cannot_press_a_plugins_button(bot: Bot, chat: Person, stranger: Person) -> None:
    group = bot.api.world.new_chat("Friends", [chat.user, stranger.user])
    chat.say("/menu", group)
    menu = await chat.wait_for_text("the menu", chat=group)
    answer = await stranger.tap_and_wait(menu, "open")
    assert "somebody else" in answer.text
    await until(lambda: True)
