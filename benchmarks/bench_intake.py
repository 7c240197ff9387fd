"""Intake of updates: stored before they are confirmed, then handled, beside bare aiogram, which confirms first."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message, Update

from fetchgram.clock import SystemClock
from fetchgram.settings import BotSettings, DeliverySettings
from fetchgram.storage import Storage, open_storage
from fetchgram.telegram.client import build_client
from fetchgram.telegram.flood import Line
from fetchgram.telegram.inbox import Inbox
from fetchgram.telegram.polling import Polling
from stage_process import StageProcess
from table import Table, is_quick, ratio, silence_logs

_PEOPLE = 500
_LOOK_S = 0.02
_COLUMNS = ("way", "updates/s", "of bare", "CPU us an update", "x bare")


@dataclass(frozen=True, slots=True)
class Spent:
    """Time that passed, or that this process worked."""

    wall_s: float
    cpu_s: float

    @classmethod
    def since(cls, before: Spent | None = None) -> Spent:
        """Read the clocks; with an earlier reading, what passed since."""
        start = before or cls(0.0, 0.0)
        return cls(time.perf_counter() - start.wall_s, time.process_time() - start.cpu_s)


Way = Callable[[StageProcess, Path, int], Awaitable[Spent]]


async def main() -> None:
    """Measure and print."""
    quick = is_quick(__doc__ or "")
    updates, rounds = (2_000, 1) if quick else (5_000, 5)
    silence_logs()
    table = Table(
        f"Intake: {updates} waiting updates of {_PEOPLE} chats",
        "way",
        "updates/s",
        "of bare",
        "CPU us an update",
        "x bare",
    )
    ways: dict[str, Way] = {
        "bare aiogram polling, empty handler": _bare,
        "fetchgram: stored, confirmed": _stored,
        "fetchgram: stored, confirmed, handled, marked": _handled,
    }
    found: dict[str, list[Spent]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        for number in range(rounds):
            for way, measure in ways.items():
                folder = Path(name) / f"{number}-{len(way)}"
                async with StageProcess(Path(name) / "clips", people=_PEOPLE, updates=updates) as stage:
                    found[way].append(await measure(stage, folder, updates))
    bare_s, bare_cpu_s = _medians(next(iter(found.values())))
    for way, spent in found.items():
        wall_s, cpu_s = _medians(spent)
        shown = (f"{updates / wall_s:.0f}", ratio(bare_s, wall_s), f"{cpu_s / updates * 1e6:.0f}")
        table.row(way, *shown, ratio(cpu_s, bare_cpu_s))
    table.note("The sandbox runs in a process of its own; each round has a fresh one. Median of rounds.")
    table.note("Bound: parsing updates (bare), the flush of the write-ahead log (ours). Aim: stored >= 0.7 of bare.")
    table.show()


def _medians(spent: list[Spent]) -> tuple[float, float]:
    return statistics.median(each.wall_s for each in spent), statistics.median(each.cpu_s for each in spent)


async def _bare(stage: StageProcess, _folder: Path, updates: int) -> Spent:
    done = _Count(updates)
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def handle(_message: Message) -> None:
        done.one()

    bot = Bot(stage.token, session=AiohttpSession(api=TelegramAPIServer.from_base(stage.url)))
    began = Spent.since()
    polling = asyncio.ensure_future(
        dispatcher.start_polling(bot, handle_signals=False, allowed_updates=["message"], polling_timeout=5)
    )
    await done.reached.wait()
    spent = Spent.since(began)
    await dispatcher.stop_polling()
    await polling
    return spent


async def _stored(stage: StageProcess, folder: Path, updates: int) -> Spent:
    return await _ours(stage, folder, updates, is_handled=False)


async def _handled(stage: StageProcess, folder: Path, updates: int) -> Spent:
    return await _ours(stage, folder, updates, is_handled=True)


async def _ours(stage: StageProcess, folder: Path, updates: int, *, is_handled: bool) -> Spent:
    clock, news = SystemClock(), asyncio.Event()
    bot = build_client("main", BotSettings.model_validate({"token": stage.token, "api_url": stage.url}))
    folder.mkdir()
    storage = await open_storage(None, folder)
    inbox = Inbox(bot=bot, storage=storage, clock=clock, handle=_nothing)

    def hear() -> None:
        news.set()
        inbox.wake()

    line = Line(bot, DeliverySettings(), clock)
    polling = Polling(name="main", line=line, storage=storage, clock=clock, on_news=hear)
    began = Spent.since()
    work = [asyncio.ensure_future(polling.run()), *([asyncio.ensure_future(inbox.run())] if is_handled else [])]
    await _until_stored(storage, bot.id, updates, news)
    if is_handled:
        await _until_marked(storage, bot.id)
    spent = Spent.since(began)
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    await bot.session.close()
    await storage.close()
    return spent


async def _nothing(_update: Update) -> None:
    """Handle an update as the empty handler of the other side does."""


async def _until_stored(storage: Storage, bot_id: int, updates: int, news: asyncio.Event) -> None:
    last = 0
    while last < updates:
        await news.wait()
        news.clear()
        async with storage.read() as session:
            last = await session.inbox.last_update_id(bot_id) or 0


async def _until_marked(storage: Storage, bot_id: int) -> None:
    while True:
        async with storage.read() as session:
            if not await session.inbox.pending(bot_id, 1):
                return
        await asyncio.sleep(_LOOK_S)


class _Count:
    """Counts to a number.

    Args:
        wanted: The number.

    Attributes:
        reached: Set when it is there.
    """

    def __init__(self, wanted: int) -> None:
        self._left = wanted
        self.reached = asyncio.Event()

    def one(self) -> None:
        """Count one."""
        self._left -= 1
        if self._left == 0:
            self.reached.set()


if __name__ == "__main__":
    asyncio.run(main())
