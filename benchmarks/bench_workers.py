"""What a job costs in processor time on many machines: how many jobs an hour a core carries, by role."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import psutil

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.live_bot import UNHURRIED, ready
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.postgres import PostgresServer
from fetchgram_sandbox.stage import Stage
from table import Table, is_quick

_MORE = f'{UNHURRIED}[limits]\nlinks_per_minute = 1000\n[plugins]\nonly = ["ytdlp"]\n[database]\nurl = '
_PATIENCE_S = 300.0
_HOUR_S = 3600.0


async def main() -> None:
    """Measure and print."""
    jobs = 6 if is_quick(__doc__ or "") else 40
    table = Table("Processor time of a job, a video of 0.75 MB", "role", "CPU s a job", "jobs/h a core", "USS MiB")
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name, PostgresServer(durable=True) as server:
        folder = Path(name)
        async with Stage(folder / "clips", limits=Limits.unhurried()) as stage, AsyncExitStack() as stack:
            more = _MORE + json.dumps(server.create("bench")) + "\n"
            parts = {part: await _started(stack, stage, folder / part, part, more) for part in ("bot", "worker")}
            await _carry(stage, 3, "warm")  # imports, caches and the first children
            before = {part: _cpu_s(pid) for part, pid in parts.items()}
            began = time.perf_counter()
            await _carry(stage, jobs, "cold")
            took_s = time.perf_counter() - began
            spent = {part: _cpu_s(pid) - before[part] for part, pid in parts.items()}
            for part, pid in parts.items():
                each = spent[part] / jobs
                table.row(part, f"{each:.2f}", f"{_HOUR_S / each:.0f}", f"{_uss_mib(pid):.0f}")
            table.note(f"{jobs} links of {jobs} people, each chosen, downloaded and delivered: {took_s:.0f} s in all.")
    table.note("With children. PostgreSQL, site and Telegram are on this machine too, and not counted.")
    table.note("A longer video costs its bytes besides (see bench_tap_to_file), post-processing its own time.")
    table.show()


async def _started(stack: AsyncExitStack, stage: Stage, folder: Path, part: str, more: str) -> int:
    log = folder.with_suffix(".log")
    process = await stack.enter_async_context(BotProcess(write_config(stage, folder, more=more), log=log, part=part))
    if part == "bot":
        await ready(stage, process, log=log)
    else:
        async with asyncio.timeout(_PATIENCE_S):
            while not log.exists() or "process.started" not in log.read_text(encoding="utf-8"):
                await asyncio.sleep(0.1)
    return process.pid


async def _carry(stage: Stage, jobs: int, name: str) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(jobs):
            person = Person(stage.world, stage.world.new_person(f"{name}{number}"))
            group.create_task(_one(person, f"{stage.site.url}/watch/colours?{name}={number}"))


async def _one(person: Person, link: str) -> None:
    person.say(link)
    card = await person.wait_for(lambda message: len(message.buttons) > 1, _PATIENCE_S)
    await person.tap_and_wait(card, "720p", _PATIENCE_S)
    await person.wait_for(_is_video, _PATIENCE_S)


def _is_video(message: Message) -> bool:
    return message.file is not None and message.file.kind == "video" and not message.keyboard


def _cpu_s(pid: int) -> float:
    """Return the processor time of a process, its living children, and all that they have buried."""
    own = psutil.Process(pid)
    times = [each.cpu_times() for each in (own, *own.children(recursive=True))]
    return sum(each.user + each.system + each.children_user + each.children_system for each in times)


def _uss_mib(pid: int) -> float:
    own = psutil.Process(pid)
    return float(sum(each.memory_full_info().uss for each in (own, *own.children(recursive=True)))) / 2**20


if __name__ == "__main__":
    asyncio.run(main())
