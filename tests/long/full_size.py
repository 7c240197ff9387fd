"""Files of full size through the real bot: 2 GB by the bot itself, 3 GB by a user account with Premium, 5 GB in parts.

    cd tests && python -m long.full_size
    cd tests && python -m long.full_size --divide 50    # a first look, with all sizes and limits divided

Everything goes over loopback. The last lines are a table; the exit code says whether every file came whole and plays in
the chat page, and whether the bot's memory stayed flat. Needs about 25 GB of disk for some minutes, and Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from aiohttp import web

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.browser import open_page
from fetchgram_sandbox.clips import ffmpeg_path
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.live_bot import UNHURRIED, ready
from fetchgram_sandbox.objects import Message, StoredFile
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.stage import Stage

_MB = 1_000_000
_DISK_BYTES = 25_000 * _MB
_BOT_BYTES, _PREMIUM_BYTES, _SENT_BYTES = 4000 * 512 * 1024, 8000 * 512 * 1024, 3_000_000_000
_PATIENCE_S = 1800.0
_TICK_S = 0.2
_FLAT_MIB = 64.0
"""What the memory of the bot's process may differ by between the files."""
_KBPS, _SECONDS, _ROUNDS = 405_000, 10, 10
_SIZE_PX = (640, 360)
_FILE_MAX = """
[limits]
file_max = "6 GB"
[plugin.ytdlp]
max_size = "6 GB"
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """A file to ask for.

    Attributes:
        name: For the table.
        link: Where it is.
        size_bytes: How large.
        way: What the button says of it.
    """

    name: str
    link: str
    size_bytes: int
    way: str


@dataclass(slots=True)
class Gauge:
    """Reads the memory of the bot's own process and of its children while something goes on, in MiB."""

    pid: int
    own: list[float] = field(default_factory=list)
    children: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        """Read again and again, until cancelled."""
        while True:
            bot = psutil.Process(self.pid)
            self.own.append(_rss_mib([bot]))
            self.children.append(_rss_mib(bot.children(recursive=True)))
            await asyncio.sleep(_TICK_S)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a wish went."""

    wish: Wish
    seconds: float
    files: Sequence[StoredFile]
    peak_mib: float
    children_mib: float

    @property
    def row(self) -> str:
        """Return its line of the table."""
        sizes = " + ".join(str(file.size_bytes) for file in self.files)
        return (
            f"{self.wish.name:<22} {self.seconds:6.0f} s  {self.wish.size_bytes / _MB / self.seconds:6.1f} MB/s  "
            f"bot {self.peak_mib:4.0f} MiB  children {self.children_mib:4.0f} MiB  {sizes}"
        )


class Run:
    """One run.

    Args:
        stage: Telegram and the web.
        process: The bot.
    """

    def __init__(self, stage: Stage, process: BotProcess) -> None:
        self.stage = stage
        self._process = process

    async def fulfil(self, wish: Wish) -> Outcome:
        """Ask for a file, wait for all of it, and play it."""
        before = len(self._files())
        gauge = Gauge(self._process.pid)
        watching = asyncio.ensure_future(gauge.watch())
        began = time.monotonic()
        try:
            await self._ask(wish)
        finally:
            watching.cancel()
        seconds, files = time.monotonic() - began, self._files()[before:]
        await self._play(len(files))
        return Outcome(wish, seconds, files, max(gauge.own), max(gauge.children))

    async def _ask(self, wish: Wish) -> None:
        alice = self.stage.person
        sent = alice.say(wish.link)
        card = await alice.wait_for(lambda m: m.reply_to_id == sent.message_id and len(m.buttons) > 1, _PATIENCE_S)
        button = next((button for button in card.buttons if wish.way in button.label), None)
        if button is None:
            raise RuntimeError(f"none of {[button.label for button in card.buttons]} says {wish.way!r}")
        await alice.tap_and_wait(card, button.label, _PATIENCE_S)
        await self._settles(card)

    async def _settles(self, card: Message) -> None:
        """Wait until the card is gone, which it is when everything has arrived; an error stays in it."""
        world = self.stage.world
        async with asyncio.timeout(_PATIENCE_S):
            while (now := world.find_message(card.chat_id, card.message_id)) is not None:
                if "❌" in now.text:
                    raise RuntimeError(now.text)
                await asyncio.sleep(_TICK_S)

    async def _play(self, count: int) -> None:
        async with open_page(f"{self.stage.api.url}/") as tab:
            for nth in range(1, count + 1):
                if await tab.play_video(-nth) != _SIZE_PX:
                    raise RuntimeError("the page does not play it")

    def _files(self) -> list[StoredFile]:
        bot_id = self.stage.world.bot.id
        messages = self.stage.person.messages()
        # A card has buttons.
        return [m.file for m in messages if m.sender_id == bot_id and m.file is not None and not m.keyboard]


async def main(folder: Path, divisor: int) -> bool:
    """Run, and print the table.

    Args:
        folder: For everything.
        divisor: Of all sizes and limits.

    Returns:
        Whether all is well.
    """
    largest, sent = _BOT_BYTES // divisor, _SENT_BYTES // divisor
    films_folder = folder / "films"
    films_folder.mkdir()
    async with _films(films_folder, divisor) as films, _bot(folder, films, divisor) as run:
        film, site = films_folder / "film.mp4", run.stage.site.url
        wishes = [
            Wish("2 GB by the bot", f"{site}/media/padded-{largest}.mp4", largest, "large file"),
            Wish("3 GB by a person", f"{site}/media/padded-{sent}.mp4", sent, "very large file"),
            Wish("5 GB in parts", f"{films}/{film.name}", film.stat().st_size, "in parts"),
        ]
        outcomes = []
        for wish in wishes:
            outcomes.append(await run.fulfil(wish))
            sys.stdout.write(f"{outcomes[-1].row}\n")
            sys.stdout.flush()
    return _judge(outcomes)


def _judge(outcomes: Sequence[Outcome]) -> bool:
    """Say what is wrong."""
    whole, wrong = outcomes[:2], []
    wrong += [f"{o.wish.name}: {len(o.files)} files" for o in whole if len(o.files) != 1]
    wrong += [f"{o.wish.name}: wrong size" for o in whole if o.files[0].size_bytes != o.wish.size_bytes]
    parts = outcomes[2].files
    if sum(part.duration_s for part in parts) not in range(_SECONDS * _ROUNDS - 2, _SECONDS * _ROUNDS + 3):
        wrong.append(f"the parts last {[part.duration_s for part in parts]} s")
    peaks = [outcome.peak_mib for outcome in outcomes]
    if max(peaks) - min(peaks) > _FLAT_MIB:
        wrong.append(f"the memory is not flat: {peaks}")
    sys.stdout.writelines(f"{line}\n" for line in wrong or ["all whole, all played, memory flat"])
    return not wrong


@asynccontextmanager
async def _films(folder: Path, divisor: int) -> AsyncIterator[str]:
    """Make the long film and serve its folder; gives the address."""
    await _make_film(folder / "film.mp4", _KBPS // divisor)
    app = web.Application()
    app.router.add_static("/", folder)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _make_film(path: Path, kbps: int) -> None:
    """Write a film of 5 GB: filler fills each second up (a constant rate), and ten seconds come ten times."""
    short = path.with_name("short.mp4")
    width, height = _SIZE_PX
    rate = f"{kbps}k"
    await _ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=duration={_SECONDS}:size={width}x{height}:rate=25"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p"),
        *("-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate, "-x264-params", "nal-hrd=cbr"),
        str(short),
    )
    rounds = str(_ROUNDS - 1)
    await _ffmpeg("-stream_loop", rounds, "-i", str(short), "-c", "copy", "-movflags", "+faststart", str(path))
    short.unlink()


async def _ffmpeg(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(str(ffmpeg_path()), "-y", "-loglevel", "error", *arguments)
    if await process.wait():
        raise RuntimeError("ffmpeg failed")


@asynccontextmanager
async def _bot(folder: Path, films: str, divisor: int) -> AsyncIterator[Run]:
    """Start the bot, with a user account that has Premium behind it."""
    async with Stage(folder / "clips", limits=Limits.unhurried(), mtproto=True) as stage:
        if stage.mtproto is None:
            raise RuntimeError("no MTProto")
        world = stage.world
        owner = Person(world, world.new_person("Olga"))
        stage.mtproto.desk.phones.set_premium(owner.id, is_premium=True)
        group = world.new_chat("Relay", [owner.user])
        world.set_status(group.id, world.bot.id, "administrator", by_id=owner.id)
        config = write_config(
            stage, folder / "bot", more=f"{UNHURRIED}{_FILE_MAX}", allow=[films.removeprefix("http://")]
        )
        own = f'relay_chat = {group.id}\nuser_session = "{stage.mtproto.session_string(owner.id)}"\n'
        if divisor > 1:
            own += f"file_max = {_BOT_BYTES // divisor}\nrelay_max = {_PREMIUM_BYTES // divisor}\n"
        config.write_text(config.read_text().replace("[mtproto]\n", f"[mtproto]\n{own}"))
        log = folder / "bot.log"
        async with BotProcess(config, log=log) as process:
            await ready(stage, process, log=log)
            yield Run(stage, process)


def _rss_mib(processes: Sequence[psutil.Process]) -> float:
    total = 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 2**20


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="where there is room; the folder for temporary files by default")
    parser.add_argument("--divide", type=int, default=1, help="all sizes and limits by this, for a first look")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    needed_bytes = _DISK_BYTES // given.divide
    if shutil.disk_usage(given.folder or tempfile.gettempdir()).free < needed_bytes:
        sys.exit(f"this needs {needed_bytes / 10**9:.1f} GB of free disk")
    with tempfile.TemporaryDirectory(prefix="fetchgram-long-", dir=given.folder) as scratch:
        sys.exit(0 if asyncio.run(main(Path(scratch), given.divide)) else 1)
