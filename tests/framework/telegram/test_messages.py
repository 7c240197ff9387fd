from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiogram.types import Message as TelegramMessage

from fetchgram.telegram.links import links_of
from fetchgram_sandbox.objects import Chat, Entity
from fetchgram_sandbox.person import Person

from .conftest import Bot

LINK = "https://fake.example/one"
UNSURE = "https://fake.example/unsure"


def is_card(message: object) -> bool:
    return any("720p" in button.label for button in message.buttons)  # type: ignore[attr-defined]


@pytest.fixture
def group(bot: Bot, chat: Person) -> Chat:
    return bot.api.world.new_chat("Friends", [chat.user])


async def silent(bot: Bot, chat: Person, group: Chat) -> bool:
    """Whether the bot says nothing in the group; a command afterwards proves that it had the time."""
    await asyncio.sleep(0.3)
    return not any(m.sender_id == bot.account.bot_id for m in chat.messages(group))


async def test_in_a_group_a_sure_link_is_answered(bot: Bot, chat: Person, group: Chat) -> None:
    chat.say(LINK, group)
    await chat.wait_for(is_card, chat=group)


async def test_in_a_group_an_unsure_or_unknown_link_is_left_alone(bot: Bot, chat: Person, group: Chat) -> None:
    chat.say(UNSURE, group)
    chat.say("https://unknown.example/x", group)
    chat.say("just talk", group)
    assert await silent(bot, chat, group)


@pytest.mark.parametrize("words", ["@fetchgram_bot {}", "/get {}", "/get@fetchgram_bot {}"])
async def test_in_a_group_an_unsure_link_is_answered_when_the_bot_is_addressed(
    bot: Bot, chat: Person, group: Chat, words: str
) -> None:
    chat.say(words.format(UNSURE), group)
    await chat.wait_for(is_card, chat=group)


async def test_an_answer_to_somebodys_link_that_addresses_the_bot_takes_that_link(
    bot: Bot, chat: Person, group: Chat
) -> None:
    said = chat.say(UNSURE, group)
    chat.say("/get", group, reply_to=said)
    await chat.wait_for(is_card, chat=group)


async def test_in_private_an_unsure_link_is_answered_and_no_link_gets_a_hint(bot: Bot, chat: Person) -> None:
    chat.say(UNSURE)
    await chat.wait_for(is_card)
    chat.say("hello")
    await chat.wait_for_text("Send me a link")


async def test_in_private_an_unknown_link_is_told(bot: Bot, chat: Person) -> None:
    chat.say("https://unknown.example/x")
    await chat.wait_for_text("I do not know what to do with this link")


async def test_links_in_captions_and_behind_texts_count(bot: Bot, chat: Person, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("x")
    await chat.send_file(path, caption=f"see {LINK}")
    await chat.wait_for(is_card)
    words = "behind this text"
    entity = Entity("text_link", 0, 6, (("url", "https://fake.example/two"),))
    chat.say(words, entities=(entity,))
    await chat.wait_for(lambda m: is_card(m) and m.reply_to_id == 3)


async def test_a_topic_of_a_forum_is_kept(bot: Bot, chat: Person) -> None:
    forum = bot.api.world.new_chat("Forum", [chat.user], is_forum=True)
    topic = bot.api.world.new_topic(forum, "films")
    chat.say(LINK, forum, topic_id=topic)
    card = await chat.wait_for(is_card, chat=forum)
    assert card.topic_id == topic
    chat.tap(card, card.button("🎬 720p"))
    arrived = await chat.wait_for_file("video", chat=forum)
    assert arrived.topic_id == topic


async def test_a_limit_is_told_once_for_the_message(bot: Bot, chat: Person) -> None:
    for n in range(4):
        chat.say(" ".join(f"https://fake.example/{n}{m}" for m in range(6)))
    await chat.wait_for_text("20 links a minute")


def message(text: str, *entities: dict[str, object], **more: object) -> TelegramMessage:
    body = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": text, "entities": entities}
    return TelegramMessage.model_validate({**body, **more})


@pytest.mark.parametrize(
    ("found", "links"),
    [
        (message("🎬 https://a.example/x", {"type": "url", "offset": 3, "length": 19}), ("https://a.example/x",)),
        (message("a.example/x", {"type": "url", "offset": 0, "length": 11}), ("https://a.example/x",)),
        (message("ftp://a.example", {"type": "url", "offset": 0, "length": 15}), ()),
        (message("x", {"type": "text_link", "offset": 0, "length": 1, "url": "tg://user?id=1"}), ()),
        (message("https://t.me/Fetchgram_bot", {"type": "url", "offset": 0, "length": 26}), ()),
        (message("no link"), ()),
    ],
)
def test_only_web_links_count(found: TelegramMessage, links: tuple[str, ...]) -> None:
    assert links_of(found, username="fetchgram_bot", limit=5, addressed=True) == (links, 0)
