"""After kill -9 of the bot nothing of it goes on working: tried with a real process that is really killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import textwrap
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from tests.framework.workers.conftest import Clips, MakePool, Messages, Until


POOL = """
    import asyncio, json, sys
    from pathlib import Path
    from fetchgram.workers.pool import WorkerPool

    async def main():
        sys.path.insert(0, sys.argv[1])
        pool = WorkerPool("t", size=2, preload=("pool_targets",), may_spawn=True, start_method=sys.argv[3])
        await pool.start()
        say = lambda message: print(json.dumps({**message, "all": pool.stats.pids}), flush=True)
        script = "import time\\nwhile True: open('ticks', 'a').write('.'); time.sleep(0.01)"
        await pool.run(
            "pool_targets:with_grandchild",
            {"script": script, "new_session": sys.argv[4] == "new"},
            on_message=say,
            workdir=Path(sys.argv[2]),
        )

    asyncio.run(main())
"""

FFMPEG = """
    import asyncio, json, sys
    from pathlib import Path
    import psutil
    from fetchgram.workers.ffmpeg import Ffmpeg, find_ffmpeg

    async def main():
        work = Path(sys.argv[1])
        run = Ffmpeg(find_ffmpeg()).run(
            ["-c:v", "libx264", "-preset", "veryslow", "-vf", "scale=1920:1080"],
            inputs=[work / "long.mp4"], output=work / "out.mp4", workdir=work,
        )
        task = asyncio.ensure_future(run)
        while True:
            await asyncio.sleep(0.02)
            children = [p for p in psutil.Process().children() if p.name().startswith("ffmpeg")]
            if children and any(path.name.startswith(".") for path in work.iterdir()):
                print(json.dumps({"pid": children[0].pid}), flush=True)
                break
        await task

    asyncio.run(main())
"""


Parent = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def parent() -> AsyncIterator[Parent]:
    """Start processes that stand for the bot; what a failed test leaves is killed."""
    started: list[asyncio.subprocess.Process] = []

    async def start(script: str, *arguments: object) -> asyncio.subprocess.Process:
        words = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
        started.append(await asyncio.create_subprocess_exec(*words, stdout=PIPE))
        return started[-1]

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def first_report(process: asyncio.subprocess.Process) -> dict[str, object]:
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"{"):
            found: dict[str, object] = json.loads(line)
            return found
    raise AssertionError("the parent ended")


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


async def all_gone(processes: list[psutil.Process], timeout_s: float) -> None:
    deadline_s = time.monotonic() + timeout_s
    while left := [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
        assert time.monotonic() < deadline_s, left
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("start_method", "session"), [("fork", "same"), ("fork", "new"), ("spawn", "same")])
async def test_after_kill_9_of_the_bot_its_children_and_theirs_end(
    tmp_path: Path, targets_folder: Path, start_method: str, session: str, until: Until, parent: Parent
) -> None:
    process = await parent(POOL, targets_folder, tmp_path, start_method, session)
    await first_report(process)
    await until((tmp_path / "ticks").exists)
    processes = family(process.pid)
    assert len(processes) >= 3
    process.kill()
    await process.wait()
    await all_gone(processes, 1.0)
    size_bytes = (tmp_path / "ticks").stat().st_size
    await asyncio.sleep(0.1)
    assert (tmp_path / "ticks").stat().st_size == size_bytes


async def test_after_kill_9_of_the_bot_no_folder_of_a_pool_is_left(
    tmp_path: Path, targets_folder: Path, monkeypatch: pytest.MonkeyPatch, until: Until, parent: Parent
) -> None:
    def homes() -> list[Path]:
        return list(tmp_path.glob("fetchgram-t-*"))

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = await parent(POOL, targets_folder, tmp_path, "fork", "same")
    await first_report(process)
    assert homes()
    process.kill()
    await process.wait()
    await until(lambda: not homes(), 2)


async def test_a_child_ends_on_the_pipe_alone(
    make_pool: MakePool, messages: Messages, alive: Callable[[int], bool], until: Until
) -> None:
    """Neither nursery nor kernel help here: the nursery is stopped, only the pipe is closed."""
    pool = await make_pool()
    nursery = psutil.Process(pool.stats.pids[0]).ppid()
    task = asyncio.ensure_future(pool.run("pool_targets:nap", 30, on_message=messages))
    await messages.first.wait()
    os.kill(nursery, signal.SIGSTOP)
    try:
        for worker in pool._workers:
            assert worker._writer is not None
            worker._writer.transport.abort()
        await until(lambda: not alive(messages[0]["pid"]), 1)
    finally:
        os.kill(nursery, signal.SIGCONT)
    with pytest.raises(Exception, match="child"):
        await task


async def test_after_kill_9_of_the_bot_ffmpeg_ends(clips: Clips, tmp_path: Path, parent: Parent) -> None:
    clips.into(tmp_path, "long.mp4")
    process = await parent(FFMPEG, tmp_path)
    await first_report(process)
    processes = family(process.pid)
    process.kill()
    await process.wait()
    await all_gone(processes, 1.0)
