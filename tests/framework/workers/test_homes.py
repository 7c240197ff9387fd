from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from fetchgram.workers.homes import Home, sweep

if TYPE_CHECKING:
    from tests.framework.workers.conftest import Until

MORTAL = """
import asyncio, sys
from pathlib import Path
from fetchgram.workers.pool import WorkerPool

async def main():
    pool = WorkerPool("mortal", size=1, roof=Path(sys.argv[1]))
    await pool.start()
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_home_and_its_lock_go_together(tmp_path: Path) -> None:
    home = Home(tmp_path / "children", "pool")
    assert home.path.is_dir()
    home.remove()
    assert names_in(tmp_path / "children") == []


def test_a_home_in_which_somebody_lives_is_not_swept(tmp_path: Path) -> None:
    home = Home(tmp_path, "pool")
    (home.path / "cookies").touch()
    assert sweep(tmp_path) == 0
    assert (home.path / "cookies").exists()
    home.remove()


def test_where_there_never_was_a_home_nothing_is_swept(tmp_path: Path) -> None:
    assert sweep(tmp_path / "nowhere") == 0


async def test_when_the_bot_and_the_nursery_are_killed_their_home_goes_with_the_next_start(
    tmp_path: Path, until: Until
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MORTAL, str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    while await process.stdout.readline() != b"ready\n":
        assert process.returncode is None
    everybody = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    assert len(everybody) >= 3
    for each in everybody:
        each.send_signal(signal.SIGSTOP)  # nobody is left to tidy up for another one
    for each in everybody:
        each.kill()
    await process.wait()
    await until(lambda: not any(each.is_running() and each.status() != "zombie" for each in everybody))
    assert len(names_in(tmp_path)) == 2
    assert sweep(tmp_path) == 1
    assert names_in(tmp_path) == []
