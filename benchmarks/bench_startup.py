"""How soon things are there: the help, the bot's first getUpdates, the children, a job after kill -9."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.stage import Stage
from table import Table, is_quick, spread

_LOOK_S = 0.01
_PATIENCE_S = 120.0
_SLOW = "/media/padded-20000000.mp4?kbps=16000"
_MORE = '[log]\nformat = "json"\n'
_BARE_BOT = """
import asyncio, sys
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
bot = Bot(sys.argv[2], session=AiohttpSession(api=TelegramAPIServer.from_base(sys.argv[1])))
asyncio.run(Dispatcher().start_polling(bot, polling_timeout=5))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one start took."""

    wall_s: float
    cpu_s: float


async def main() -> None:
    """Measure and print."""
    rounds = 2 if is_quick(__doc__ or "") else 5
    table = Table("Start-up, seconds", "what", "median", "range", "CPU median")
    help_ = [_command("-m", "fetchgram", "--help") for _ in range(rounds)]
    _row(table, "fetchgram --help", help_)
    _row(table, "python -c pass", [_command("-c", "pass") for _ in range(rounds)])
    _row(table, "python -c 'import aiogram'", [_command("-c", "import aiogram") for _ in range(rounds)])
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        folder = Path(name)
        first = [await _to_first_poll(folder, number) for number in range(rounds)]
        _row(table, "fetchgram run, to its first getUpdates", [Cost(each, 0.0) for each in first])
        bare = [await _bare_to_first_poll(folder) for _ in range(rounds)]
        _row(table, "bare aiogram, to its first getUpdates", [Cost(each, 0.0) for each in bare])
        resumed = [await _to_resumed_job(folder, number) for number in range(rounds)]
        _row(table, "restart after kill -9, to the job's own work", [Cost(each, 0.0) for each in resumed])
        for pool, times in _warm_ups(folder).items():
            _row(table, f"  of it: imports of the children of {pool!r}", [Cost(each, 0.0) for each in times])
    table.note("CPU is user and system time of the process and its children. Aim: `--help` under 0.5 s of CPU.")
    table.note(
        "Bound: imports (aiogram, SQLAlchemy, pydantic) and the first database; children import beside one another."
    )
    table.show()


def _command(*arguments: str) -> Cost:
    began, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.perf_counter() - began, cpu_s)


async def _to_first_poll(folder: Path, number: int) -> float:
    async with Stage(folder / "clips") as stage:
        config = write_config(stage, folder / f"bot-{number}", more=_MORE)
        began = time.perf_counter()
        async with BotProcess(config, log=folder / f"bot-{number}" / "bot.log"):
            await _polled(stage)
            return time.perf_counter() - began


async def _bare_to_first_poll(folder: Path) -> float:
    async with Stage(folder / "clips") as stage:
        began = time.perf_counter()
        command = (sys.executable, "-c", _BARE_BOT, stage.api.url, stage.api.token)
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        await _polled(stage)
        elapsed_s = time.perf_counter() - began
        process.kill()
        await process.wait()
        return elapsed_s


async def _to_resumed_job(folder: Path, number: int) -> float:
    """Kill a bot in the middle of a download; return how long the next one takes to start that job again."""
    own = folder / f"killed-{number}"
    log = own / "bot.log"
    async with Stage(folder / "clips", limits=Limits.unhurried()) as stage:
        config = write_config(stage, own, more=_MORE)
        async with BotProcess(config, log=log) as bot:
            person = stage.person
            person.say(f"{stage.site.url}{_SLOW}")
            card = await person.wait_for(lambda message: len(message.buttons) > 1, _PATIENCE_S)
            person.tap(card, card.buttons[0])
            await _logged(log, "job.started", 1)
            await bot.kill()
            began = time.time()
            await bot.start()
            return await _logged(log, "job.started", 2) - began


async def _polled(stage: Stage) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not stage.is_polled:
            await asyncio.sleep(_LOOK_S)


async def _logged(log: Path, event: str, times: int) -> float:
    """Wait until an event is in the log so many times; return when the last of them was."""
    async with asyncio.timeout(_PATIENCE_S):
        while len(found := [each for each in _events(log) if each["event"] == event]) < times:
            await asyncio.sleep(_LOOK_S)
    return datetime.fromisoformat(str(found[times - 1]["timestamp"])).timestamp()


def _events(log: Path) -> list[dict[str, object]]:
    if not log.exists():
        return []
    lines = log.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def _warm_ups(folder: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for log in folder.glob("*/bot.log"):
        for event in _events(log):
            if event["event"] == "worker.pool_started":
                found.setdefault(str(event["pool"]), []).append(float(str(event["warm_up_s"])))
    return found


def _row(table: Table, name: str, costs: Sequence[Cost]) -> None:
    walls, cpus = [each.wall_s for each in costs], [each.cpu_s for each in costs]
    cpu = f"{statistics.median(cpus):.2f}" if any(cpus) else ""
    table.row(name, f"{statistics.median(walls):.2f}", spread(walls), cpu)


if __name__ == "__main__":
    asyncio.run(main())
