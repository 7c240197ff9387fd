"""A playlist of 50 through the bot, beside raw yt-dlp on the same playlist and a curl upload of each of its files."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.live_bot import ready
from fetchgram_sandbox.net import Line, Shaper
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.stage import Stage
from table import Table, is_quick, ratio

_PATIENCE_S = 600.0
_LOOK_S = 0.05
_MIB = 1024 * 1024
_LINES = (("as fast as it goes", None), ("4 Mbit/s a connection, both ways", 4000))
_MORE = "[delivery]\nchat_interval_s = 0\nmessages_per_s = 1000\n[limits]\nlist_items = 100\n"


@dataclass(frozen=True, slots=True)
class Run:
    """How one playlist went: seconds, and the bot's memory (USS, MiB) after a fifth, after the half, at the end."""

    seconds: float
    memory: tuple[float, ...] = ()


async def main() -> None:
    """Measure and print."""
    count = 10 if is_quick(__doc__ or "") else 50
    table = Table(f"A playlist of {count}", "line", "way", "s", "files/s", "of raw", "USS after 1/5", "1/2", "all")
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        folder = Path(name)
        async with Stage(folder / "clips", limits=Limits.unhurried()) as stage, _shaped(stage) as shaper:
            config = write_config(stage, folder, more=_MORE)
            config.write_text(config.read_text().replace(stage.api.url, f"http://127.0.0.1:{shaper.port}"))
            async with BotProcess(config, log=folder / "bot.log") as bot:
                await ready(stage, bot)
                bench = Bench(stage, shaper, folder, count)
                await bench.ours(bot.pid, None, warm_up=True)
                for line, kbps in _LINES:
                    raw, ours = await bench.raw(kbps), await bench.ours(bot.pid, kbps)
                    for way, run in (("fetchgram", ours), ("yt-dlp, then curl for each", raw)):
                        rate, memory = f"{count / run.seconds:.1f}", (f"{mib:.0f}" for mib in run.memory)
                        table.row(line, way, f"{run.seconds:.1f}", rate, ratio(run.seconds, raw.seconds), *memory)
    table.note("Clips of 166 kB. Raw: one `yt-dlp` for the whole playlist, then one `curl` after the other.")
    table.note("Ours: a tap, then for each a look, a download through the guarded proxy, a picture, durable steps, an")
    table.note("upload; four at once, one upload at a time. Bound: the processor at full speed, else the line.")
    table.show()


def _shaped(stage: Stage) -> Shaper:
    """Return the line between the bot, or curl, and the Bot API."""
    return Shaper(int(stage.api.url.rpartition(":")[2]))


class Bench:
    """One stage and the ways to bring a playlist from its site to its server.

    Args:
        stage: The sandbox, with a bot on it.
        shaper: The line to its Bot API.
        folder: Where the raw tools keep their files.
        count: Items.
    """

    def __init__(self, stage: Stage, shaper: Shaper, folder: Path, count: int) -> None:
        self._stage, self._shaper, self._folder, self._count = stage, shaper, folder, count
        self._number = 0

    async def ours(self, pid: int, kbps: int | None, *, warm_up: bool = False) -> Run:
        """Send the link, take all, and wait for the last file."""
        count = 4 if warm_up else self._count
        person, bot = self._stage.person, psutil.Process(pid)
        person.say(self._url(kbps, count))
        picker = await person.wait_for(lambda message: _has(message, "Numbers"), _PATIENCE_S)
        await person.tap_and_wait(picker, "All", _PATIENCE_S)
        before, began = self._files(), time.monotonic()
        person.tap(picker, f"Get {count} items")
        memory = []
        for share in (count // 5, count // 2, count):
            while self._files() < before + share:
                await asyncio.sleep(_LOOK_S)
            memory.append((share, bot.memory_full_info().uss / _MIB))
        seconds = time.monotonic() - began
        await person.wait_for(lambda message: f"{count} of {count} arrived" in message.text, _PATIENCE_S)
        return Run(seconds, tuple(mib for _, mib in memory))

    async def raw(self, kbps: int | None) -> Run:
        """Fetch the playlist, then upload file after file."""
        folder = self._folder / f"raw-{self._number}"
        url, began = self._url(kbps, self._count), time.monotonic()
        output = str(folder / "%(playlist_index)s.%(ext)s")
        await _run(sys.executable, "-m", "yt_dlp", "--ignore-config", "-q", "--no-warnings", "-o", output, url)
        api, chat = f"http://127.0.0.1:{self._shaper.port}/bot{self._stage.api.token}", self._stage.person.id
        for number in range(1, self._count + 1):
            path = next(path for path in folder.iterdir() if int(path.stem) == number)
            form = ("-F", f"chat_id={chat}", "-F", f"video=@{path};type=video/mp4")
            await _run("curl", "-sSf", "-o", "/dev/null", *form, f"{api}/sendVideo")
        return Run(time.monotonic() - began)

    def _url(self, kbps: int | None, count: int) -> str:
        """Return a playlist that no cache knows, and set the line to the same speed."""
        self._number += 1
        self._shaper.line = Line(bytes_per_s=kbps * 1000 / 8 if kbps else None)
        speed = f"&kbps={kbps}" if kbps else ""
        return f"{self._stage.site.url}/list/{count}?n={self._number}{speed}"

    def _files(self) -> int:
        bot = self._stage.world.bot.id
        return sum(m.file is not None and m.sender_id == bot for m in self._stage.person.messages())


def _has(message: Message, label: str) -> bool:
    return any(label in button.label for button in message.buttons)


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait() != 0:
        raise RuntimeError(f"{command[0]} failed")


if __name__ == "__main__":
    asyncio.run(main())
