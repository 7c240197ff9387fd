"""What the tests of the workers share."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from fetchgram.workers.ffmpeg import find_ffmpeg
from fetchgram.workers.pool import WorkerPool

TARGETS = Path(__file__).parent / "targets"


class Pool(WorkerPool):
    """A pool whose answers are of the tests' own making, so that their type is left open."""

    async def run(self, target: str, payload: Any, **options: Any) -> Any:
        return await super().run(target, payload, **options)


MakePool = Callable[..., Awaitable[Pool]]


@pytest.fixture(autouse=True)
def targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TARGETS))


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    yield
    deadline = time.monotonic() + 2
    while left := [p for p in psutil.Process().children(recursive=True) if p.pid not in before]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


@pytest.fixture
async def make_pool() -> AsyncIterator[MakePool]:
    async with AsyncExitStack() as stack:

        async def make(**options: object) -> Pool:
            options = {"size": 1, "preload": ("pool_targets",)} | options
            pool = Pool("test", **options)  # type: ignore[arg-type]  # the tests pass what they mean
            stack.push_async_callback(pool.close)
            await pool.start()
            return pool

        yield make


@pytest.fixture
async def pool(make_pool: MakePool) -> Pool:
    return await make_pool()


class Messages(list[Any]):
    """Collects reports and lets a test wait for the first."""

    def __init__(self) -> None:
        super().__init__()
        self.first = asyncio.Event()

    def __call__(self, message: object) -> None:
        self.append(message)
        self.first.set()


@pytest.fixture
async def messages() -> Messages:
    return Messages()


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def alive() -> Callable[[int], bool]:
    return is_alive


@dataclass(frozen=True)
class Clips:
    """Files that ffmpeg makes when they are first asked for; copy them into a work folder before a change."""

    folder: Path

    def path(self, name: str) -> Path:
        made = self.folder / name
        if not made.exists():
            words = _RECIPES[name] if name in _RECIPES else self._turned()
            subprocess.run([str(find_ffmpeg()), "-loglevel", "error", "-y", *words, str(made)], check=True)
        return made

    def into(self, workdir: Path, name: str) -> Path:
        return Path(shutil.copy(self.path(name), workdir / name))

    def _turned(self) -> tuple[str, ...]:
        """Note in the file that it is shown upright, in the way that this ffmpeg knows."""
        options = subprocess.run([str(find_ffmpeg()), "-h", "full"], check=True, capture_output=True).stdout
        source = ("-i", str(self.path("clip.mp4")), "-c", "copy")
        if b"-display_rotation" in options:
            return ("-display_rotation:v:0", "90", *source)
        return (*source, "-metadata:s:v:0", "rotate=90")


_SOURCE = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=2", "-f", "lavfi", "-i", "sine=f=440:d=2")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_RECIPES = {
    "clip.mp4": (*_SOURCE, *_H264, "-c:a", "aac", "-metadata", "title=A title", "-metadata", "artist=Somebody"),
    "picture.mp4": (*_SOURCE, "-map", "0:v", *_H264),
    "sound.m4a": (*_SOURCE, "-map", "1:a", "-c:a", "aac", "-metadata", "title=A song", "-metadata", "artist=A band"),
    "clip.webm": (*_SOURCE, "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"),
    "sound.mp3": (*_SOURCE, "-map", "1:a", "-c:a", "libmp3lame"),
    "sound.opus": (*_SOURCE, "-map", "1:a", "-c:a", "libopus", "-metadata", "title=Old", "-metadata", "album=An album"),
    "track.mka": (*_SOURCE, "-map", "1:a", "-c:a", "libopus", "-metadata:s:a:0", "title=Stereo"),
    "square.mp4": (*_SOURCE, *_H264, "-vf", "setsar=4/3", "-c:a", "aac"),
    "ten_bit.mp4": (*_SOURCE, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-c:a", "aac"),
    "bright.mp4": (
        *(*_SOURCE, "-map", "0:v", "-frames:v", "5", "-c:v", "libx265", "-preset", "ultrafast"),
        *("-pix_fmt", "yuv420p10le", "-x265-params"),
        "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    ),
    "cover.jpg": (*_SOURCE, "-map", "0:v", "-frames:v", "1"),
    "cover.png": (*_SOURCE, "-map", "0:v", "-frames:v", "1"),
    "large.png": ("-f", "lavfi", "-i", "testsrc2=s=1000x1000", "-frames:v", "1"),
    "cover.webp": (*_SOURCE, "-map", "0:v", "-frames:v", "1"),
    "moving.gif": (*_SOURCE, "-map", "0:v", "-t", "0.4"),
    "long.mp4": ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=40", *_H264, "-g", "25"),
}


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def targets_folder() -> Path:
    return TARGETS


Until = Callable[..., Awaitable[None]]


@pytest.fixture
def until() -> Until:
    async def wait(condition: Callable[[], object], timeout_s: float = 3.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():  # the state of processes and folders has no event
                await asyncio.sleep(0.01)

    return wait
