"""Groups, topics and membership, with real aiogram."""

from __future__ import annotations

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramMigrateToChat

from fetchgram_sandbox.account import Account
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World


async def test_private_chats_and_basic_groups_share_a_counter_and_supergroups_have_their_own(
    bot: Bot, chat: Person, world: World
) -> None:
    group = world.new_chat("Old", [chat.user], kind="group")
    supergroup = world.new_chat("New", [chat.user])
    ids = [(await bot.send_message(chat_id, "x")).message_id for chat_id in (chat.id, group.id, supergroup.id)]
    assert ids == [1, 2, 1]


async def test_a_group_message_says_who_wrote_where(bot: Bot, chat: Person, world: World) -> None:
    group = world.new_chat("Friends", [chat.user])
    chat.say("https://a.example/", group)
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert (update.message.chat.type, update.message.chat.title) == ("supergroup", "Friends")
    assert update.message.from_user is not None
    assert update.message.from_user.id == chat.id


async def test_a_bot_that_was_removed_is_told_so(bot: Bot, chat: Person, world: World) -> None:
    group = world.new_chat("Friends", [chat.user])
    chat.set_bot_status(group, "kicked")
    chat.say("still here?", group)
    with pytest.raises(TelegramForbiddenError, match="bot was kicked from the supergroup chat"):
        await bot.send_message(group.id, "x")
    (update,) = await bot.get_updates()
    assert update.my_chat_member is not None


async def test_members_and_administrators_are_known(bot: Bot, chat: Person, world: World) -> None:
    other = Person(world, world.new_person("Bob"))
    group = world.new_chat("Friends", [chat.user, other.user])
    statuses = [(await bot.get_chat_member(group.id, user_id)).status for user_id in (chat.id, other.id, bot.id)]
    assert statuses == ["creator", "member", "member"]
    assert [admin.user.id for admin in await bot.get_chat_administrators(group.id)] == [chat.id]
    assert await bot.get_chat_member_count(group.id) == 3
    assert (await bot.get_chat(group.id)).title == "Friends"
    chat.set_bot_status(group, "administrator")
    assert (await bot.get_chat_member(group.id, bot.id)).status == "administrator"


async def test_only_an_administrator_deletes_what_others_wrote_in_a_group(bot: Bot, chat: Person, world: World) -> None:
    group = world.new_chat("Friends", [chat.user])
    said = chat.say("x", group)
    with pytest.raises(TelegramBadRequest, match="message can't be deleted"):
        await bot.delete_message(group.id, said.message_id)
    chat.set_bot_status(group, "administrator")
    assert await bot.delete_message(group.id, said.message_id)


async def test_a_topic_takes_messages_and_a_missing_one_refuses(bot: Bot, chat: Person, world: World) -> None:
    forum = world.new_chat("Forum", [chat.user], is_forum=True)
    topic_id = world.new_topic(forum, "Links")
    sent = await bot.send_message(forum.id, "x", message_thread_id=topic_id)
    assert (sent.message_thread_id, sent.is_topic_message) == (topic_id, True)
    chat.say("y", forum, topic_id=topic_id)
    assert (await bot.get_updates())[0].message.message_thread_id == topic_id  # type: ignore[union-attr] # a message
    with pytest.raises(TelegramBadRequest, match="message thread not found"):
        await bot.send_message(forum.id, "x", message_thread_id=999)


async def test_with_privacy_on_only_commands_mentions_and_answers_reach_the_bot(world: World) -> None:
    person = Person(world, world.new_person())
    group = world.new_chat("Friends", [person.user])
    account = Account(world, Limits(), reads_all=False)
    for text in ("hello", "/start", f"hi @{world.bot.username}"):
        person.say(text, group)
    updates = await account.updates.take()
    assert [update["message"]["text"] for update in updates] == ["/start", f"hi @{world.bot.username}"]  # type: ignore[index] # JSON
    account.close()


async def test_a_group_that_became_a_supergroup_names_its_new_id(bot: Bot, chat: Person, world: World) -> None:
    group = world.new_chat("Old", [chat.user], kind="group")
    supergroup = world.upgrade(group)
    with pytest.raises(TelegramMigrateToChat) as refusal:
        await bot.send_message(group.id, "x")
    assert refusal.value.migrate_to_chat_id == supergroup.id
    assert (await bot.send_message(supergroup.id, "x")).chat.title == "Old"
