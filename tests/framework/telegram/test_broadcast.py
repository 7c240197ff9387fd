"""A broadcast over the real client, a real database and the sandbox's Bot API."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from fetchgram.errors import CannotDeliver
from fetchgram.model import Broadcast, BroadcastState, Circle, LinkButton, Person, Post, Recipients, Tally
from fetchgram.storage.broadcast_sends import Ended, SendStore
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.files import Upload
from fetchgram_sandbox.happenings import QueryAsked
from fetchgram_sandbox.objects import CallbackQuery, Message
from fetchgram_sandbox.person import Person as Somebody
from fetchgram_sandbox.world import World

from .conftest import bot_at_work, until

if TYPE_CHECKING:
    from fetchgram.settings import Settings
    from fetchgram_sandbox.botapi import BotApi

    from .conftest import Bot

ALL = Recipients(circle=Circle.ALL)
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
BUTTONS = ((LinkButton(label="Read on", url="https://example.org/news"),),)


class Sender:
    """An admin with a message, and people who are to get it."""

    def __init__(self, bot: Bot, world: World) -> None:
        self.bot, self.world = bot, world
        self.admin = Somebody(world, world.new_person("Ada"))
        self.message = self.admin.say("Big news")
        self.people: list[Somebody] = []

    async def knows(self, count: int) -> list[Somebody]:
        self.people = [Somebody(self.world, self.world.new_person(f"P{n}")) for n in range(count)]
        async with self.bot.storage.write() as session:
            for person in self.people:
                await session.people.seen(Person(bot_id=self.world.bot.id, id=person.id))
                await session.people.chat_seen(self.world.bot.id, person.id, "private", None)
        return self.people

    async def sends(self, *, buttons: tuple[tuple[LinkButton, ...], ...] = (), post: Post | None = None) -> int:
        post = post or Post(chat=self.admin.id, message_ids=(self.message.message_id,), buttons=buttons)
        async with self.bot.storage.write() as session:
            draft = await session.broadcasts.add(self.world.bot.id, self.admin.id, post, ALL)
            await session.broadcasts.start(draft.id, len(self.people))
        self.bot.service.broadcaster.wake()
        return draft.id

    async def looks_at(self, broadcast: int) -> Broadcast:
        async with self.bot.storage.read() as session:
            found = await session.broadcasts.get(broadcast)
        assert found is not None
        return found

    async def waits(self, broadcast: int, condition: Callable[[Broadcast], object]) -> Broadcast:
        async with asyncio.timeout(40):
            while not condition(found := await self.looks_at(broadcast)):
                await asyncio.sleep(0.05)
        return found

    async def does(self, what: Callable[..., Awaitable[bool]], broadcast: int) -> None:
        assert await what(broadcast)
        self.bot.service.broadcaster.wake()

    def refuses(self, person: Somebody, fault: Fault) -> None:
        """Refuse copies to one person, of which the bot has heard nothing before."""
        theirs = str(person.id)
        self.world.faults.add_rule(
            lambda method, params: fault if (method, str(params.get("chat_id"))) == (fault.method, theirs) else None
        )

    def copies(self, person: Somebody) -> list[Message]:
        return [message for message in person.messages() if message.text == "Big news"]

    def got(self) -> list[int]:
        return [len(self.copies(person)) for person in self.people]


@pytest.fixture
def sender(bot: Bot, world: World) -> Sender:
    return Sender(bot, world)


def is_done(broadcast: Broadcast) -> bool:
    return broadcast.state is BroadcastState.DONE


async def test_everybody_gets_one_copy_with_its_buttons_and_the_report_says_who_did_not(sender: Sender) -> None:
    people = await sender.knows(6)
    blocked = Fault("copyMessage", "error", error_code=403, description="Forbidden: bot was blocked by the user")
    sender.refuses(people[1], blocked)
    people[2].delete_account()
    del sender.world.chats[people[3].id]
    ended = await sender.waits(await sender.sends(buttons=BUTTONS), is_done)
    assert ended.tally == Tally(delivered=3, blocked=1, gone=2)
    assert sender.got() == [1, 0, 0, 0, 1, 1]
    labels = [[button.label for button in row] for row in sender.copies(people[0])[0].keyboard]
    assert labels == [["Read on"], ["🔕 No more news like this"]]
    async with sender.bot.storage.read() as session:
        left = await session.recipients.count(sender.world.bot.id, ALL, 0, [])
    assert left == 3 + 1, "Ada is known since she wrote"


async def test_a_preview_is_what_everybody_gets_and_says_why_not(sender: Sender, stranger: Somebody) -> None:
    post = Post(chat=sender.admin.id, message_ids=(sender.message.message_id,), buttons=BUTTONS)
    await sender.bot.service.broadcaster.preview(post, stranger.id, "en")
    assert [button.label for button in sender.copies(stranger)[0].buttons] == ["Read on", "🔕 No more news like this"]
    sender.world.remove(sender.admin.id, sender.message.message_id)
    with pytest.raises(CannotDeliver, match="not found"):
        await sender.bot.service.broadcaster.preview(post, stranger.id, "en")


async def test_it_pauses_at_once_goes_on_and_stops(bot_api: BotApi, settings: Settings, world: World) -> None:
    async with bot_at_work(paced(settings, messages_per_s=20), bot_api) as bot:
        sender = Sender(bot, world)
        await sender.knows(60)
        broadcast = await sender.sends()
        await until(lambda: sum(sender.got()) >= 3)
        async with bot.storage.write() as session:
            assert await session.broadcasts.pause(broadcast)
        paused = await sender.waits(broadcast, lambda b: b.tally.delivered == sum(sender.got()))
        assert paused.tally.delivered < 60
        async with bot.storage.write() as session:
            await sender.does(session.broadcasts.resume, broadcast)
        await until(lambda: sum(sender.got()) >= paused.tally.delivered + 3)
        async with bot.storage.write() as session:
            assert await session.broadcasts.stop(broadcast)
        stopped = await sender.waits(broadcast, lambda b: b.tally.delivered == sum(sender.got()))
        assert stopped.tally.delivered < 60
        assert max(sender.got()) == 1


async def test_a_message_whose_answer_is_lost_is_uncertain_and_not_sent_again(sender: Sender) -> None:
    await sender.knows(5)
    sender.world.faults.add(Fault("copyMessage", "lost", times=2))
    ended = await sender.waits(await sender.sends(), is_done)
    assert ended.tally == Tally(delivered=3, uncertain=2)
    assert sender.got() == [1] * 5


async def test_a_refusal_for_speed_is_waited_out_by_all_and_nobody_is_left_out(sender: Sender) -> None:
    await sender.knows(5)
    sender.world.faults.add(Fault("copyMessage", "error", error_code=429, description="Too Many", retry_after_s=1))
    began = asyncio.get_running_loop().time()
    ended = await sender.waits(await sender.sends(), is_done)
    assert asyncio.get_running_loop().time() - began >= 1
    assert ended.tally == Tally(delivered=5)
    assert sender.got() == [1] * 5


async def test_an_original_that_is_gone_pauses_it_with_a_reason_and_counts_nobody(sender: Sender) -> None:
    await sender.knows(3)
    sender.world.remove(sender.admin.id, sender.message.message_id)
    paused = await sender.waits(await sender.sends(), lambda b: b.state is BroadcastState.PAUSED)
    assert paused.reason is not None
    assert "message to copy not found" in paused.reason
    assert paused.tally == Tally()


async def test_one_refusal_after_another_pauses_it_before_it_has_refused_all(sender: Sender) -> None:
    await sender.knows(200)
    refusal = Fault("copyMessage", "error", error_code=400, description="Bad Request: no way", times=10_000)
    sender.world.faults.add(refusal)
    paused = await sender.waits(await sender.sends(), lambda b: b.state is BroadcastState.PAUSED)
    assert paused.tally.failed < 200
    assert "no way" in (paused.reason or "")


async def test_it_is_deleted_for_everyone_again(sender: Sender) -> None:
    people = await sender.knows(5)
    broadcast = await sender.sends()
    await sender.waits(broadcast, is_done)
    sender.world.remove(people[0].id, sender.copies(people[0])[0].message_id)
    people[1].block()
    async with sender.bot.storage.write() as session:
        await sender.does(session.broadcasts.withdraw, broadcast)
    ended = await sender.waits(broadcast, lambda b: b.is_withdrawn and not b.is_withdrawing)
    assert (ended.tally.deleted, ended.tally.kept) == (4, 1)
    assert sender.got() == [0, 1, 0, 0, 0]


def pictures(world: World, count: int) -> list[Upload]:
    paths = [world.files.new_path() for _ in range(count)]
    for path in paths:
        path.write_bytes(PIXEL)
    return [Upload(path, f"{number}.png") for number, path in enumerate(paths)]


async def test_an_album_goes_out_whole_counts_as_one_and_is_deleted_whole(sender: Sender) -> None:
    people = await sender.knows(3)
    album = sender.admin.send_album(pictures(sender.world, 3), caption="Big news")
    post = Post(chat=sender.admin.id, message_ids=tuple(message.message_id for message in album))
    broadcast = await sender.sends(post=post)
    ended = await sender.waits(broadcast, is_done)
    assert ended.tally == Tally(delivered=3)
    for person in people:
        got = [message for message in person.messages() if message.file is not None]
        assert len({message.album_id for message in got}) == 1
        assert [message.text for message in got] == ["Big news", "", ""]
    async with sender.bot.storage.write() as session:
        await sender.does(session.broadcasts.withdraw, broadcast)
    gone = await sender.waits(broadcast, lambda b: b.is_withdrawn and not b.is_withdrawing)
    assert gone.tally.deleted == 3
    assert [person.messages() for person in people] == [()] * 3


async def test_a_poll_and_a_sticker_go_out_like_any_other_message(sender: Sender) -> None:
    people = await sender.knows(2)
    poll = sender.admin.ask_all("Tea or coffee?", ["Tea", "Coffee"])
    (upload,) = pictures(sender.world, 1)
    sticker = sender.admin.send_upload(upload, "sticker")
    for message in (poll, sticker):
        post = Post(chat=sender.admin.id, message_ids=(message.message_id,), buttons=BUTTONS)
        ended = await sender.waits(await sender.sends(post=post), is_done)
        # Ada herself gets it, too, as soon as the bot has heard of her.
        assert ended.tally == Tally(delivered=ended.tally.handled)
    for person in people:
        first, second = person.messages()
        assert first.poll is not None
        assert first.poll.question == "Tea or coffee?"
        assert second.file == sticker.file
        assert [button.label for button in second.buttons] == ["Read on", "🔕 No more news like this"]


async def test_a_quiz_that_was_forwarded_pauses_it_since_nobody_may_copy_it(sender: Sender) -> None:
    await sender.knows(3)
    quiz = sender.admin.forward(sender.admin.ask_all("2 + 2?", ["3", "4"], right=1))
    post = Post(chat=sender.admin.id, message_ids=(quiz.message_id,))
    paused = await sender.waits(await sender.sends(post=post), lambda b: b.state is BroadcastState.PAUSED)
    assert "can't be copied" in (paused.reason or "")
    assert paused.tally == Tally()


async def test_whoever_types_stop_gets_no_more_until_news_are_wanted_again(sender: Sender) -> None:
    people = await sender.knows(2)
    people[0].say("/stop")
    told = await people[0].wait_for_text("You get no news from me")
    await sender.waits(await sender.sends(), is_done)
    assert sender.got() == [0, 1]
    await people[0].tap_and_wait(told, "🔔")
    await people[0].wait_for_text("now and then")
    await sender.waits(await sender.sends(), is_done)
    assert sender.got() == [1, 2]
    people[0].say("/news")
    await people[0].wait_for(lambda m: m.message_id > told.message_id and any("🔕" in b.label for b in m.buttons))


async def test_whoever_presses_the_last_button_gets_no_more_until_it_is_pressed_again(sender: Sender) -> None:
    people = await sender.knows(2)
    await sender.waits(await sender.sends(buttons=BUTTONS), is_done)
    copy = sender.copies(people[0])[0]
    assert "no more news" in (await people[0].tap_and_wait(copy, "🔕")).text
    await sender.waits(await sender.sends(), is_done)
    assert sender.got() == [1, 2]
    assert "news again" in (await people[0].tap_and_wait(copy, "🔔")).text
    await sender.waits(await sender.sends(), is_done)
    assert sender.got() == [2, 3]
    turned = sender.world.find_message(people[0].id, copy.message_id)
    assert turned is not None
    assert [button.label for button in turned.buttons] == ["Read on", "🔕 No more news like this"]


async def test_the_word_of_that_button_changes_no_other_keyboard(sender: Sender, stranger: Somebody) -> None:
    stranger.say("/menu")
    menu = await stranger.wait_for_text("the menu")
    query = CallbackQuery(sender.world.new_id(), stranger.id, "news.off", sender.world.clock(), message=menu)
    sender.world.emit(QueryAsked(query))
    await until(lambda: sender.bot.calls("answerCallbackQuery"))
    assert sender.world.find_message(menu.chat_id, menu.message_id) == menu
    assert not sender.bot.calls("editMessageReplyMarkup")


async def test_a_chat_that_is_busy_has_its_turn_later_and_holds_nobody_up(
    bot_api: BotApi, settings: Settings, world: World
) -> None:
    async with bot_at_work(paced(settings, chat_interval_s=1.0), bot_api) as bot:
        sender = Sender(bot, world)
        people = await sender.knows(4)
        for _ in range(3):
            people[0].say("/help")
        await until(lambda: len([m for m in people[0].messages() if m.sender_id == world.bot.id]) == 3)
        broadcast = await sender.sends()
        await until(lambda: sender.got()[1:] == [1, 1, 1])
        await sender.waits(broadcast, is_done)
        assert sender.got() == [1, 1, 1, 1]


async def test_a_mistake_in_the_sending_silences_nobody_and_repeats_nothing(
    sender: Sender, stranger: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[object] = []

    async def settle(self: SendStore, broadcast: Broadcast, ends: Sequence[Ended]) -> None:
        if ends and not broken:
            broken.append(ends)
            raise RuntimeError("a mistake")
        await original(self, broadcast, ends)

    original = SendStore.settle
    monkeypatch.setattr(SendStore, "settle", settle)
    monkeypatch.setattr("fetchgram.telegram.broadcast._BROKEN_S", 0.5)
    await sender.knows(5)
    broadcast = await sender.sends()
    await until(lambda: broken)
    stranger.say("/help")
    await stranger.wait_for_text("How it works")
    ended = await sender.waits(broadcast, is_done)
    assert sender.got() == [1] * 5
    assert ended.tally.delivered + ended.tally.uncertain == 5
    assert ended.tally.uncertain >= 1


async def test_a_restart_goes_on_where_it_was(bot_api: BotApi, settings: Settings, world: World) -> None:
    slow = paced(settings, messages_per_s=20)
    async with bot_at_work(slow, bot_api) as bot:
        sender = Sender(bot, world)
        await sender.knows(60)
        broadcast = await sender.sends()
        await until(lambda: sum(sender.got()) >= 3)
    assert sum(sender.got()) < 60
    async with bot_at_work(settings, bot_api) as again:
        sender.bot = again
        ended = await sender.waits(broadcast, is_done)
    assert sender.got() == [1] * 60
    assert ended.tally == Tally(delivered=60)


async def test_paid_broadcasts_go_beside_the_usual_rate(bot_api: BotApi, settings: Settings, world: World) -> None:
    async with bot_at_work(paced(settings, messages_per_s=1, paid_broadcasts=True), bot_api) as bot:
        sender = Sender(bot, world)
        await sender.knows(40)
        await sender.waits(await sender.sends(), is_done)
        assert all(call["allow_paid_broadcast"] for call in bot.calls("copyMessage"))
        assert sender.got() == [1] * 40


def paced(settings: Settings, **delivery: object) -> Settings:
    changed = {"delivery": settings.delivery.model_copy(update=delivery)}
    return settings.model_copy(update=changed)
