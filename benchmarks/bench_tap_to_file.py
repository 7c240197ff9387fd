"""From the tap to the file in the chat, beside raw yt-dlp and a raw curl upload of the same file to the same server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.live_bot import ready
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.stage import Stage
from table import Table, is_quick, ratio

_MB = 1_000_000
_SIZES_BYTES = (3 * _MB, 200 * _MB)
_PATIENCE_S = 60.0
_LOOK_S = 0.002
# The rounds follow one another faster than Telegram lets a bot write into one chat; a person's first taps never wait.
_MORE = """
[delivery]
botapi_max = 2000000000
botapi_local = true
chat_interval_s = 0
[log]
level = "debug"
format = "json"
"""


@dataclass(frozen=True, slots=True)
class Times:
    """Where the time of one tap went, in seconds."""

    queue: float
    download: float
    inspect: float
    upload: float

    @property
    def total(self) -> float:
        """From the tap to the file."""
        return self.queue + self.download + self.inspect + self.upload


async def main() -> None:
    """Measure and print."""
    rounds = 2 if is_quick(__doc__ or "") else 7
    table = Table(
        "Tap to file", "way", "size", "median s", "least s", "of raw", "queue", "download", "inspect", "upload"
    )
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name, _warm_ytdlp() as warm:
        folder = Path(name)
        async with Stage(folder / "clips", limits=_limits()) as stage:
            log = folder / "bot.log"
            async with BotProcess(write_config(stage, folder, more=_MORE), log=log) as bot:
                await ready(stage, bot)
                for size_bytes in _SIZES_BYTES:
                    await _compare(table, Bench(stage, folder, warm), size_bytes, rounds)
    table.note(
        "Raw: `yt-dlp` started anew, or imported before (warm), then `curl` starts and uploads. No menu, no checks, no"
    )
    table.note(
        "thumbnail, nothing on disk but the file. Ours includes all of it, the guarded proxy, and durable steps."
    )
    table.note(
        "Bound, small: yt-dlp's extraction, reading and picturing the file. Large: both cores copy bytes (site, proxy,"
    )
    table.note("child, bot, server are on this machine), and download and upload follow one another.")
    table.show()


class Bench:
    """One stage and the ways to bring a file from its site to its server.

    Args:
        stage: The sandbox, with a bot on it.
        folder: Where the bot keeps its data and the raw tools their files.
        warm: A process that has imported yt-dlp.
    """

    def __init__(self, stage: Stage, folder: Path, warm: ProcessPoolExecutor) -> None:
        self._stage, self._folder, self._warm = stage, folder, warm
        self._number = 0

    def url(self, size_bytes: int) -> str:
        """Return a link that no cache knows: the query makes it another one."""
        self._number += 1
        return f"{self._stage.site.url}/media/padded-{size_bytes}.mp4?n={self._number}"

    async def ours(self, size_bytes: int) -> Times:
        """Send a link, tap, and take the times until the file is there."""
        person = self._stage.person
        said = person.say(self.url(size_bytes))
        card = await person.wait_for(
            lambda message: message.message_id > said.message_id and len(message.buttons) > 1, _PATIENCE_S
        )
        is_here = asyncio.Event()
        watch = asyncio.ensure_future(self._fetched_at(is_here))
        tapped = time.time()
        person.tap(card, card.buttons[0])
        await person.wait_for(
            lambda message: message.message_id > card.message_id and message.file is not None, _PATIENCE_S
        )
        arrived = time.time()
        started, downloaded = await self._marks()
        is_here.set()
        fetched = await watch or downloaded
        await self._until_tidy(card)
        return Times(started - tapped, fetched - started, downloaded - fetched, arrived - downloaded)

    async def cold(self, size_bytes: int) -> Times:
        """Start yt-dlp, then curl."""
        path = self._path()
        began = time.time()
        await _run(sys.executable, "-m", "yt_dlp", "--ignore-config", "-q", "-o", str(path), self.url(size_bytes))
        return await self._uploaded(path, began)

    async def warm(self, size_bytes: int) -> Times:
        """Fetch with a yt-dlp that is imported already, then start curl."""
        path = self._path()
        began = time.time()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._warm, _fetch, self.url(size_bytes), str(path))
        return await self._uploaded(path, began)

    async def _uploaded(self, path: Path, began: float) -> Times:
        fetched = time.time()
        api, chat = self._stage.api, self._stage.person.id
        form = ("-F", f"chat_id={chat}", "-F", "supports_streaming=true", "-F", f"video=@{path};type=video/mp4")
        await _run("curl", "-sSf", "-o", "/dev/null", *form, f"{api.url}/bot{api.token}/sendVideo")
        path.unlink()
        return Times(0.0, fetched - began, 0.0, time.time() - fetched)

    def _path(self) -> Path:
        return self._folder / f"raw-{self._number}.mp4"

    async def _fetched_at(self, is_here: asyncio.Event) -> float | None:
        """Look for the note that the engine writes between fetching and inspecting; a short life may be missed."""
        while not any(self._folder.glob("data/work/*/fetched.json")):
            if is_here.is_set():
                return None
            await asyncio.sleep(_LOOK_S)
        return time.time()

    async def _marks(self) -> tuple[float, float]:
        """Read from the bot's log when the last job started, and when its download hook answered."""
        lines = (self._folder / "bot.log").read_text(encoding="utf-8").splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        started = [each for each in events if each["event"] == "job.started"]
        downloaded = [each for each in events if each.get("hook") == "download"]
        return _at(started[-1]), _at(downloaded[-1])

    async def _until_tidy(self, card: Message) -> None:
        """Wait until the status message is gone and the next tap starts from rest."""
        while self._stage.world.find_message(card.chat_id, card.message_id) is not None:
            await asyncio.sleep(_LOOK_S)
        while any(self._folder.glob("data/work/*")):
            await asyncio.sleep(_LOOK_S)


async def _compare(table: Table, bench: Bench, size_bytes: int, rounds: int) -> None:
    ways = {"fetchgram": bench.ours, "raw yt-dlp + curl": bench.cold, "raw yt-dlp (warm) + curl": bench.warm}
    found: dict[str, list[Times]] = {way: [] for way in ways}
    for way, bring in ways.items():
        await bring(_MB)
        # The first one pays for files and connections that the later ones find open.
        found[way] = []
    for _ in range(rounds):
        for way, bring in ways.items():
            found[way].append(await bring(size_bytes))
    raw_s = _median(found["raw yt-dlp + curl"], lambda times: times.total)
    for way, times in found.items():
        total_s = _median(times, lambda each: each.total)
        parts = (statistics.median(getattr(each, part.name) for each in times) for part in fields(Times))
        least_s = min(each.total for each in times)
        size = f"{size_bytes // _MB} MB"
        table.row(
            way, size, f"{total_s:.2f}", f"{least_s:.2f}", ratio(total_s, raw_s), *(f"{part:.2f}" for part in parts)
        )


def _median(times: list[Times], pick: Callable[[Times], float]) -> float:
    return statistics.median(pick(each) for each in times)


def _limits() -> Limits:
    large = Limits.local_server()
    return Limits(
        upload_bytes=large.upload_bytes,
        download_bytes=large.download_bytes,
        is_local_server=True,
        overall=None,
        private=None,
        group=None,
    )


@contextlib.contextmanager
def _warm_ytdlp() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(_import).result()
        yield pool


def _import() -> None:
    import yt_dlp.extractor.generic  # noqa: F401, PLC0415  # in the warm process only


def _fetch(url: str, path: str) -> None:
    from yt_dlp import YoutubeDL  # noqa: PLC0415  # in the warm process only

    with YoutubeDL({"quiet": True, "noprogress": True, "outtmpl": path}) as downloader:
        downloader.download([url])


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait() != 0:
        raise RuntimeError(f"{command[0]} failed")


def _at(event: dict[str, str]) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()


if __name__ == "__main__":
    asyncio.run(main())
