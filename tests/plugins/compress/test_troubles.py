"""ffmpeg is killed, hangs, prints garbage, lacks an encoder, fills the disk, is not wanted any more."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from fetchgram.api import FfmpegError, Settings, open_media
from fetchgram.workers.ffmpeg import find_ffmpeg
from fetchgram_compress.engine import Engine
from fetchgram_compress.settings import Settings as CompressSettings
from fetchgram_compress.speed import Speed
from fetchgram_compress.wishes import Wish

from .conftest import ffmpegs_of, names_in

if TYPE_CHECKING:
    from .conftest import Corpus

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("no_child_is_left")]

FIT = Wish(max_bytes=300_000)


async def engine_with(script: str, folder: Path, **more: Any) -> AsyncIterator[Engine]:
    """Give an engine whose ffmpeg is a script; `$REAL` is the real one."""
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\nREAL='{find_ffmpeg()}'\n{script}\n")
    program.chmod(0o755)
    settings = Settings.model_validate({"ffmpeg": {"path": program, **more}})
    async with open_media(settings) as media:
        yield Engine(media, CompressSettings(), Speed())


async def outcome(script: str, corpus: Corpus, tmp_path: Path, **more: Any) -> FfmpegError:
    workdir = tmp_path / "work"
    workdir.mkdir()
    path = corpus.into(workdir, "long.mp4")
    async for engine in engine_with(script, tmp_path, **more):
        with pytest.raises(FfmpegError) as caught:
            await engine.make(path, FIT, workdir, "result", lambda _: None)
    assert not (workdir / "result.mp4").exists()
    assert [name for name in names_in(workdir) if "part" in name] == []
    return caught.value


ONLY_FILMS = 'case "$*" in *grey.bmp*|*-vn*) exec "$REAL" "$@";; esac'
"""Finding an encoder and taking the sound out still work."""


async def test_a_killed_ffmpeg_is_a_failure(corpus: Corpus, tmp_path: Path) -> None:
    error = await outcome(f"{ONLY_FILMS}\nkill -9 $$", corpus, tmp_path)
    assert error.kind == "killed"


async def test_a_hanging_ffmpeg_is_given_up(corpus: Corpus, tmp_path: Path) -> None:
    error = await outcome(f"{ONLY_FILMS}\nexec sleep 600", corpus, tmp_path, stall_s=1.0)
    assert error.kind == "stalled"


async def test_garbage_is_no_progress_and_no_result(corpus: Corpus, tmp_path: Path) -> None:
    garbage = "head -c 3000000 /dev/urandom; head -c 3000000 /dev/urandom >&2; echo out_time_us=nothing; exit 0"
    error = await outcome(f"{ONLY_FILMS}\n{garbage}", corpus, tmp_path)
    assert error.kind == "output"


async def test_a_missing_encoder_is_told(corpus: Corpus, tmp_path: Path) -> None:
    without = 'for word in "$@"; do case "$word" in lib*264*) echo "Unknown encoder" >&2; exit 8;; esac; done'
    error = await outcome(f'{without}\nexec "$REAL" "$@"', corpus, tmp_path)
    assert error.kind == "encoder"
    assert error.text.key == "compress-no-encoder"


async def test_a_film_that_takes_more_of_the_processor_than_it_may_is_stopped_and_told_why(
    corpus: Corpus, tmp_path: Path
) -> None:
    path = corpus.into(tmp_path, "long.mp4")
    async with open_media(Settings()) as media:
        engine = Engine(media, CompressSettings(cpu_s=1), Speed())
        with pytest.raises(FfmpegError) as caught:
            await engine.make(path, Wish(codec="hevc"), tmp_path, "result", lambda _: None)
    assert caught.value.text.key == "error-timeout"
    assert names_in(tmp_path) == ["source.mp4"]


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Engine]:
    async with open_media(Settings()) as media:
        yield Engine(media, CompressSettings(), Speed())


async def running_ffmpeg() -> psutil.Process:
    async with asyncio.timeout(60):
        while not (found := ffmpegs_of(psutil.Process())):
            await asyncio.sleep(0.02)
    return found[0]


async def test_a_cancel_leaves_no_child_and_no_half_file(patient: Engine, corpus: Corpus, tmp_path: Path) -> None:
    path = corpus.into(tmp_path, "long.mp4")
    far = asyncio.Event()

    def on_share(share: float) -> None:
        if share > 0.1:
            far.set()

    task = asyncio.ensure_future(patient.make(path, FIT, tmp_path, "result", on_share))
    await far.wait()
    process = await running_ffmpeg()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not process.is_running()
    assert not [name for name in names_in(tmp_path) if "part" in name or name == "result.mp4"]


async def test_an_ffmpeg_that_is_stopped_by_somebody_is_a_failure_not_a_hang(
    patient: Engine, corpus: Corpus, tmp_path: Path
) -> None:
    path = corpus.into(tmp_path, "long.mp4")
    far = asyncio.Event()
    task = asyncio.ensure_future(patient.make(path, FIT, tmp_path, "result", lambda _: far.set()))
    await far.wait()
    while not task.done():  # one that ended in this moment is no victim: then the next one is
        for process in ffmpegs_of(psutil.Process()):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        await asyncio.sleep(0.01)
    assert isinstance(task.exception(), FfmpegError)


SMALL_DISK = """
    import asyncio, sys
    from pathlib import Path
    from fetchgram.api import DiskFull, Settings, open_media
    from fetchgram_compress.engine import Engine
    from fetchgram_compress.settings import Settings as CompressSettings
    from fetchgram_compress.speed import Speed
    from fetchgram_compress.wishes import Wish

    async def main():
        small = Path(sys.argv[1])
        path = small / "film.mp4"
        path.write_bytes(Path(sys.argv[2]).read_bytes())
        room = 3_000_000 - path.stat().st_size
        (small / "rest").write_bytes(bytes(room - 150_000))
        async with open_media(Settings()) as media:
            engine = Engine(media, CompressSettings(), Speed())
            try:
                await engine.make(path, Wish(max_bytes=400_000), small, "result", lambda _: None)
            except DiskFull:
                print("disk full")
            else:
                print("no error")

    asyncio.run(main())
"""


async def test_a_full_disk_is_told_as_such(corpus: Corpus, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    run = f'mount -t tmpfs -o size=3m none "{small}" && exec "$@"'
    words = [sys.executable, "-c", textwrap.dedent(SMALL_DISK), small, corpus.path("talk.mp4")]
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--map-root-user", "--mount", "sh", "-c", run, "sh", *map(str, words)),
        stdout=subprocess.PIPE,
    )
    shown, _ = await process.communicate()
    assert shown.decode().splitlines()[-1] == "disk full"
