from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest

from fetchgram.errors import TooLarge
from fetchgram.workers.watch import beside, measure, watch_bytes


def test_links_are_not_followed_and_a_file_counts_once(tmp_path: Path) -> None:
    (tmp_path / "work" / "deep").mkdir(parents=True)
    (tmp_path / "outside").write_bytes(b"x" * 1_000_000)
    (tmp_path / "work" / "deep" / "file").write_bytes(b"x" * 100_000)
    before = measure(tmp_path / "work")
    os.link(tmp_path / "work" / "deep" / "file", tmp_path / "work" / "again")
    (tmp_path / "work" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "work" / "folder").symlink_to(tmp_path)
    assert 100_000 <= before <= 110_000
    assert measure(tmp_path / "work") - before < 5_000


def test_a_sparse_file_is_as_long_as_it_says_and_reserved_space_counts(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(50_000_000)
    assert measure(tmp_path) >= 50_000_000
    (tmp_path / "sparse").unlink()
    (tmp_path / "small").write_bytes(b"x")
    assert measure(tmp_path) >= 1


def test_a_missing_folder_holds_nothing(tmp_path: Path) -> None:
    assert measure(tmp_path / "none") == 0


async def test_a_folder_that_grows_slowly_is_caught_at_its_limit(tmp_path: Path) -> None:
    stop = threading.Event()

    def grow() -> None:
        with (tmp_path / "file").open("wb") as file:
            while not stop.wait(0.005):
                file.write(b"x" * 200_000)
                file.flush()

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        with pytest.raises(TooLarge) as caught:
            await watch_bytes(tmp_path, 10_000_000)
        assert 10_000_000 < (caught.value.size_bytes or 0) <= 10_000_000 + 4 * 1024 * 1024
    finally:
        stop.set()
        thread.join()


async def test_a_folder_under_its_limit_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 1000)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await watch_bytes(tmp_path, 100_000, interval_s=0.01)


async def test_a_watchdog_that_raises_cancels_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 1000)
    started_s = time.monotonic()
    with pytest.raises(TooLarge):
        await beside(asyncio.sleep(30), watch_bytes(tmp_path, 10))
    assert time.monotonic() - started_s < 1


async def test_the_error_of_the_work_keeps_its_cause() -> None:
    async def work() -> None:
        raise ValueError("work") from KeyError("cause")

    with pytest.raises(ValueError, match="work") as caught:
        await beside(work(), asyncio.sleep(30))
    assert isinstance(caught.value.__cause__, KeyError)


async def test_the_watchdogs_end_with_the_work() -> None:
    async def work() -> int:
        return 7

    assert await beside(work(), asyncio.sleep(30)) == 7
