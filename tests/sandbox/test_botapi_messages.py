"""Sending, editing, deleting and copying texts, with real aiogram."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramNotFound, TelegramUnauthorizedError
from aiogram.types import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    MessageEntity,
    ReactionTypeEmoji,
    ReplyParameters,
)

from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.clock import StoppedClock
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World


def keyboard(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=label, callback_data=f"do:{label}")] for label in labels]
    )


def shape(entities: list[MessageEntity] | None) -> list[tuple[str, int, int, str | None]]:
    return [(entity.type, entity.offset, entity.length, entity.url) for entity in entities or []]


async def test_a_bot_knows_who_it_is(bot: Bot, world: World) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (world.bot.id, True, world.bot.username)


async def test_a_text_with_entities_and_buttons_arrives_as_it_was_sent(bot: Bot, chat: Person) -> None:
    entities = [
        MessageEntity(type="bold", offset=3, length=4),
        MessageEntity(type="text_link", offset=0, length=2, url="https://a.io/"),
    ]
    sent = await bot.send_message(
        chat.id,
        "😀 bold",
        entities=entities,
        reply_markup=keyboard("720p"),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    assert shape(sent.entities) == [("text_link", 0, 2, "https://a.io/"), ("bold", 3, 4, None)]
    (message,) = chat.messages()
    assert message.text == "😀 bold"
    assert message.button("720p").data == "do:720p"


async def test_links_commands_and_mentions_in_a_text_become_entities(bot: Bot, chat: Person) -> None:
    chat.say("/start@fetchgram_bot see https://a.example/x?y=1, or @somebody #tag and me@example.org")
    (update,) = await bot.get_updates()
    assert update.message is not None
    text, entities = update.message.text or "", update.message.entities or []
    assert [(entity.type, entity.extract_from(text)) for entity in entities] == [
        ("bot_command", "/start@fetchgram_bot"),
        ("url", "https://a.example/x?y=1"),
        ("mention", "@somebody"),
        ("hashtag", "#tag"),
        ("email", "me@example.org"),
    ]


@pytest.mark.parametrize(
    ("text", "entities", "reason"),
    [
        (" ", [], "message text is empty"),
        ("x" * 4097, [], "message is too long"),
        ("😀" * 2049, [], "message is too long"),
        ("abc", [MessageEntity(type="bold", offset=1, length=3)], "ends after the end of the text"),
        ("😀", [MessageEntity(type="bold", offset=1, length=1)], "in a middle of a UTF-16 symbol"),
        ("abc", [MessageEntity(type="marquee", offset=0, length=1)], "unknown entity type"),
        ("abc", [MessageEntity(type="text_link", offset=0, length=1)], 'field "url" must be given'),
        ("x" * 101, [MessageEntity(type="bold", offset=n, length=1) for n in range(101)], "ENTITIES_TOO_LONG"),
    ],
)
async def test_a_text_that_telegram_would_refuse_is_refused(
    bot: Bot, chat: Person, text: str, entities: list[MessageEntity], reason: str
) -> None:
    with pytest.raises(TelegramBadRequest, match=reason):
        await bot.send_message(chat.id, text, entities=entities)
    assert chat.messages() == ()


async def test_the_longest_text_and_the_most_entities_pass(bot: Bot, chat: Person) -> None:
    entities = [MessageEntity(type="bold", offset=2 * n, length=2) for n in range(100)]
    sent = await bot.send_message(chat.id, "😀" * 2048, entities=entities)
    assert len(sent.entities or []) == 100


async def test_white_space_at_the_end_is_cut_off_with_its_entity(bot: Bot, chat: Person) -> None:
    sent = await bot.send_message(chat.id, "abc  \n", entities=[MessageEntity(type="bold", offset=1, length=5)])
    assert sent.text == "abc"
    assert shape(sent.entities) == [("bold", 1, 2, None)]


async def test_parse_mode_is_refused_by_name(bot: Bot, chat: Person) -> None:
    with pytest.raises(TelegramBadRequest, match="PARSE_MODE_NOT_EMULATED"):
        await bot.send_message(chat.id, "<b>x</b>", parse_mode="HTML")


async def test_a_parameter_that_is_not_acted_on_is_refused_by_name(bot: Bot, chat: Person) -> None:
    with pytest.raises(TelegramBadRequest, match="PARAMETER_NOT_EMULATED: message_effect_id of sendMessage"):
        await bot.send_message(chat.id, "x", message_effect_id="1")


async def test_a_method_that_is_not_emulated_says_so(bot: Bot, bot_api: BotApi, chat: Person) -> None:
    with pytest.raises(TelegramNotFound, match="METHOD_NOT_EMULATED sendDice"):
        await bot.send_dice(chat.id)
    assert [(call.method, call.error_code) for call in bot_api.calls] == [("sendDice", 404)]


async def test_a_wrong_token_is_unauthorized(bot_api: BotApi, new_bot: Callable[..., Bot]) -> None:
    stranger = new_bot(bot_api, "1:wrong")
    with pytest.raises(TelegramUnauthorizedError, match="Unauthorized"):
        await stranger.get_me()
    await stranger.session.close()


async def test_an_unknown_chat_is_not_found(bot: Bot) -> None:
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(424242, "x")


async def test_callback_data_over_64_bytes_is_refused(bot: Bot, chat: Person) -> None:
    def markup(data: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="x", callback_data=data)]])

    await bot.send_message(chat.id, "x", reply_markup=markup("ä" * 32))
    with pytest.raises(TelegramBadRequest, match="BUTTON_DATA_INVALID"):
        await bot.send_message(chat.id, "x", reply_markup=markup("ä" * 32 + "x"))


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        (InlineKeyboardButton(text="x"), "text buttons are unallowed"),
        (InlineKeyboardButton(text=" ", callback_data="x"), "text must be non-empty"),
        (InlineKeyboardButton(text="x", url="javascript:1"), "is invalid"),
    ],
)
async def test_a_button_that_does_nothing_sensible_is_refused(
    bot: Bot, chat: Person, button: InlineKeyboardButton, reason: str
) -> None:
    with pytest.raises(TelegramBadRequest, match=reason):
        await bot.send_message(chat.id, "x", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]))


async def test_a_reply_names_its_message_and_a_missing_one_is_refused(bot: Bot, chat: Person) -> None:
    asked = chat.say("question")
    sent = await bot.send_message(chat.id, "answer", reply_parameters=ReplyParameters(message_id=asked.message_id))
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "question"
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await bot.send_message(chat.id, "x", reply_parameters=ReplyParameters(message_id=999))
    lenient = ReplyParameters(message_id=999, allow_sending_without_reply=True)
    assert (await bot.send_message(chat.id, "x", reply_parameters=lenient)).reply_to_message is None


async def test_an_edit_replaces_text_and_buttons_and_keeps_the_history(bot: Bot, chat: Person, world: World) -> None:
    sent = await bot.send_message(chat.id, "one", reply_markup=keyboard("a"))
    edited = await bot.edit_message_text("two", chat_id=chat.id, message_id=sent.message_id)
    assert (edited.text, edited.reply_markup) == ("two", None)  # type: ignore[union-attr] # no inline message
    assert [form.text for form in world.history(chat.id, sent.message_id)] == ["one", "two"]


async def test_the_same_again_is_not_modified(bot: Bot, chat: Person) -> None:
    sent = await bot.send_message(chat.id, "one", reply_markup=keyboard("a"))
    place: dict[str, Any] = {"chat_id": chat.id, "message_id": sent.message_id}
    with pytest.raises(TelegramBadRequest, match="message is not modified: specified new message content"):
        await bot.edit_message_text("one", **place, reply_markup=keyboard("a"))
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_reply_markup(**place, reply_markup=keyboard("a"))
    await bot.edit_message_reply_markup(**place, reply_markup=keyboard("b"))
    await bot.edit_message_text("one", **place, entities=[MessageEntity(type="bold", offset=0, length=3)])


async def test_only_own_and_living_messages_of_the_right_kind_can_be_edited(bot: Bot, chat: Person) -> None:
    theirs = chat.say("mine")
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await bot.edit_message_text("x", chat_id=chat.id, message_id=theirs.message_id)
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await bot.edit_message_text("x", chat_id=chat.id, message_id=999)
    sent = await bot.send_message(chat.id, "text")
    with pytest.raises(TelegramBadRequest, match="there is no caption in the message to edit"):
        await bot.edit_message_caption(chat_id=chat.id, message_id=sent.message_id, caption="x")


async def test_a_message_is_deleted_once_and_only_within_48_hours(
    clock: StoppedClock, new_bot: Callable[..., Bot]
) -> None:
    world = World(clock=clock)
    person = Person(world, world.new_person())
    async with BotApi(world) as api, new_bot(api) as bot:
        first, second = [await bot.send_message(person.id, text) for text in "ab"]
        assert await bot.delete_message(person.id, first.message_id)
        with pytest.raises(TelegramBadRequest, match="message to delete not found"):
            await bot.delete_message(person.id, first.message_id)
        clock.turn(48 * 3600 + 1)
        with pytest.raises(TelegramBadRequest, match="message can't be deleted"):
            await bot.delete_message(person.id, second.message_id)
    world.close()


async def test_many_messages_are_deleted_at_once_and_missing_ones_skipped(bot: Bot, chat: Person) -> None:
    ids = [chat.say(text).message_id for text in "abc"]
    assert await bot.delete_messages(chat.id, [*ids[:2], 999])
    assert [message.text for message in chat.messages()] == ["c"]


async def test_a_poll_is_copied_and_a_quiz_where_its_right_answer_is_known(bot: Bot, chat: Person) -> None:
    poll, quiz = chat.ask_all("Tea?", ["Yes", "No"]), chat.ask_all("2 + 2?", ["3", "4"], right=1)
    for original in (poll, quiz):
        copied = await bot.copy_message(chat.id, chat.id, original.message_id)
        seen = chat.world.find_message(chat.id, copied.message_id)
        assert seen is not None
        assert seen.poll is not None
        assert original.poll is not None
        assert (seen.poll.question, seen.poll.options) == (original.poll.question, original.poll.options)
        assert seen.poll.id != original.poll.id
    told = [update.message.poll for update in await bot.get_updates() if update.message]
    assert [(each.type, each.correct_option_ids) for each in told if each] == [("regular", None), ("quiz", [1])]
    forwarded = chat.forward(quiz)
    with pytest.raises(TelegramBadRequest, match="can't be copied"):
        await bot.copy_message(chat.id, chat.id, forwarded.message_id)
    with pytest.raises(TelegramBadRequest, match="no text in the message"):
        await bot.edit_message_text("x", chat_id=chat.id, message_id=copied.message_id)


async def test_a_sticker_is_told_and_copied(bot: Bot, chat: Person, clips: Path) -> None:
    sent = await chat.send_file(clips / "picture.jpg", "sticker")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.sticker is not None
    copied = await bot.copy_message(chat.id, chat.id, sent.message_id)
    seen = chat.world.find_message(chat.id, copied.message_id)
    assert seen is not None
    assert seen.file == sent.file


async def test_a_copy_has_no_origin_and_a_forward_has_one(bot: Bot, chat: Person) -> None:
    asked = chat.say("look")
    copied = await bot.copy_message(chat.id, chat.id, asked.message_id)
    forwarded = await bot.forward_message(chat.id, chat.id, asked.message_id)
    assert chat.messages()[1].message_id == copied.message_id
    assert forwarded.forward_origin is not None
    assert forwarded.forward_origin.type == "user"
    with pytest.raises(TelegramBadRequest, match="message to copy not found"):
        await bot.copy_message(chat.id, chat.id, 999)
    many = await bot.copy_messages(chat.id, chat.id, [asked.message_id, 999])
    assert len(many) == 1
    assert len(await bot.forward_messages(chat.id, chat.id, [asked.message_id])) == 1


async def test_a_protected_message_is_not_copied(bot: Bot, chat: Person) -> None:
    sent = await bot.send_message(chat.id, "secret", protect_content=True)
    with pytest.raises(TelegramBadRequest, match="can't be copied"):
        await bot.copy_message(chat.id, chat.id, sent.message_id)


async def test_a_person_who_blocked_the_bot_is_out_of_reach_until_unblocked(bot: Bot, chat: Person) -> None:
    chat.block()
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(chat.id, "x")
    chat.unblock()
    await bot.send_message(chat.id, "x")
    changes = [update.my_chat_member for update in await bot.get_updates()]
    assert [change.new_chat_member.status for change in changes if change] == ["kicked", "member"]


async def test_a_tap_is_answered_once(bot: Bot, chat: Person) -> None:
    await bot.send_message(chat.id, "choose", reply_markup=keyboard("720p"))
    chat.tap(chat.messages()[0], "720p")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert query.data == "do:720p"
    assert query.message is not None
    assert await bot.answer_callback_query(query.id, text="yes")
    with pytest.raises(
        TelegramBadRequest, match="query is too old and response timeout expired or query ID is invalid"
    ):
        await bot.answer_callback_query(query.id)


async def test_a_tap_grows_old(clock: StoppedClock, new_bot: Callable[..., Bot]) -> None:
    world = World(clock=clock)
    person = Person(world, world.new_person())
    async with BotApi(world, limits=Limits(query_answer_s=15)) as api, new_bot(api) as bot:
        await bot.send_message(person.id, "choose", reply_markup=keyboard("a"))
        query = person.tap(person.messages()[0], "a")
        clock.turn(16)
        with pytest.raises(TelegramBadRequest, match="query is too old"):
            await bot.answer_callback_query(query.id)
    world.close()


async def test_a_button_that_is_not_there_cannot_be_tapped(bot: Bot, chat: Person) -> None:
    sent = await bot.send_message(chat.id, "choose", reply_markup=keyboard("a"))
    message = chat.messages()[0]
    await bot.edit_message_reply_markup(chat_id=chat.id, message_id=sent.message_id)
    with pytest.raises(LookupError, match="no button"):
        chat.tap(message, "a")


async def test_an_inline_answer_can_be_chosen_and_edited(bot: Bot, bot_api: BotApi, chat: Person) -> None:
    async def answer() -> None:
        (update,) = await bot.get_updates(timeout=5)
        assert update.inline_query is not None
        content = InputTextMessageContent(message_text="loading")
        result = InlineQueryResultArticle(id="1", title="t", input_message_content=content, reply_markup=keyboard("x"))
        await bot.answer_inline_query(update.inline_query.id, [result])

    async with asyncio.TaskGroup() as group:
        group.create_task(answer())
        offered = await chat.ask_inline("cats")
    message = chat.choose_inline(offered, "1")
    chosen = (await bot.get_updates(offset=2))[0].chosen_inline_result
    assert chosen is not None
    await bot.edit_message_text("done", inline_message_id=chosen.inline_message_id)
    assert chat.world.find_message(message.chat_id, message.message_id).text == "done"  # type: ignore[union-attr] # it is there


async def test_commands_are_kept_per_scope_and_checked(bot: Bot) -> None:
    await bot.set_my_commands([BotCommand(command="start", description="Begin")])
    assert [command.command for command in await bot.get_my_commands()] == ["start"]
    await bot.set_my_commands([], language_code="de")
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == []
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_INVALID"):
        await bot.set_my_commands([BotCommand(command="Start", description="x")])


async def test_chat_actions_reactions_pins_and_descriptions(bot: Bot, chat: Person, world: World) -> None:
    asked = chat.say("hi")
    assert await bot.send_chat_action(chat.id, "upload_video")
    with pytest.raises(TelegramBadRequest, match="wrong parameter action"):
        await bot.send_chat_action(chat.id, "dancing")
    assert await bot.set_message_reaction(chat.id, asked.message_id, [ReactionTypeEmoji(emoji="👍")])
    assert await bot.pin_chat_message(chat.id, asked.message_id)
    pinned = (await bot.get_chat(chat.id)).pinned_message
    assert pinned is not None
    assert pinned.message_id == asked.message_id
    assert await bot.unpin_chat_message(chat.id)
    assert await bot.set_my_description("Fetches")


async def test_a_webhook_is_refused_and_its_deletion_is_fine(bot: Bot) -> None:
    assert await bot.delete_webhook()
    with pytest.raises(TelegramBadRequest, match="WEBHOOK_NOT_EMULATED"):
        await bot.set_webhook("https://example.org/")
    assert (await bot.get_webhook_info()).url == ""
