"""Rates, ordered failures, lost answers and strangers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramNetworkError, TelegramRetryAfter, TelegramServerError
from aiogram.types import BufferedInputFile, InputMediaPhoto

from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.clock import StoppedClock
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.limits import Limits, Rate, Windows
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World


@pytest.fixture
def world(tmp_path: Path, clock: StoppedClock) -> World:
    return World(folder=tmp_path / "files", clock=clock)


@pytest.fixture
async def hurried(world: World, new_bot: Callable[..., Bot]) -> AsyncIterator[Bot]:
    async with BotApi(world, limits=Limits()) as api, new_bot(api) as bot:
        yield bot


async def test_more_than_a_burst_in_a_private_chat_has_to_wait(hurried: Bot, chat: Person, clock: StoppedClock) -> None:
    for _ in range(3):
        await hurried.send_message(chat.id, "x")
    with pytest.raises(TelegramRetryAfter) as refusal:
        await hurried.send_message(chat.id, "x")
    assert 1 <= refusal.value.retry_after <= 4
    clock.turn(refusal.value.retry_after)
    await hurried.send_message(chat.id, "x")


async def test_a_group_takes_20_messages_a_minute_and_counts_each_item_of_an_album(
    hurried: Bot, chat: Person, world: World, clock: StoppedClock
) -> None:
    group = world.new_chat("Friends", [chat.user])
    photo = BufferedInputFile(b"GIF89a\x09\0\x09\0", "x.gif")
    await hurried.send_media_group(group.id, [InputMediaPhoto(media=photo)] * 10)
    for _ in range(10):
        await hurried.send_message(group.id, "x")
    with pytest.raises(TelegramRetryAfter) as refusal:
        await hurried.send_message(group.id, "x")
    assert 55 <= refusal.value.retry_after <= 61
    clock.turn(61)
    await hurried.send_message(group.id, "x")


async def test_all_chats_together_take_30_messages_a_second(hurried: Bot, world: World) -> None:
    people = [world.new_person() for _ in range(31)]
    for person in people[:30]:
        await hurried.send_message(person.id, "x")
    with pytest.raises(TelegramRetryAfter):
        await hurried.send_message(people[30].id, "x")


async def test_the_time_to_wait_is_in_a_header_too(bot_api: BotApi, chat: Person) -> None:
    bot_api.world.faults.add(
        Fault("getMe", "error", error_code=429, description="Too Many Requests: retry after 7", retry_after_s=7)
    )
    async with aiohttp.ClientSession() as session, session.get(f"{bot_api.url}/bot{bot_api.token}/getMe") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
        assert (await answer.json())["parameters"] == {"retry_after": 7}


def test_an_album_larger_than_the_window_passes_when_the_window_is_empty() -> None:
    windows = Windows()
    assert windows.wait_s("a", Rate(3, 1), 0, cost=10) == 0
    windows.count("a", Rate(3, 1), 0, 10)
    assert windows.wait_s("a", Rate(3, 1), 0.5) == 1
    assert windows.wait_s("a", None, 0.5, cost=99) == 0


async def test_a_lost_answer_is_a_message_that_arrived(bot: Bot, chat: Person, world: World) -> None:
    world.faults.add(Fault("sendMessage", "lost"))
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(chat.id, "x")
    assert [message.text for message in chat.messages()] == ["x"]
    world.faults.add(Fault("sendMessage", "lost"))
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(404, "to nobody")


async def test_a_connection_closed_early_is_a_message_that_did_not(bot: Bot, chat: Person, world: World) -> None:
    world.faults.add(Fault("sendMessage", "close", times=2))
    for _ in range(2):
        with pytest.raises(TelegramNetworkError):
            await bot.send_message(chat.id, "x")
    await bot.send_message(chat.id, "y")
    assert [message.text for message in chat.messages()] == ["y"]


async def test_a_delayed_answer_comes(bot: Bot, world: World) -> None:
    world.faults.add(Fault("*", "delay", seconds=0.2))
    started = time.monotonic()
    await bot.get_me()
    assert time.monotonic() - started >= 0.2


async def test_garbage_and_server_errors_reach_the_client(bot: Bot, world: World) -> None:
    world.faults.add(Fault("getMe", "garbage"))
    world.faults.add(Fault("getMe", "error", error_code=502, description="Bad Gateway"))
    with pytest.raises(ClientDecodeError):
        await bot.get_me()
    with pytest.raises(TelegramServerError, match="Bad Gateway"):
        await bot.get_me()
    await bot.get_me()


async def test_a_rule_decides_by_the_parameters(bot: Bot, chat: Person, world: World) -> None:
    world.faults.add_rule(lambda method, params: Fault(method, "close") if params.get("text") == "bad" else None)
    await bot.send_message(chat.id, "good")
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(chat.id, "bad")
    world.faults.clear()
    await bot.send_message(chat.id, "bad")


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown fault 'explode'"):
        Fault("getMe", "explode")


async def test_calls_are_recorded_without_the_token(bot: Bot, bot_api: BotApi, chat: Person) -> None:
    await bot.send_photo(chat.id, BufferedInputFile(b"GIF89a\x09\0\x09\0", "x.gif"), caption="y" * 500)
    await bot.get_updates()
    (call,) = bot_api.calls
    assert (call.n, call.method, call.ok) == (1, "sendPhoto", True)
    assert "<file 'x.gif'>" in call.params.values()
    assert len(str(call.params["caption"])) < 350
    assert bot_api.token not in repr(call)


async def test_a_token_of_another_bot_is_refused_at_once(world: World) -> None:
    with pytest.raises(ValueError, match="must be the bot's id"):
        BotApi(world, token="1:x")


async def test_parameters_come_as_query_form_or_json(bot_api: BotApi, chat: Person) -> None:
    url = f"{bot_api.url}/bot{bot_api.token}/sendMessage"
    fields = {"chat_id": str(chat.id), "text": "5"}
    async with aiohttp.ClientSession() as session:
        for answer in (
            await session.get(url, params=fields),
            await session.post(url, data=fields),
            await session.post(url, json={"chat_id": chat.id, "text": "5"}),
        ):
            assert (await answer.json())["result"]["text"] == "5"
        answer = await session.post(url, data=b"{", headers={"Content-Type": "application/json"})
        assert answer.status == 400
        answer = await session.post(url, json={"text": "x"})
        assert (await answer.json())["description"] == "Bad Request: chat_id is empty"
    bot_api.problems.clear()


async def test_a_server_stops_at_once_although_somebody_polls(world: World, new_bot: Callable[..., Bot]) -> None:
    async with contextlib.AsyncExitStack() as server:
        api = await server.enter_async_context(BotApi(world))
        async with new_bot(api) as bot:
            poll = asyncio.ensure_future(bot.get_updates(timeout=30))
            await asyncio.sleep(0.05)
            started = time.monotonic()
            await server.aclose()
            assert time.monotonic() - started < 2
            with pytest.raises(TelegramNetworkError):
                await poll
