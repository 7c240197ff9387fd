from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from aiogram.types import Update
from pydantic import SecretStr

from fetchgram.clock import SystemClock
from fetchgram.errors import ConfigError
from fetchgram.settings import BotSettings, DeliverySettings
from fetchgram.storage import Storage, open_storage
from fetchgram.storage.storage import Session
from fetchgram.telegram.client import build_client
from fetchgram.telegram.flood import Line
from fetchgram.telegram.inbox import Inbox, chat_of
from fetchgram.telegram.polling import Polling
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World

from .conftest import until

BOT = 4_200_000_001


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(None, tmp_path)
    yield opened
    await opened.close()


class Handler:
    """Remembers what it handled; behaves as the test says."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.open: dict[int, int] = {}
        self.most_open = 0
        self.pause_s = 0.0
        self.error: Exception | None = None

    async def __call__(self, update: Update) -> None:
        message = update.message
        assert message is not None
        self.open[message.chat.id] = self.open.get(message.chat.id, 0) + 1
        assert self.open[message.chat.id] == 1, "two updates of one chat at once"
        self.most_open = max(self.most_open, sum(self.open.values()))
        await asyncio.sleep(self.pause_s)
        self.open[message.chat.id] -= 1
        if self.error is not None:
            raise self.error
        self.texts.append(str(message.text))


class Running:
    """Polling and inbox at work."""

    def __init__(self, api: BotApi, storage: Storage, handler: Handler) -> None:
        clock = SystemClock()
        self.bot = build_client("main", BotSettings(token=SecretStr(api.token), api_url=api.url))
        self.inbox = Inbox(bot=self.bot, storage=storage, clock=clock, handle=handler)
        self.polling = Polling(
            name="main",
            line=Line(self.bot, DeliverySettings(), clock),
            storage=storage,
            clock=clock,
            on_news=self.inbox.wake,
        )

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.inbox.run())
                group.create_task(self.polling.run())
        finally:
            await self.bot.session.close()


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest_asyncio.fixture
async def running(bot_api: BotApi, storage: Storage, handler: Handler) -> AsyncIterator[Running]:
    parts = Running(bot_api, storage, handler)
    task = asyncio.create_task(parts.run())
    yield parts
    task.cancel()
    await asyncio.wait([task])


async def test_updates_of_a_chat_keep_their_order_and_chats_go_side_by_side(
    world: World, running: Running, handler: Handler
) -> None:
    handler.pause_s = 0.02
    people = [Person(world, world.new_person(f"P{n}")) for n in range(4)]
    for n in range(8):
        for person in people:
            person.say(f"{person.user.first_name}-{n}")
    await until(lambda: len(handler.texts) == 32)
    for person in people:
        own = [text for text in handler.texts if text.startswith(f"{person.user.first_name}-")]
        assert own == [f"{person.user.first_name}-{n}" for n in range(8)]
    assert handler.most_open > 1


async def test_an_update_is_stored_before_telegram_hears_that_we_have_it(
    bot_api: BotApi, chat: Person, running: Running, storage: Storage, handler: Handler
) -> None:
    handler.pause_s = 60
    chat.say("one")
    await until(lambda: handler.open)
    async with storage.read() as session:
        (stored,) = await session.inbox.pending(BOT, 10)
    assert '"one"' in stored.payload
    assert stored.attempts == 1


async def test_nothing_is_confirmed_while_it_cannot_be_stored(
    bot_api: BotApi, chat: Person, storage: Storage, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OSError("the disk is gone")

    # The disk is what is faked: a full one cannot be had in a test.
    monkeypatch.setattr(storage, "write", broken)
    parts = Running(bot_api, storage, handler)
    task = asyncio.create_task(parts.run())
    chat.say("one")
    await asyncio.sleep(0.5)
    assert len(bot_api.account.updates) == 1
    monkeypatch.undo()
    await until(lambda: handler.texts == ["one"])
    task.cancel()
    await asyncio.wait([task])


async def test_a_handler_that_fails_does_not_stop_the_next_update(
    chat: Person, running: Running, handler: Handler, storage: Storage
) -> None:
    handler.error = RuntimeError("a bug")
    chat.say("one")
    await asyncio.sleep(0.3)
    handler.error = None
    chat.say("two")
    await until(lambda: handler.texts == ["two"])


class LateReads(Storage):
    """Tells what was read only when the world has gone on."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        async with super().read() as session:
            yield session
        await asyncio.sleep(0.3)


async def test_an_update_that_ends_while_the_next_are_read_is_not_handled_again(
    bot_api: BotApi, chat: Person, storage: Storage, handler: Handler
) -> None:
    parts = Running(bot_api, LateReads(storage.database), handler)
    handler.pause_s = 0.1
    task = asyncio.create_task(parts.run())
    chat.say("one")
    await until(lambda: handler.texts)
    chat.say("two")
    await until(lambda: "two" in handler.texts)
    await asyncio.sleep(0.7)
    assert handler.texts == ["one", "two"]
    task.cancel()
    await asyncio.wait([task])


async def test_an_update_that_kills_the_process_goes_alone_and_is_set_aside_in_the_end(
    bot_api: BotApi, chat: Person, storage: Storage, handler: Handler
) -> None:
    chat.say("poison")
    updates = await bot_api.account.updates.take(offset=0, limit=10, timeout_s=0, allowed=None)
    poison = updates[0]
    async with storage.write() as session:
        await session.inbox.add(BOT, int(str(poison["update_id"])), json.dumps(poison))
        for _ in range(6):
            await session.inbox.begin(BOT, int(str(poison["update_id"])))
    parts = Running(bot_api, storage, handler)
    task = asyncio.create_task(parts.run())
    chat.say("healthy")
    await until(lambda: handler.texts == ["healthy"])
    async with asyncio.timeout(5):
        while True:
            async with storage.read() as session:
                if not await session.inbox.pending(BOT, 10):
                    break
            await asyncio.sleep(0.02)
    assert handler.texts == ["healthy"]
    task.cancel()
    await asyncio.wait([task])


async def test_a_refused_token_ends_the_polling_with_a_config_error(
    bot_api: BotApi, storage: Storage, handler: Handler, world: World
) -> None:
    world.faults.add(Fault("getUpdates", "error", error_code=401, description="Unauthorized"))
    parts = Running(bot_api, storage, handler)
    with pytest.raises(ExceptionGroup) as caught:
        await parts.run()
    assert caught.group_contains(ConfigError, match=r"bots\.main\.token")


async def test_another_poller_and_a_stumbling_server_are_waited_out(
    chat: Person, running: Running, handler: Handler, world: World
) -> None:
    world.faults.add(
        Fault("getUpdates", "error", error_code=409, description="Conflict: terminated by other getUpdates")
    )
    world.faults.add(Fault("getUpdates", "error", error_code=502))
    chat.say("one")
    await until(lambda: handler.texts == ["one"], timeout_s=9)


@pytest.mark.timeout(90)
async def test_kill_9_loses_no_update(bot_api: BotApi, world: World, tmp_path: Path) -> None:
    people = [Person(world, world.new_person(f"P{n}")) for n in range(5)]
    wanted = {f"{person.user.first_name}:{n}" for person in people for n in range(30)}
    said = asyncio.create_task(_talk(people, 30))
    script = str(Path(__file__).parent / "polling_bot.py")
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(
            sys.executable, script, bot_api.url, bot_api.token, str(tmp_path), "0.01"
        )
        await until((tmp_path / "started").exists, timeout_s=60)
        await asyncio.sleep(0.35)
        process.kill()
        await process.wait()
        (tmp_path / "started").unlink()
    await said
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, bot_api.url, bot_api.token, str(tmp_path), "0"
    )
    handled = tmp_path / "handled"
    try:
        await until(lambda: handled.exists() and wanted <= set(handled.read_text().split()), timeout_s=60)
    finally:
        process.kill()
        await process.wait()


async def _talk(people: list[Person], count: int) -> None:
    for n in range(count):
        for person in people:
            person.say(f"{person.user.first_name}:{n}")
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("update", "chat"),
    [
        ({"update_id": 1, "message": {"chat": {"id": 5}, "from": {"id": 6}}}, 5),
        ({"update_id": 1, "callback_query": {"from": {"id": 6}, "message": {"chat": {"id": 7}}}}, 7),
        ({"update_id": 1, "inline_query": {"from": {"id": 6}}}, 6),
        ({"update_id": 1, "poll": {"id": "x"}}, 0),
        ({"update_id": 1}, 0),
    ],
)
def test_updates_are_ordered_by_chat_else_by_person(update: dict[str, object], chat: int) -> None:
    assert chat_of(update) == chat
