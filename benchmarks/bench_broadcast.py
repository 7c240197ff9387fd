"""A broadcast: at Telegram's own rates, to 100,000 people, killed twice, beside a bare loop, and what people notice."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import psutil
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramRetryAfter
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from sqlalchemy import func, select

from fetchgram.clock import SystemClock
from fetchgram.model import Broadcast, BroadcastState, Circle, Person, Post, Recipients
from fetchgram.settings import BotSettings, Settings
from fetchgram.storage import Storage, open_storage
from fetchgram.storage.broadcast_tables import broadcast_sends
from fetchgram.telegram.broadcast import Broadcaster
from fetchgram.telegram.client import build_client
from fetchgram.telegram.flood import Line
from fetchgram.texts import Texts
from fetchgram_sandbox.bot_process import BotProcess
from stage_process import StageProcess
from table import Table, is_quick, percentile, ratio, silence_logs

_NEWS = "News for everybody"
_UNBOUND = "[delivery]\nmessages_per_s = 100000\nchat_interval_s = 0\n"
_AT_ONCE = 5_000
_LOOK_S = 0.1
_WIDTH = 96
"""Calls at once of the bare loop: as many as ours."""
_KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="🔕 No more news like this", callback_data="news.off")]]
)
"""The same as under ours."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a broadcast."""

    broadcast: Broadcast
    seconds: float
    refused: int
    memory_mb: Sequence[float]

    @property
    def per_s(self) -> float:
        """Messages a second."""
        return self.broadcast.tally.delivered / self.seconds


@dataclass(frozen=True, slots=True)
class Bare:
    """What came of a bare loop."""

    per_s: float
    refused: int


async def main() -> None:
    """Measure and print."""
    quick = is_quick(__doc__ or "")
    silence_logs()
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        folder = Path(name)
        await _real_rates(folder, 300 if quick else 3_000)
        await _many(folder, 5_000 if quick else 100_000)
        await _killed(folder, 1_000 if quick else 10_000)
        await _paid(folder, 2_000 if quick else 10_000, 1 if quick else 3)
        await _answers(folder, 20 if quick else 60)


async def _real_rates(folder: Path, people: int) -> None:
    table = Table(f"Broadcast to {people} people at Telegram's rates", "way", "messages/s", "delivered", "429")
    async with StageProcess(folder / "clips", people=people, has_rates=True) as stage:
        sent = await _broadcast(stage, folder / "real", Settings())
    table.row("fetchgram", f"{sent.per_s:.2f}", str(sent.broadcast.tally.delivered), str(sent.refused))
    table.note("The server refuses more than 30 a second, 1 a second in a chat (3 in 3 s), 20 a minute in a group.")
    table.note("Aim: >= 29 a second without one refusal.")
    table.show()


async def _many(folder: Path, people: int) -> None:
    table = Table(f"Broadcast to {people} people, rates scaled up", "way", "messages/s", "MB at 10 %", "MB at the end")
    settings = _with_delivery(messages_per_s=100_000, chat_interval_s=0)
    async with StageProcess(folder / "clips", people=people) as stage:
        sent = await _broadcast(stage, folder / "many", settings)
    memory = sent.memory_mb
    table.row("fetchgram", f"{sent.per_s:.0f}", f"{memory[len(memory) // 10]:.0f}", f"{memory[-1]:.0f}")
    table.note(f"Delivered: {sent.broadcast.tally.delivered}, refused: {sent.refused}. Aim: memory does not grow.")
    table.show()


async def _killed(folder: Path, people: int) -> None:
    """Kill the bot at a third and at two thirds of the way, and count what everybody has in the end."""
    columns = ("delivered", "uncertain", "under way at kills", "one copy", "none", "more", "MB of each run")
    table = Table(f"kill -9 twice in a broadcast to {people} people", "way", *columns)
    async with StageProcess(folder / "clips", people=people) as stage:
        config, doubtful, memory = _config(stage, folder / "killed", _UNBOUND), 0, []
        storage = await open_storage(None, config.parent / "data")
        number = await _start(storage, stage, stage.people)
        for share in (1 / 3, 2 / 3, 1):
            async with BotProcess(config, log=config.parent / "bot.log") as bot:
                memory.append(await _until(storage, number, int(people * share), bot.pid))
                if share < 1:
                    await bot.kill()
                    doubtful += await _under_way(storage, number)
        tally = (await _look(storage, number)).tally
        copies = Counter([await _copies(stage, person) for person in stage.people])
        await storage.close()
    # The first one's own message is the original.
    told = [str(copies[1]), str(copies[0]), str(sum(n for each, n in copies.items() if each > 1))]
    sizes = ", ".join(f"{first:.0f}–{last:.0f}" for first, last in memory)
    table.row("fetchgram", str(tally.delivered), str(tally.uncertain), str(doubtful), *told, sizes)
    table.note("Aim: nobody has more than one; uncertain are those that were under way at a kill, and no others.")
    table.show()


async def _until(storage: Storage, number: int, handled: int, pid: int) -> tuple[float, float]:
    """Wait until so many had their turn; returns the memory of the bot while it sends, first and last, in MB."""
    memory: list[float] = []
    before = (await _look(storage, number)).tally.handled
    while (now := await _look(storage, number)).tally.handled < handled and now.state is BroadcastState.RUNNING:
        if now.tally.handled > before:
            memory.append(psutil.Process(pid).memory_info().rss / 1e6)
        await asyncio.sleep(_LOOK_S / 4)
    return memory[0], memory[-1]


async def _under_way(storage: Storage, number: int) -> int:
    sending = (broadcast_sends.c.broadcast_id == number, broadcast_sends.c.state == "sending")
    async with storage.read() as session:
        found = await session.execute(select(func.count()).select_from(broadcast_sends).where(*sending))
        return int(found.scalar_one())


async def _copies(stage: StageProcess, person: int) -> int:
    messages = await stage.messages(person)
    return sum(message.get("text") == _NEWS and message["from"]["is_bot"] for message in messages)


async def _paid(folder: Path, people: int, rounds: int) -> None:
    table = Table(f"Broadcast to {people} people as fast as it goes", "way", "messages/s", "of bare", "429")
    sold, free = _with_delivery(paid_broadcasts=True), _with_delivery(messages_per_s=100_000, chat_interval_s=0)
    for name, settings, has_rates in (("paid: 1,000 a second", sold, True), ("a server without rates", free, False)):
        bare: list[Bare] = []
        ours: list[Sent] = []
        for number in range(rounds):
            async with StageProcess(folder / "clips", people=people, has_rates=has_rates) as stage:
                bare.append(await _bare(stage))
            async with StageProcess(folder / "clips", people=people, has_rates=has_rates) as stage:
                ours.append(await _broadcast(stage, folder / f"{has_rates}-{number}", settings))
        theirs, own = statistics.median(each.per_s for each in bare), statistics.median(each.per_s for each in ours)
        table.row(f"{name}, bare aiogram", f"{theirs:.0f}", "1.00", str(max(each.refused for each in bare)))
        table.row(f"{name}, fetchgram", f"{own:.0f}", ratio(own, theirs), str(max(each.refused for each in ours)))
    table.note(f"Bare: {_WIDTH} copies at once, nothing on record, a 429 is waited out by whoever got it.")
    table.note("Fetchgram leaves 30 of the 1,000 to people. Median of rounds. Aim: >= 0.8 of the bare loop.")
    table.show()


async def _answers(folder: Path, questions: int) -> None:
    table = Table(
        "Answers to people (/help) without and with a broadcast at 30 a second", "way", "p50 ms", "p99 ms", "x"
    )
    async with StageProcess(folder / "clips", people=3_000, has_rates=True) as stage:
        config = _config(stage, folder / "answers")
        async with BotProcess(config, log=config.parent / "bot.log"):
            await _answered(stage, stage.people[0])
            alone = [await _answered(stage, stage.people[0]) for _ in range(questions)]
            storage = await open_storage(None, config.parent / "data")
            await _start(storage, stage, stage.people[1:])
            while not await stage.messages(stage.people[1]):
                await asyncio.sleep(_LOOK_S)
            beside = [await _answered(stage, stage.people[0]) for _ in range(questions)]
            await storage.close()
    for way, times in (("without a broadcast", alone), ("with a broadcast", beside)):
        p50, p99 = percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000
        table.row(way, f"{p50:.0f}", f"{p99:.0f}", ratio(p50, percentile(alone, 0.5) * 1000))
    table.note("Asked once a second, seen in the chat by asking the server every 5 ms. People go first: who was")
    table.note("answered lately finds a place free; others wait for the next of 30 a second, 33 ms at the most.")
    table.show()


def _config(stage: StageProcess, folder: Path, more: str = "") -> Path:
    folder.mkdir()
    config = folder / "fetchgram.toml"
    config.write_text(
        f'data_dir = "{folder / "data"}"\n[bots.main]\ntoken = "{stage.token}"\napi_url = "{stage.url}"\n'
        f'[plugins]\nonly = ["ytdlp"]\n{more}'
    )
    return config


async def _answered(stage: StageProcess, person: int) -> float:
    """Return how long an answer takes."""
    before = len(await stage.messages(person))
    await stage.say(person, "/help")
    began = time.perf_counter()
    while len(await stage.messages(person)) < before + 2:
        await asyncio.sleep(0.005)
    took = time.perf_counter() - began
    await asyncio.sleep(1.05)
    return took


async def _broadcast(stage: StageProcess, folder: Path, settings: Settings) -> Sent:
    clock, texts = SystemClock(), Texts.load({"telegram": resources.files("fetchgram.telegram")})
    bot = build_client("main", BotSettings.model_validate({"token": stage.token, "api_url": stage.url}))
    folder.mkdir()
    storage = await open_storage(None, folder)
    line = Line(bot, settings.delivery, clock)
    broadcaster = Broadcaster(line=line, settings=settings, storage=storage, texts=texts, clock=clock)
    number = await _start(storage, stage, stage.people)
    began, memory = time.perf_counter(), []
    work = asyncio.ensure_future(broadcaster.run())
    while (now := await _look(storage, number)).state is BroadcastState.RUNNING:
        memory.append(psutil.Process().memory_info().rss / 1e6)
        await asyncio.sleep(_LOOK_S)
    seconds = time.perf_counter() - began
    work.cancel()
    await asyncio.wait([work])
    await bot.session.close()
    await storage.close()
    return Sent(now, seconds, await stage.refusals(), memory)


async def _start(storage: Storage, stage: StageProcess, people: Sequence[int]) -> int:
    """Let the bot know the people, and a broadcast of the first one's message begin."""
    bot_id, author = int(stage.token.partition(":")[0]), stage.people[0]
    for at in range(0, len(people), _AT_ONCE):
        async with storage.write() as session:
            for person in people[at : at + _AT_ONCE]:
                await session.people.seen(Person(bot_id=bot_id, id=person))
                await session.people.chat_seen(bot_id, person, "private", None)
    await stage.say(author, _NEWS)
    message = (await stage.messages(author))[-1]["message_id"]
    async with storage.write() as session:
        post, everybody = Post(chat=author, message_ids=(message,)), Recipients(circle=Circle.ALL)
        draft = await session.broadcasts.add(bot_id, author, post, everybody)
        await session.broadcasts.start(draft.id, len(people))
    return draft.id


async def _look(storage: Storage, number: int) -> Broadcast:
    async with storage.read() as session:
        found = await session.broadcasts.get(number)
    if found is None:
        raise RuntimeError("the broadcast is gone")
    return found


async def _bare(stage: StageProcess) -> Bare:
    """Send as fast as aiogram does."""
    bot = Bot(stage.token, session=AiohttpSession(api=TelegramAPIServer.from_base(stage.url)))
    author, refused = stage.people[0], 0
    await stage.say(author, _NEWS)
    message = (await stage.messages(author))[-1]["message_id"]
    waiting = iter(stage.people)
    began = time.perf_counter()

    async def send() -> None:
        nonlocal refused
        for person in waiting:
            while True:
                try:
                    await bot.copy_message(person, author, message, allow_paid_broadcast=True, reply_markup=_KEYBOARD)
                except TelegramRetryAfter as error:
                    refused += 1
                    await asyncio.sleep(error.retry_after)
                else:
                    break

    async with asyncio.TaskGroup() as group:
        for _ in range(_WIDTH):
            group.create_task(send())
    seconds = time.perf_counter() - began
    await bot.session.close()
    return Bare(len(stage.people) / seconds, refused)


def _with_delivery(**delivery: object) -> Settings:
    return Settings.model_validate({"delivery": delivery})


if __name__ == "__main__":
    asyncio.run(main())
