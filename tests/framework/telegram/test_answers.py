from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiogram.types import Message

from fetchgram.api import MediaKind, Role
from fetchgram.settings import Settings
from fetchgram.telegram.answers import person_of
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.person import Person

from .conftest import Bot, bot_at_work, until

if TYPE_CHECKING:
    from fetchgram_sandbox.botapi import BotApi

BOT = 4_200_000_001
BOB = {"id": 8, "is_bot": False, "first_name": "Bob"}


def message(**content: Any) -> Message:
    chat = {"id": 7, "type": "private", "first_name": "Ann"}
    return Message.model_validate({"message_id": 1, "date": 0, "chat": chat, **content})


async def asked(chat: Person, label: str, question: str) -> None:
    chat.say("/menu")
    menu = await chat.wait_for_text("the menu")
    chat.tap(menu, label)
    await chat.wait_for_text(question)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "cookies.txt"
    path.write_bytes(b"a" * 1234)
    return path


def kept(bot: Bot) -> list[Path]:
    return [path for path in (bot.settings.data_dir / "answers").rglob("*") if path.is_file()]


async def test_a_file_answers_and_is_gone_when_the_handler_has_ended(bot: Bot, chat: Person, document: Path) -> None:
    await asked(chat, "file", "send a file")
    await chat.send_file(document, "document", caption="mine")
    told = await chat.wait_for_text("got 1234 bytes")
    assert told.text == "got 1234 bytes\nand thanks"
    answer = bot.site.interactions[-1]
    assert answer.file is not None
    assert (answer.file.kind, answer.file.file_name, answer.text) == (MediaKind.DOCUMENT, "cookies.txt", "mine")
    await until(lambda: not kept(bot))


async def test_a_message_with_a_secret_is_removed(bot: Bot, chat: Person, document: Path) -> None:
    await asked(chat, "file", "send a file")
    sent = await chat.send_file(document, caption="secret")
    await chat.wait_for_text("got 1234 bytes")
    await until(lambda: sent.message_id not in {message.message_id for message in chat.messages()})


async def test_where_the_bot_may_not_remove_it_the_answer_comes_all_the_same(
    bot: Bot, chat: Person, document: Path
) -> None:
    await asked(chat, "file", "send a file")
    refused = Fault("deleteMessage", "error", error_code=400, description="Bad Request: message can't be deleted")
    bot.api.world.faults.add(refused)
    sent = await chat.send_file(document, caption="secret")
    await chat.wait_for_text("got 1234 bytes")
    assert sent.message_id in {message.message_id for message in chat.messages()}


async def test_a_picture_goes_to_the_question_first_and_not_to_the_menu(bot: Bot, chat: Person, tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"x" * 100)
    await asked(chat, "file", "send a file")
    await chat.send_file(tmp_path / "p.jpg", "photo")
    await chat.wait_for_text("got 104 bytes")
    file = bot.site.interactions[-1].file
    assert file is not None
    assert (file.kind, file.mime, file.file_name) == (MediaKind.PHOTO, "image/jpeg", "photo.jpg")


async def test_words_do_not_answer_a_question_for_a_file(bot: Bot, chat: Person, document: Path) -> None:
    await asked(chat, "file", "send a file")
    chat.say("here it is")
    await chat.wait_for_text("Send me a link")
    await chat.send_file(document)
    await chat.wait_for_text("got 1234 bytes")


async def test_a_file_that_telegram_does_not_hand_out_is_told_and_the_question_stays(
    bot: Bot, chat: Person, document: Path
) -> None:
    await asked(chat, "file", "send a file")
    too_big = Fault("getFile", "error", error_code=400, description="Bad Request: file is too big")
    bot.api.world.faults.add(too_big)
    await chat.send_file(document)
    await chat.wait_for_text("Telegram does not hand files of this size to me")
    await chat.send_file(document)
    await chat.wait_for_text("got 1234 bytes")
    await until(lambda: not kept(bot))


async def test_what_a_killed_process_left_is_removed_at_the_start(settings: Settings, bot_api: BotApi) -> None:
    left = settings.data_dir / "answers" / str(BOT) / "tmpabc"
    left.mkdir(parents=True)
    (left / "cookies.txt").write_text("secret")
    async with bot_at_work(settings, bot_api):
        await until(lambda: not left.exists())


async def test_a_message_that_is_passed_on_points_to_its_writer(bot: Bot, chat: Person, stranger: Person) -> None:
    group = bot.api.world.new_chat("Friends", [chat.user, stranger.user])
    said = stranger.say("hello", group)
    await asked(chat, "who", "who is it")
    chat.forward(said)
    await chat.wait_for_text(f"it is {stranger.id}, said None")


async def test_the_words_of_a_message_are_the_persons_own_and_not_those_passed_on(
    bot: Bot, chat: Person, stranger: Person
) -> None:
    await asked(chat, "who", "who is it")
    chat.say("it is 42")
    await chat.wait_for_text("it is nobody, said it is 42")
    group = bot.api.world.new_chat("Friends", [chat.user, stranger.user])
    said = stranger.say("it is 43", group)
    await asked(chat, "who", "who is it")
    chat.forward(said)
    await chat.wait_for_text(f"it is {stranger.id}, said None")


async def test_typed_words_of_somebody_else_are_no_orders(bot: Bot, chat: Person, stranger: Person) -> None:
    async with bot.storage.write() as session:
        await session.people.set_role(BOT, chat.id, Role.ADMIN)
    group = bot.api.world.new_chat("Friends", [chat.user, stranger.user])
    said = stranger.say("do it", group)
    await asked(chat, "order", "your order")
    chat.forward(said)
    await chat.wait_for_text("You may not do this.")
    assert not any("opened" in m.text for m in chat.messages())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "x"}, None),
        ({"forward_origin": {"type": "user", "date": 0, "sender_user": BOB}}, 8),
        ({"forward_origin": {"type": "user", "date": 0, "sender_user": {**BOB, "is_bot": True}}}, None),
        ({"forward_origin": {"type": "hidden_user", "date": 0, "sender_user_name": "Bob"}}, None),
        ({"forward_origin": {"type": "user", "date": 0, "sender_user": {**BOB, "id": 1087968824}}}, None),
        ({"contact": {"phone_number": "1", "first_name": "Bob", "user_id": 8}}, 8),
        ({"contact": {"phone_number": "1", "first_name": "Bob"}}, None),
        ({"reply_to_message": {"message_id": 2, "date": 0, "chat": {"id": 7, "type": "private"}, "from": BOB}}, 8),
    ],
    ids=["nobody", "writer", "bot", "hidden", "anonymous", "contact", "contact outside", "answered"],
)
def test_people_are_pointed_to_by_id_alone(content: dict[str, Any], expected: int | None) -> None:
    found = person_of(message(**content), 5)
    assert (found.id if found else None) == expected
