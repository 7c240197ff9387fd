"""Polling: nothing is forgotten before it is confirmed, and only one polls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramConflictError

from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.clock import StoppedClock
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World


async def test_updates_stay_until_an_offset_confirms_them(bot: Bot, chat: Person) -> None:
    for text in "abc":
        chat.say(text)
    first = await bot.get_updates(limit=2)
    assert [update.update_id for update in first] == [1, 2]
    assert len(await bot.get_updates()) == 3
    rest = await bot.get_updates(offset=3)
    assert [update.message.text for update in rest if update.message] == ["c"]
    assert len(await bot.get_updates(offset=-1)) == 1
    assert await bot.get_updates(offset=4) == []


async def test_a_long_poll_returns_as_soon_as_something_happens(bot: Bot, chat: Person) -> None:
    poll = asyncio.ensure_future(bot.get_updates(timeout=30))
    await asyncio.sleep(0.05)
    assert not poll.done()
    chat.say("now")
    async with asyncio.timeout(2):
        assert len(await poll) == 1


async def test_a_long_poll_ends_empty_after_its_timeout(bot: Bot) -> None:
    assert await bot.get_updates(timeout=1) == []


async def test_a_second_poller_throws_the_first_one_out(bot: Bot, bot_api: BotApi, chat: Person) -> None:
    first = asyncio.ensure_future(bot.get_updates(timeout=30))
    await asyncio.sleep(0.05)
    second = asyncio.ensure_future(bot.get_updates(timeout=30))
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await first
    chat.say("x")
    assert len(await second) == 1


async def test_only_the_kinds_that_were_asked_for_are_kept(bot: Bot, chat: Person) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    chat.say("unwanted")
    assert await bot.get_updates() == []
    await bot.get_updates(allowed_updates=[])
    chat.say("wanted")
    assert len(await bot.get_updates()) == 1


async def test_an_edit_of_a_person_is_an_update_of_its_own(bot: Bot, chat: Person) -> None:
    chat.edit(chat.say("one"), "two")
    updates = await bot.get_updates()
    assert updates[1].edited_message is not None
    assert updates[1].edited_message.text == "two"


async def test_updates_are_dropped_after_24_hours(clock: StoppedClock, new_bot: Callable[..., Bot]) -> None:
    world = World(clock=clock)
    person = Person(world, world.new_person())
    async with BotApi(world) as api, new_bot(api) as bot:
        person.say("old")
        clock.turn(24 * 3600 + 1)
        person.say("new")
        assert [update.message.text for update in await bot.get_updates() if update.message] == ["new"]
    world.close()


async def test_dropping_pending_updates_empties_the_queue(bot: Bot, chat: Person) -> None:
    chat.say("x")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == []
