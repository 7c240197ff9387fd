"""A YouTube playlist of 50 through the bot, beside raw yt-dlp on the same playlist and a curl upload of each file."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from imageio_ffmpeg import get_ffmpeg_exe

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
_SLOW_KBPS = 4000
_LINES = (("as fast as it goes", "v"), ("4 Mbit/s a connection, both ways", "t"))
"""What it is called, and the letter of the sandbox's videos that come so."""
_HEIGHT_PX = 144
_MORE = f"""
[delivery]
chat_interval_s = 0
messages_per_s = 1000
[limits]
list_items = 100
[plugin.youtube]
max_height_px = {_HEIGHT_PX}
"""
_FORMAT = f"bv*[height<={_HEIGHT_PX}]+ba[ext=m4a]"


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
                await bench.ours(bot.pid, "v", warm_up=True)
                for line, letter in _LINES:
                    raw, ours = await bench.raw(letter), await bench.ours(bot.pid, letter)
                    for way, run in (("fetchgram", ours), ("yt-dlp, then curl for each", raw)):
                        rate, memory = f"{count / run.seconds:.1f}", (f"{mib:.0f}" for mib in run.memory)
                        table.row(line, way, f"{run.seconds:.1f}", rate, ratio(run.seconds, raw.seconds), *memory)
    table.note(
        "144p, picture and sound merged. Raw: one `yt-dlp` for the whole playlist, then one `curl` after the other."
    )
    table.note("Ours: a tap, then for each a look, a download through the guarded proxy, a picture, durable steps, an")
    table.note("upload; three at once, one upload at a time. Bound: the processor at full speed, else the line.")
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
        self._next = 1

    async def ours(self, pid: int, letter: str, *, warm_up: bool = False) -> Run:
        """Send the link, take all, and wait for the last file."""
        count = 4 if warm_up else self._count
        person, bot = self._stage.person, psutil.Process(pid)
        person.say(self._url(letter, count))
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

    async def raw(self, letter: str) -> Run:
        """Fetch the playlist, then upload file after file."""
        folder = self._folder / f"raw-{self._next}"
        url, began = self._url(letter, self._count), time.monotonic()
        await self._download(url, str(folder / "%(playlist_index)s.%(ext)s"))
        api, chat = f"http://127.0.0.1:{self._shaper.port}/bot{self._stage.api.token}", self._stage.person.id
        for number in range(1, self._count + 1):
            path = next(path for path in folder.iterdir() if int(path.stem) == number)
            form = ("-F", f"chat_id={chat}", "-F", f"video=@{path};type=video/mp4")
            await _run("curl", "-sSf", "-o", "/dev/null", *form, f"{api}/sendVideo")
        return Run(time.monotonic() - began)

    async def _download(self, url: str, output: str) -> None:
        web = self._stage.web
        options = ("--ignore-config", "-q", "--no-warnings", "--no-js-runtimes", "--compat-options", "no-certifi")
        choice = ("-f", _FORMAT, "--merge-output-format", "mp4", "--ffmpeg-location", get_ffmpeg_exe())
        command = (sys.executable, "-m", "yt_dlp", *options, *choice, "--proxy", web.proxy_url, "-o", output, url)
        await _run(*command, SSL_CERT_FILE=str(web.ca_file))

    def _url(self, letter: str, count: int) -> str:
        """Return a playlist that no cache knows, and set the line to the same speed."""
        first, self._next = self._next, self._next + count
        self._shaper.line = Line(bytes_per_s=_SLOW_KBPS * 1000 / 8 if letter == "t" else None)
        return f"https://www.youtube.com/playlist?list=PLsandbox-{letter}-{first:05d}-{count:03d}"

    def _files(self) -> int:
        bot = self._stage.world.bot.id
        return sum(m.file is not None and m.sender_id == bot for m in self._stage.person.messages())


def _has(message: Message, label: str) -> bool:
    return any(label in button.label for button in message.buttons)


async def _run(*command: str, **environ: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **environ})
    if await process.wait() != 0:
        raise RuntimeError(f"{command[0]} failed")


if __name__ == "__main__":
    asyncio.run(main())
