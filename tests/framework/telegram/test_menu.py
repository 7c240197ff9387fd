from __future__ import annotations

import asyncio

import pytest

from fetchgram.api import At, Certainty, Choice, ChoiceKind, InputKind, LimitReached, Option, text
from fetchgram_sandbox.happenings import QueryAsked
from fetchgram_sandbox.objects import CallbackQuery, Chat, Message
from fetchgram_sandbox.person import Person

from .conftest import MB, Bot, named, until

LINK = "https://fake.example/one"


async def card_of(person: Person, group: Chat | None = None) -> Message:
    person.say(LINK, group)
    return await person.wait_for(lambda m: any("720p" in b.label for b in m.buttons), chat=group)


async def test_a_stranger_in_the_group_cannot_press_and_is_told_kindly(
    bot: Bot, chat: Person, stranger: Person
) -> None:
    group = bot.api.world.new_chat("Friends", [chat.user, stranger.user])
    card = await card_of(chat, group)
    answer = await stranger.tap_and_wait(card, "360p")
    assert answer.text == "These buttons belong to somebody else."
    assert not bot.site.downloads
    chat.tap(card, "360p")
    await chat.wait_for_file("video", chat=group)


@pytest.mark.parametrize(("who", "may"), [("administrator", True), ("member", False)])
async def test_what_an_anonymous_admin_asked_for_any_admin_may_press(
    bot: Bot,
    chat: Person,
    stranger: Person,
    who: str,
    may: bool,  # noqa: FBT001  # a column of the table
) -> None:
    group = bot.api.world.new_chat("Friends", [chat.user, stranger.user])
    bot.api.world.set_status(group.id, stranger.id, who, by_id=chat.id)
    card = await card_of(chat, group)
    async with bot.storage.write() as session:
        from sqlalchemy import text as sql  # noqa: PLC0415  # only here: the emulator has no anonymous admins

        await session.execute(sql("update menus set owner = 1087968824"))
    answer = await stranger.tap_and_wait(card, "360p")
    assert ("somebody else" not in answer.text) is may


async def test_an_expired_button_is_told_kindly(bot: Bot, chat: Person) -> None:
    card = await card_of(chat)
    async with bot.storage.write() as session:
        from sqlalchemy import text as sql  # noqa: PLC0415  # only here, to let time pass

        await session.execute(sql("update menus set expires_at = 0"))
    answer = await chat.tap_and_wait(card, "360p")
    assert "too old" in answer.text
    assert not bot.site.downloads


FORGED = ("", "x", "pick:1", "AAAAAAAAAA.0", "{token}.99", "{token}.-1", "{token}", "{token}.0.0", "'; drop", "é" * 20)


@pytest.mark.parametrize("data", FORGED)
async def test_forged_data_is_refused(bot: Bot, chat: Person, data: str) -> None:
    card = await card_of(chat)
    token = str(card.buttons[0].data).partition(".")[0]
    forged = data.replace("{token}", token)
    answer = await press(bot, chat, card, forged)
    assert "too old" in answer
    assert not bot.site.downloads


async def test_a_button_pressed_from_another_chat_is_refused(bot: Bot, chat: Person) -> None:
    card = await card_of(chat)
    group = bot.api.world.new_chat("Friends", [chat.user])
    other = chat.say("hello", group)
    answer = await press(bot, chat, other, str(card.button("360p").data))
    assert "too old" in answer
    assert not bot.site.downloads


async def test_a_double_tap_starts_once(bot: Bot, chat: Person) -> None:
    card = await card_of(chat)
    for _ in range(5):
        chat.tap(card, "360p")
    await chat.wait_for_file("video")
    await until(lambda: len(chat.messages()) == 2)
    await asyncio.sleep(0.1)
    assert len(bot.site.downloads) == 1
    assert len(bot.calls("sendVideo")) == 1
    await until(lambda: len(bot.calls("answerCallbackQuery")) == 5)


async def test_callback_data_is_far_below_the_limit(bot: Bot, chat: Person) -> None:
    bot.site.choices = tuple(
        Choice(kind=ChoiceKind.VIDEO, height_px=height, size_bytes=height, certainty=Certainty.EXACT)
        for height in (720, *range(100, 160))
    )
    card = await card_of(chat)
    assert max(len(str(button.data).encode()) for button in card.buttons) <= 14
    assert len(card.buttons) <= 45


async def test_a_limit_is_said_in_the_toast_and_the_menu_stays(bot: Bot, chat: Person, monkeypatch) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    card = await card_of(chat)

    async def refuse(*_: object) -> None:
        raise LimitReached(told=text("limit-waiting", limit=3))

    # The port between us and the limits is this one method.
    monkeypatch.setattr(bot.route.intake, "choose", refuse)
    answer = await chat.tap_and_wait(card, "360p")
    assert "3 downloads" in answer.text
    monkeypatch.undo()
    chat.tap(card, "360p")
    await chat.wait_for_file("video")


FIT = Option(key="fake.fit", label=named("Shrink"), input=InputKind.SIZE, order=1)
QUIET = Option(key="fake.quiet", label=named("No sound"), order=2, size_bytes=3 * MB, time_s=20)
SPEED = Option(key="fake.speed", label=named("Speed"), input=InputKind.ONE_OF, values=("1.5", "2"), order=3)
TAGS = Option(key="fake.tags", label=named("Tags"), automatic=True, order=4, at=At.DOWNLOAD)


async def test_without_options_there_is_no_options_button(bot: Bot, chat: Person) -> None:
    card = await card_of(chat)
    assert not any("Options" in button.label for button in card.buttons)


async def test_an_automatic_option_is_taken_without_a_tap(bot: Bot, chat: Person) -> None:
    bot.site.options = (TAGS,)
    card = await card_of(chat)
    chat.tap(card, "360p")
    await chat.wait_for_file("video")
    assert [step.key for step in bot.site.downloads[0].recipe.steps] == ["fake.tags"]


async def test_options_are_toggled_valued_and_start_in_their_order(bot: Bot, chat: Person) -> None:
    bot.site.options = (SPEED, QUIET, FIT, TAGS)
    card = await card_of(chat)
    chat.tap(card, "Options")
    screen = await chat.wait_for(lambda m: any("▫️ No sound" in b.label for b in m.buttons))
    assert screen.button("✅ Tags")
    chat.tap(screen, "Speed")
    screen = await chat.wait_for(lambda m: any("Speed: 1.5" in b.label for b in m.buttons))
    chat.tap(screen, next(button for button in screen.buttons if button.label == "2"))
    screen = await chat.wait_for(lambda m: any("Speed: 2" in b.label for b in m.buttons))
    chat.tap(screen, "No sound")
    screen = await chat.wait_for_text("about 3 MB")
    assert "0:20 longer" in screen.text
    chat.tap(screen, "Start")
    await chat.wait_for_file("video")
    assert [(s.key, s.input) for s in bot.site.steps] == [("fake.quiet", None), ("fake.speed", "2")]


async def test_of_two_sizes_none_is_told_for_both_together(bot: Bot, chat: Person) -> None:
    small = Option(key="fake.small", label=named("Small"), size_bytes=1_000_000, order=1)
    bot.site.options = (QUIET, small)
    chat.tap(await card_of(chat), "Options")
    screen = await chat.wait_for(lambda m: any("▫️ Small" in b.label for b in m.buttons))
    chat.tap(screen, "Small")
    screen = await chat.wait_for_text("about 1 MB")
    chat.tap(screen, "No sound")
    screen = await chat.wait_for(lambda m: any("✅ No sound" in b.label for b in m.buttons))
    assert "After that about" not in screen.text


async def test_a_wrong_answer_leaves_its_button_where_it_is(bot: Bot, chat: Person) -> None:
    bot.site.options = (TRIM, MUTE)
    chat.tap(await card_of(chat), "Options")
    chat.tap(await chat.wait_for(lambda m: any("Edit" in b.label for b in m.buttons)), "Edit")
    chat.tap(await chat.wait_for(lambda m: any("▫️ Cut" in b.label for b in m.buttons)), "Cut")
    await chat.wait_for_text("From when to when")
    chat.say("the funny part")
    screen = await chat.wait_for_text("write it like this: 1:30-2:45")
    chat.tap(screen, "▫️ Cut")
    await chat.wait_for_text("From when to when")
    chat.say("1:00:00-1:00:05")
    chat.tap(await chat.wait_for_text("It is over by then"), "▫️ Cut")
    await chat.wait_for_text("From when to when")
    chat.say("1-2.5")
    assert await chat.wait_for(lambda m: any("✅ Cut: 0:01–0:02" in b.label for b in m.buttons))


HUGE = Option(key="fake.huge", label=named("Huge"), why_not=named("Too long to be made smaller here"))


async def test_what_cannot_be_had_is_said_on_the_menu_and_is_no_button(bot: Bot, chat: Person) -> None:
    bot.site.options = (HUGE,)
    card = await card_of(chat)
    assert "Too long to be made smaller here" in card.text
    assert not any("Options" in button.label or "Huge" in button.label for button in card.buttons)
    chat.tap(card, "360p")
    await chat.wait_for_file("video")
    assert bot.site.downloads[0].recipe.steps == ()


async def test_the_reason_stands_beside_what_can_be_had(bot: Bot, chat: Person) -> None:
    bot.site.options = (HUGE, QUIET)
    chat.tap(await card_of(chat), "Options")
    screen = await chat.wait_for(lambda m: any("▫️ No sound" in b.label for b in m.buttons))
    assert "Too long to be made smaller here" in screen.text


async def test_a_typed_answer_is_parsed_and_a_wrong_one_is_told(bot: Bot, chat: Person) -> None:
    bot.site.options = (FIT,)
    card = await card_of(chat)
    chat.tap(card, "Options")
    screen = await chat.wait_for(lambda m: any("Shrink" in b.label for b in m.buttons))
    chat.tap(screen, "Shrink")
    await chat.wait_for_text("How large may it be")
    chat.say("as small as you can")
    screen = await chat.wait_for_text("write it like this: 25 MB")
    chat.tap(screen, "Shrink")
    await chat.wait_for_text("How large may it be")
    chat.say("2,5 MB")
    screen = await chat.wait_for(lambda m: any("Shrink: 2.5 MB" in b.label for b in m.buttons))
    chat.tap(screen, "Start")
    await chat.wait_for_file("video")
    assert [(s.key, s.input) for s in bot.site.steps] == [("fake.fit", "2500000")]


async def is_asked(chat: Person, card: Message, kind: str = "How large may it be") -> Message:
    chat.tap(card, "▫️ Shrink")
    return await chat.wait_for_text(kind)


async def test_a_link_in_place_of_an_answer_is_a_new_wish_and_the_question_closes(bot: Bot, chat: Person) -> None:
    bot.site.options = (FIT,)
    chat.tap(await card_of(chat), "Options")
    asked = await is_asked(chat, await chat.wait_for(lambda m: any("Shrink" in b.label for b in m.buttons)))
    second = chat.say("https://fake.example/two")
    await chat.wait_for(lambda m: m.reply_to_id == second.message_id and m.buttons and "A film" in m.text)
    menu = await chat.wait_for(lambda m: m.message_id == asked.message_id and "How large" not in m.text)
    assert "I do not understand" not in menu.text
    chat.say("3 MB")
    await chat.wait_for_text("Send me a link")
    chat.tap(menu, "Start")
    await chat.wait_for_file("video")
    assert [(job.recipe.steps, job.link.media_id) for job in bot.site.downloads] == [((), "one")]


async def test_the_example_for_a_picture_is_as_small_as_pictures_are(bot: Bot, chat: Person) -> None:
    bot.site.choices, bot.site.options = (Choice(kind=ChoiceKind.IMAGE),), (FIT,)
    chat.say(LINK)
    chat.tap(await chat.wait_for(lambda m: any("Options" in b.label for b in m.buttons)), "Options")
    menu = await chat.wait_for(lambda m: any("▫️ Shrink" in b.label for b in m.buttons))
    await is_asked(chat, menu, "For example: 500 kB")
    chat.say("small")
    await chat.wait_for_text("write it like this: 500 kB")


async def test_where_a_text_is_asked_for_a_link_is_the_answer(bot: Bot, chat: Person) -> None:
    bot.site.options = (Option(key="fake.words", label=named("Shrink"), input=InputKind.TEXT),)
    chat.tap(await card_of(chat), "Options")
    await is_asked(chat, await chat.wait_for(lambda m: any("Shrink" in b.label for b in m.buttons)), "Type your answer")
    chat.say("https://fake.example/two")
    assert await chat.wait_for(lambda m: any("Shrink: https://fake.example/two" in b.label for b in m.buttons))


async def test_another_choice_can_be_selected_and_back_leads_to_the_card(bot: Bot, chat: Person) -> None:
    bot.site.options = (QUIET,)
    card = await card_of(chat)
    chat.tap(card, "Options")
    screen = await chat.wait_for(lambda m: any("🔘 🎬 720p" in b.label for b in m.buttons))
    chat.tap(screen, "🔘 🎬 720p")
    screen = await chat.wait_for(lambda m: any("360p" in b.label for b in m.buttons))
    chat.tap(screen, "360p")
    screen = await chat.wait_for(lambda m: any("🔘 🎬 360p" in b.label for b in m.buttons))
    chat.tap(screen, "Back")
    await chat.wait_for(lambda m: any("⭐ Best" in b.label for b in m.buttons))


SOUND = named("Sound only")
MP3 = Option(key="fake.mp3", label=named("MP3"), order=5, group=SOUND, alone=True)
OPUS = Option(key="fake.opus", label=named("Opus"), order=5, group=SOUND, alone=True)
TRIM = Option(key="fake.trim", label=named("Cut"), input=InputKind.TIME_RANGE, order=4, group=named("Edit"))
MUTE = Option(key="fake.mute", label=named("Mute"), order=4, group=named("Edit"))


async def test_options_of_a_group_are_behind_one_button_and_the_alone_take_turns(bot: Bot, chat: Person) -> None:
    bot.site.options = (MP3, OPUS)
    card = await card_of(chat)
    chat.tap(card, "Options")
    screen = await chat.wait_for(lambda m: any("Sound only" in b.label for b in m.buttons))
    assert not any("MP3" in button.label for button in screen.buttons)
    chat.tap(screen, "Sound only")
    screen = await chat.wait_for(lambda m: any("▫️ MP3" in b.label for b in m.buttons))
    chat.tap(screen, "MP3")
    screen = await chat.wait_for(lambda m: any("✅ MP3" in b.label for b in m.buttons))
    chat.tap(screen, "✅ MP3")
    screen = await chat.wait_for(lambda m: any("▫️ Opus" in b.label for b in m.buttons))
    assert screen.button("✅ MP3")
    chat.tap(screen, "Opus")
    screen = await chat.wait_for(lambda m: any("✅ Opus" in b.label for b in m.buttons))
    chat.tap(screen, "Start")
    await chat.wait_for_file("video")
    assert [step.key for step in bot.site.steps] == ["fake.opus"]


async def test_several_of_a_group_can_be_on_and_a_typed_answer_leads_back(bot: Bot, chat: Person) -> None:
    bot.site.options = (TRIM, MUTE)
    card = await card_of(chat)
    chat.tap(card, "Options")
    screen = await chat.wait_for(lambda m: any("Edit" in b.label for b in m.buttons))
    chat.tap(screen, "Edit")
    screen = await chat.wait_for(lambda m: any("▫️ Mute" in b.label for b in m.buttons))
    chat.tap(screen, "Mute")
    screen = await chat.wait_for(lambda m: any("✅ Mute" in b.label for b in m.buttons))
    chat.tap(screen, "Cut")
    await chat.wait_for_text("From when to when")
    chat.say("1-3")
    screen = await chat.wait_for(lambda m: any("✅ Mute +1" in b.label for b in m.buttons))
    chat.tap(screen, "Start")
    await chat.wait_for_file("video")
    assert {(step.key, step.input) for step in bot.site.steps} == {("fake.mute", None), ("fake.trim", "1-3")}


async def press(bot: Bot, chat: Person, message: Message, data: str) -> str:
    """Press a button that does not exist, as a changed client can."""
    world = bot.api.world
    query = CallbackQuery(world.new_id(), chat.id, data, world.clock(), message=message)
    world.emit(QueryAsked(query))
    await until(lambda: any(c["callback_query_id"] == query.id for c in bot.calls("answerCallbackQuery")))
    (call,) = [c for c in bot.calls("answerCallbackQuery") if c["callback_query_id"] == query.id]
    return str(call.get("text", ""))
