"""How long the bot's event loop is held up while four downloads run, beside yt-dlp in threads and in processes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from fetchgram.bot import run_bots
from fetchgram.settings import Settings
from stage_process import StageProcess
from table import Table, is_quick, percentile, silence_logs

_DOWNLOADS = 4
_TICK_S = 0.005
_REST_S = 3.0
_READY_S = 60.0


@dataclass(slots=True)
class Diary:
    """What the bot logged, with the time; it is the log's last processor."""

    started: list[float] = field(default_factory=list)
    downloaded: list[float] = field(default_factory=list)
    delivered: list[float] = field(default_factory=list)

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
        """Note an event and print nothing."""
        now = time.perf_counter()
        if event["event"] == "job.started":
            self.started.append(now)
        elif event["event"] == "job.delivered":
            self.delivered.append(now)
        elif event.get("hook") == "download":
            self.downloaded.append(now)
        raise structlog.DropEvent


@dataclass(slots=True)
class Ticks:
    """How late the loop came back, each with the time."""

    lags: list[tuple[float, float]] = field(default_factory=list)

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_TICK_S)
            now = time.perf_counter()
            self.lags.append((now, now - began - _TICK_S))

    def between(self, first: float, last: float) -> list[float]:
        """Return the lags of a time."""
        return [lag for at, lag in self.lags if first <= at <= last]


async def main() -> None:
    """Measure and print."""
    size_bytes = 200_000_000 if is_quick(__doc__ or "") else 400_000_000
    silence_logs()
    table = Table(f"Loop lag with {_DOWNLOADS} downloads, ms", "what the loop's process does", "s", "p50", "p99", "max")
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        folder = Path(name)
        async with StageProcess(folder / "clips", people=_DOWNLOADS) as stage:
            urls = [f"{stage.site}/media/padded-{size_bytes}.mp4?n={number}" for number in range(_DOWNLOADS)]
            table.row("nothing (the floor)", *_cells(await _beside(asyncio.sleep(_REST_S))))
            await _bot(table, stage, folder, urls)
            for way, fetch in (
                ("yt-dlp in 4 threads of it", _in_thread),
                ("yt-dlp in 4 processes, no bot", _in_process),
            ):
                fetched = (fetch(url, folder / f"{fetch.__name__}-{at}.mp4") for at, url in enumerate(urls))
                table.row(way, *_cells(await _beside(asyncio.gather(*fetched))))
    table.note(
        f"A task sleeps {_TICK_S * 1000:.0f} ms again and again; the lag is what it oversleeps. All at full speed."
    )
    table.note(
        "Bound: with fewer cores than processes at work, also the floor's, the kernel's turns are part of the lag."
    )
    table.show()


async def _bot(table: Table, stage: StageProcess, folder: Path, urls: list[str]) -> None:
    diary, ticks = Diary(), Ticks()
    gc.freeze()  # as `fetchgram run` does after its imports
    with _logging_to(diary):
        async with _running(run_bots(_settings(stage, folder))), _running(ticks.run()):
            await asyncio.sleep(_REST_S)
            await asyncio.gather(*(_fetch(stage, person, url) for person, url in zip(stage.people, urls, strict=True)))
            while len(diary.delivered) < _DOWNLOADS:
                await asyncio.sleep(_TICK_S)
    table.row("the bot: 4 at work, tap to file", *_cells(ticks.between(diary.started[0], diary.delivered[-1])))
    table.row("  until the first is fetched", *_cells(ticks.between(diary.started[0], diary.downloaded[0])))
    table.row("  from then on, with uploads", *_cells(ticks.between(diary.downloaded[0], diary.delivered[-1])))


async def _fetch(stage: StageProcess, person: int, url: str) -> None:
    await stage.say(person, url)
    await stage.tap_first(person)


def _settings(stage: StageProcess, folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": folder / "data",
            "bots": {"main": {"token": stage.token, "api_url": stage.url}},
            "network": {"allow": [stage.site.removeprefix("http://")]},
            "delivery": {"botapi_max": 2_000_000_000},
            "work": {"jobs": _DOWNLOADS, "downloads": _DOWNLOADS, "uploads": _DOWNLOADS},
        }
    )


@contextlib.contextmanager
def _logging_to(diary: Diary) -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(processors=[diary], wrapper_class=structlog.make_filtering_bound_logger(0))
    try:
        yield
    finally:
        structlog.configure(**before)


@asynccontextmanager
async def _running(work: Awaitable[object]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _beside(work: Awaitable[object]) -> list[float]:
    ticks = Ticks()
    async with _running(ticks.run()):
        await work
    return [lag for _, lag in ticks.lags]


async def _in_thread(url: str, path: Path) -> None:
    from yt_dlp import YoutubeDL  # noqa: PLC0415  # after the bot was measured: it has none of it in its process

    def fetch() -> None:
        with YoutubeDL({"quiet": True, "noprogress": True, "outtmpl": str(path)}) as downloader:
            downloader.download([url])

    await asyncio.to_thread(fetch)


async def _in_process(url: str, path: Path) -> None:
    command = (sys.executable, "-m", "yt_dlp", "--ignore-config", "-q", "-o", str(path), url)
    await (await asyncio.create_subprocess_exec(*command)).wait()


def _cells(lags: list[float]) -> tuple[str, str, str, str]:
    if not lags:
        return "-", "-", "-", "-"
    shown = (percentile(lags, 0.5), percentile(lags, 0.99), max(lags))
    half, most, worst = (f"{lag * 1000:.1f}" for lag in shown)
    return f"{sum(lags) + len(lags) * _TICK_S:.1f}", half, most, worst


if __name__ == "__main__":
    asyncio.run(main())
