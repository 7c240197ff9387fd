"""Memory of the bot and of each of its children, at rest and with four downloads running."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections import defaultdict
from pathlib import Path

import psutil

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.live_bot import ready
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.stage import Stage
from table import Table, is_quick

_DOWNLOADS = 4
_REST_S = 2.0
_LOOK_S = 0.25
_KBPS = 80_000
_PATIENCE_S = 120.0
_MIB = 1024 * 1024
_HOME = re.compile(r"/fetchgram-([a-z_]+)-")
_MORE = (
    f"[work]\njobs = {_DOWNLOADS}\ndownloads = {_DOWNLOADS}\n[delivery]\nbotapi_max = 2000000000\nchat_interval_s = 0\n"
)

Memory = dict[int, tuple[str, int, int]]
"""By process id: what it is, resident bytes, bytes that are its alone."""


async def main() -> None:
    """Measure and print."""
    size_bytes = 50_000_000 if is_quick(__doc__ or "") else 200_000_000
    table = Table("Memory, MiB", "process", "count", "RSS rest", "USS rest", "RSS busy", "USS busy")
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        folder = Path(name)
        stage = Stage(folder / "clips", limits=_limits())
        async with stage, BotProcess(write_config(stage, folder, more=_MORE), log=folder / "bot.log") as bot:
            await ready(stage, bot)
            await asyncio.sleep(_REST_S)
            rest = _look(bot.pid)
            busy = await _peak(stage, bot.pid, size_bytes)
    for kind in dict.fromkeys([*(each[0] for each in rest.values()), *(each[0] for each in busy.values())]):
        table.row(kind, *_cells(kind, rest, busy))
    table.row("all together (USS)", "", "", _sum(rest), "", _sum(busy))
    table.note(
        f"Busy: the largest of each process while {_DOWNLOADS} files of {size_bytes // 1_000_000} MB come and go."
    )
    table.note(
        "Several of a kind: the largest. RSS counts pages that forked children share once each; USS is theirs alone."
    )
    table.note(
        "Bound: the imports (aiogram, SQLAlchemy; yt-dlp, PyAV in children). A file is never in memory as a whole."
    )
    table.show()


async def _peak(stage: Stage, pid: int, size_bytes: int) -> Memory:
    """Return the largest that each process had until all files arrived."""
    people = [Person(stage.world, stage.world.new_person(f"Person {number}")) for number in range(_DOWNLOADS)]
    url = f"{stage.site.url}/media/padded-{size_bytes}.mp4?kbps={_KBPS}"
    work = asyncio.gather(*(_fetch(person, f"{url}&n={person.id}") for person in people))
    most: Memory = {}
    while not work.done():
        for child, (kind, rss, uss) in (await asyncio.to_thread(_look, pid)).items():
            _, rss_before, uss_before = most.get(child, (kind, 0, 0))
            most[child] = (kind, max(rss, rss_before), max(uss, uss_before))
        await asyncio.sleep(_LOOK_S)
    await work
    return most


async def _fetch(person: Person, url: str) -> None:
    person.say(url)
    card = await person.wait_for(lambda message: len(message.buttons) > 1, _PATIENCE_S)
    person.tap(card, card.buttons[0])
    await person.wait_for(lambda message: message.file is not None, _PATIENCE_S)


def _look(pid: int) -> Memory:
    bot = psutil.Process(pid)
    found: Memory = {}
    for process in [bot, *bot.children(recursive=True)]:
        try:
            used = process.memory_full_info()
            kind = "bot" if process.pid == pid else _kind(process, pid)
        except psutil.Error:
            continue
        found[process.pid] = (kind, used.rss, used.uss)
    return found


def _kind(process: psutil.Process, bot: int) -> str:
    """Name a child by its pool, whose name is in the private home that its command line tells."""
    pool = _HOME.search(" ".join(process.cmdline()))
    if pool is None:
        return process.name()
    return f"pool {pool[1]}: {'nursery' if process.ppid() == bot else 'child'}"


def _cells(kind: str, rest: Memory, busy: Memory) -> tuple[str, ...]:
    groups: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for state, memory in (("rest", rest), ("busy", busy)):
        groups[state] = [(rss, uss) for found, rss, uss in memory.values() if found == kind]
    sizes = (_largest(groups[state], at) for state in ("rest", "busy") for at in (0, 1))
    return (f"{len(groups['rest'])}/{len(groups['busy'])}", *sizes)


def _largest(sizes: list[tuple[int, int]], at: int) -> str:
    return f"{max(size[at] for size in sizes) / _MIB:.0f}" if sizes else "-"


def _sum(memory: Memory) -> str:
    return f"{sum(uss for _, _, uss in memory.values()) / _MIB:.0f}"


def _limits() -> Limits:
    return Limits(upload_bytes=Limits.local_server().upload_bytes, overall=None, private=None, group=None)


if __name__ == "__main__":
    asyncio.run(main())
