"""Watchdogs that run beside a job: on the bytes in its folder, and on its memory."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Coroutine
from pathlib import Path
from typing import TypeVar

from fetchgram.errors import TooLarge

T = TypeVar("T")

_BLOCK_BYTES = 512  # stat(2): st_blocks counts these, whatever the file system's block is
_SHORTEST_S = 0.01


async def watch_bytes(path: Path, limit_bytes: int, *, interval_s: float = 0.25) -> None:
    """Look at a folder until it holds more than the limit.

    It looks more often while the folder grows towards the limit, so that a fast download overshoots little.

    Raises:
        TooLarge: When the limit is passed; it never returns otherwise.
    """
    before_bytes, before_s = 0, time.monotonic()
    pause_s = min(interval_s, 0.05)
    while True:
        await asyncio.sleep(pause_s)
        size_bytes = await asyncio.to_thread(measure, path)
        now_s = time.monotonic()
        if size_bytes > limit_bytes:
            raise TooLarge(size_bytes, limit_bytes)
        speed = (size_bytes - before_bytes) / max(now_s - before_s, _SHORTEST_S)
        until_full_s = (limit_bytes - size_bytes) / speed if speed > 0 else interval_s
        pause_s = max(_SHORTEST_S, min(interval_s, until_full_s / 4))
        before_bytes, before_s = size_bytes, now_s


def measure(path: Path) -> int:
    """Sum what a folder holds, links not followed and each file once.

    Of a file's length and its allocated blocks the larger counts: a sparse file is as long as it says when it is sent,
    and space that was reserved is gone from the disk.
    """
    seen: set[tuple[int, int]] = set()
    total_bytes = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                found = os.lstat(f"{folder}/{name}")
            except FileNotFoundError:  # renamed while we look
                continue
            if (found.st_dev, found.st_ino) not in seen:
                seen.add((found.st_dev, found.st_ino))
                total_bytes += max(found.st_size, found.st_blocks * _BLOCK_BYTES)
    return total_bytes


async def beside(work: Awaitable[T], *watchdogs: Coroutine[object, object, None]) -> T:
    """Await the work while the watchdogs run; the first of them that raises cancels the work and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(watchdog) for watchdog in watchdogs]
            answer = await work
            for task in watching:
                task.cancel()
            return answer
    except BaseExceptionGroup as several:
        first = several.exceptions[0]
    raise first  # outside of `except`: it keeps the cause and context that it came with
