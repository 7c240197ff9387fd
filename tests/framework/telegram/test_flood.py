from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiogram.exceptions import (
    AiogramError,
    TelegramBadRequest,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
)
from aiogram.methods import EditMessageText, GetMe, SendMessage
from aiogram.types import Message
from pydantic import SecretStr

from fetchgram.clock import SystemClock
from fetchgram.errors import ConfigError, TemporarilyUnavailable
from fetchgram.settings import BotSettings, DeliverySettings
from fetchgram.telegram.client import build_client
from fetchgram.telegram.failures import NotReached, describe, may_have_happened
from fetchgram.telegram.flood import Busy, Lane, Line
from fetchgram.testing import FakeClock
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.limits import Limits, Rate
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World

FAST = DeliverySettings(chat_interval_s=0, messages_per_s=1000)


@pytest_asyncio.fixture
async def line(bot_api: BotApi) -> AsyncIterator[Line]:
    line = line_to(bot_api, FAST)
    yield line
    await line.bot.session.close()


def line_to(api: BotApi, settings: DeliverySettings) -> Line:
    bot = build_client("main", BotSettings(token=SecretStr(api.token), api_url=api.url))
    return Line(bot, settings, SystemClock())


async def test_the_servers_rates_are_never_touched(world: World, tmp_path: Path) -> None:
    people = [Person(world, world.new_person(f"P{n}")) for n in range(4)]
    async with BotApi(world, limits=Limits()) as api:
        line = line_to(api, DeliverySettings(messages_per_s=30, chat_interval_s=1))
        async with asyncio.TaskGroup() as group:
            for person in people:
                for n in range(4):
                    group.create_task(line(SendMessage(chat_id=person.id, text=str(n))))
        assert [len(person.messages()) for person in people] == [4] * 4
        assert not [call for call in api.calls if call.error_code == 429]
        await line.bot.session.close()


async def test_messages_to_one_chat_keep_their_order(line: Line, chat: Person) -> None:
    async with asyncio.TaskGroup() as group:
        for n in range(5):
            group.create_task(line(SendMessage(chat_id=chat.id, text=str(n))))
            await asyncio.sleep(0.05)
    assert [message.text for message in chat.messages()] == list("01234")


async def test_a_refused_chat_is_closed_and_the_others_are_not(line: Line, world: World, chat: Person) -> None:
    other = Person(world, world.new_person("Bob"))
    world.faults.add(Fault("sendMessage", "error", error_code=429, description="Too Many Requests", retry_after_s=1))
    began = asyncio.get_running_loop().time()
    slow = asyncio.create_task(line(SendMessage(chat_id=chat.id, text="late")))
    await asyncio.sleep(0.1)
    await line(SendMessage(chat_id=other.id, text="now"))
    assert asyncio.get_running_loop().time() - began < 0.9
    await slow
    assert asyncio.get_running_loop().time() - began >= 1


async def test_two_refused_chats_mean_the_whole_bot(line: Line, world: World) -> None:
    people = [Person(world, world.new_person(f"P{n}")) for n in range(3)]
    refusal = Fault("sendMessage", "error", error_code=429, description="Too Many", retry_after_s=1, times=2)
    world.faults.add(refusal)
    tasks = [asyncio.create_task(line(SendMessage(chat_id=person.id, text="x"))) for person in people[:2]]
    await asyncio.sleep(0.2)
    with pytest.raises(Busy) as caught:
        await line(EditMessageText(chat_id=people[2].id, message_id=1, text="x"), lane=Lane.NEWS)
    assert caught.value.retry_after_s
    began = asyncio.get_running_loop().time()
    await line(SendMessage(chat_id=people[2].id, text="x"))
    assert asyncio.get_running_loop().time() - began > 0.5
    await asyncio.gather(*tasks)


async def test_a_wait_beyond_patience_goes_back_to_the_caller(line: Line, chat: Person, world: World) -> None:
    world.faults.add(Fault("sendMessage", "error", error_code=429, description="Too Many", retry_after_s=50_000))
    with pytest.raises(TemporarilyUnavailable) as caught:
        await line(SendMessage(chat_id=chat.id, text="x"), patience_s=5)
    assert caught.value.retry_after_s == pytest.approx(50_000, abs=2)
    assert not chat.messages()


async def test_news_give_way_to_people_who_wait(bot_api: BotApi, chat: Person) -> None:
    line = line_to(bot_api, DeliverySettings(messages_per_s=10, chat_interval_s=0))
    for _ in range(8):
        await line(SendMessage(chat_id=chat.id, text="x"))
    with pytest.raises(Busy):
        await line(EditMessageText(chat_id=chat.id, message_id=1, text="y"), lane=Lane.NEWS)
    await line(SendMessage(chat_id=chat.id, text="still goes"))
    await line.bot.session.close()


async def test_broadcasts_take_what_people_leave_and_never_touch_the_servers_rate(world: World) -> None:
    people = [Person(world, world.new_person(f"P{n}")) for n in range(40)]
    async with BotApi(world, limits=Limits(overall=Rate(20, 1.0), private=None)) as api:
        line = line_to(api, DeliverySettings(messages_per_s=20, chat_interval_s=0))

        async def talk() -> None:
            for n in range(15):
                await line(SendMessage(chat_id=people[0].id, text=str(n)))

        async with asyncio.TaskGroup() as group:
            talking = group.create_task(talk())
            for person in people[1:]:
                places = await line.places(1, patience_s=30)
                await line.mail(SendMessage(chat_id=person.id, text="news"), places)
            assert talking.done()
        assert [len(person.messages()) for person in people] == [15] + [1] * 39
        assert not [call for call in api.calls if call.error_code == 429]
        await line.bot.session.close()


async def test_broadcasts_leave_room_for_news_that_ask_for_it(bot_api: BotApi, chat: Person) -> None:
    line = line_to(bot_api, DeliverySettings(messages_per_s=10, chat_interval_s=0))
    sent = await line(SendMessage(chat_id=chat.id, text="0 %"))
    mailing = asyncio.create_task(mail(line, chat, 60))
    async with asyncio.timeout(30):
        for percent in range(5):
            await edited(line, sent, f"{percent + 1} %")
    mailing.cancel()
    await asyncio.wait([mailing])
    await line.bot.session.close()


async def test_whoever_talks_waits_for_no_place_that_broadcasts_have(world: World) -> None:
    """A clock of its own: what is waited for is seen in its time."""
    somebody, clock = Person(world, world.new_person("Ann")), FakeClock()
    async with BotApi(world, limits=Limits.unhurried()) as api:
        bot = build_client("main", BotSettings(token=SecretStr(api.token), api_url=api.url))
        line = Line(bot, DeliverySettings(messages_per_s=20, chat_interval_s=0), clock)
        await line(SendMessage(chat_id=somebody.id, text="an answer"))
        clock.advance(2)
        taken = 0
        while (places := await line.places(1, patience_s=0)).count:
            taken += places.count
            clock.advance(0.0501)
            await line.mail(SendMessage(chat_id=somebody.id, text="news"), places)
        assert taken == 19
        await line(SendMessage(chat_id=somebody.id, text="the next one"), patience_s=0)
        await bot.session.close()


async def test_an_album_takes_as_many_places_as_it_has_items(bot_api: BotApi) -> None:
    line = line_to(bot_api, DeliverySettings(messages_per_s=10, chat_interval_s=0))
    assert (await line.places(5, cost=4)).count == 1
    await asyncio.sleep(0.5)
    assert (await line.places(5, cost=4)).count == 1
    assert line.sent == 8
    assert (await line.places(5, cost=4, patience_s=0.01)).count == 0
    await line.bot.session.close()


async def test_broadcasts_get_no_place_when_there_is_no_room(bot_api: BotApi, chat: Person) -> None:
    line = line_to(bot_api, DeliverySettings(messages_per_s=1))
    first = await line.places(5)
    assert first.count == 1
    await line.mail(SendMessage(chat_id=chat.id, text="news"), first)
    assert (await line.places(5, patience_s=0.05)).count == 0
    assert (await line.places(5, patience_s=30)).count == 1
    await line.bot.session.close()


async def test_a_broadcast_that_is_too_fast_closes_the_line_for_all(line: Line, chat: Person, world: World) -> None:
    world.faults.add(Fault("sendMessage", "error", error_code=429, description="Too Many", retry_after_s=30))
    with pytest.raises(TelegramRetryAfter):
        await line.mail(SendMessage(chat_id=chat.id, text="x"), await line.places(1))
    assert (await line.places(1, patience_s=0.01)).count == 0
    assert not line.is_free(chat.id)
    with pytest.raises(TemporarilyUnavailable):
        await line(SendMessage(chat_id=chat.id, text="x"), patience_s=1)


async def test_a_smaller_share_of_the_rate_holds_at_once(bot_api: BotApi, chat: Person) -> None:
    line = line_to(bot_api, DeliverySettings(messages_per_s=30, chat_interval_s=0))
    line.share(2)
    assert line.per_s == 2
    for _ in range(2):
        await line(SendMessage(chat_id=chat.id, text="x"))
    with pytest.raises(TemporarilyUnavailable):
        await line(SendMessage(chat_id=chat.id, text="x"), patience_s=0.01)
    await line.bot.session.close()


async def mail(line: Line, chat: Person, count: int) -> None:
    for _ in range(count):
        places = await line.places(1, patience_s=30)
        await line.mail(SendMessage(chat_id=chat.id, text="news"), places)


async def edited(line: Line, message: Message, words: str) -> None:
    edit = EditMessageText(chat_id=message.chat.id, message_id=message.message_id, text=words)
    while True:
        try:
            await line(edit, lane=Lane.NEWS)
        except Busy:
            await asyncio.sleep(0.02)
        else:
            return


async def test_a_group_that_became_a_supergroup_is_followed(line: Line, chat: Person, world: World) -> None:
    group = world.new_chat("New", [chat.user])
    original = line.bot.session.make_request

    async def migrated(bot, method, timeout=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ASYNC109
        if method.chat_id == -5:
            raise TelegramMigrateToChat(method=method, message="migrated", migrate_to_chat_id=group.id)
        return await original(bot, method, timeout)

    # The emulator has no groups that change into supergroups; the answer is the client's own exception.
    line.bot.session.make_request = migrated  # type: ignore[method-assign]
    await line(SendMessage(chat_id=-5, text="follows"))
    assert [message.text for message in chat.messages(group)] == ["follows"]


@pytest.mark.parametrize("kind", ["close", "lost", "garbage"])
async def test_a_lost_or_unreadable_answer_may_have_happened(line: Line, chat: Person, world: World, kind: str) -> None:
    world.faults.add(Fault("sendMessage", kind))
    with pytest.raises(AiogramError) as caught:
        await line(SendMessage(chat_id=chat.id, text="x"))
    assert may_have_happened(caught.value)


async def test_a_refusal_did_not_happen(line: Line) -> None:
    with pytest.raises(TelegramBadRequest) as caught:
        await line(SendMessage(chat_id=5, text="x"))
    assert not may_have_happened(caught.value)


async def test_a_server_error_may_have_happened(line: Line, chat: Person, world: World) -> None:
    world.faults.add(Fault("sendMessage", "error", error_code=502, description="Bad Gateway"))
    with pytest.raises(Exception, match="Bad Gateway") as caught:
        await line(SendMessage(chat_id=chat.id, text="x"))
    assert may_have_happened(caught.value)  # type: ignore[arg-type]  # an aiogram error


async def test_a_server_that_is_not_there_was_surely_not_reached(closed_port: int) -> None:
    token = "12345:" + "A" * 35
    bot = build_client("main", BotSettings(token=SecretStr(token), api_url=f"http://127.0.0.1:{closed_port}"))
    line = Line(bot, FAST, SystemClock())
    with pytest.raises((NotReached, TemporarilyUnavailable)) as caught:
        await line(GetMe(), patience_s=0.2)
    assert token not in str(caught.value)
    await bot.session.close()


async def test_the_token_is_in_no_error_text(line: Line, bot_api: BotApi, chat: Person, world: World) -> None:
    world.faults.add(Fault("sendMessage", "lost"))
    with pytest.raises(TelegramNetworkError) as caught:
        await line(SendMessage(chat_id=chat.id, text="x"))
    shown = [str(caught.value), repr(caught.value), describe(caught.value), str(caught.value.__cause__)]
    assert not any(bot_api.token.partition(":")[2] in text for text in shown)


async def test_an_address_that_cannot_be_one_is_told_without_the_token() -> None:
    token = "12345:" + "A" * 35
    bot = build_client("main", BotSettings(token=SecretStr(token), api_url="http://"))
    with pytest.raises(TelegramNetworkError) as caught:
        await bot(GetMe())
    chain = "".join(traceback.format_exception(caught.value))
    assert token not in chain
    await bot.session.close()


@pytest.mark.parametrize("token", ["", "no token", "12:", "abc:def"])
def test_a_token_of_a_wrong_shape_is_a_config_error_without_the_token(token: str) -> None:
    with pytest.raises(ConfigError, match=r"bots\.main\.token") as caught:
        build_client("main", BotSettings(token=SecretStr(token)))
    assert not token or token not in str(caught.value).replace("bots.main.token", "")
