"""Watches a run of ffmpeg from outside: does it move, and how much of the processor does it take."""

from __future__ import annotations

import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from fetchgram.errors import FfmpegError

_LOOK_S = 0.25
_MICROSECONDS = 1_000_000


@dataclass(slots=True)
class Pulse:
    """The last sign of life of one run.

    Args:
        part: The file that it writes; `None` when it keeps nothing.
        stall_s: Without any sign for this long, it is given up.
        cpu_s: Processor time that it may take.
    """

    part: Path | None
    stall_s: float
    cpu_s: int | None
    _at_s: float = field(default_factory=time.monotonic)
    _seen: dict[str, str] = field(default_factory=dict)
    _file: tuple[int, int] | None = None

    async def follow(self, process: Process, on_time: Callable[[float], None]) -> None:
        """Read ffmpeg's reports (`key=value` lines, doc/ffmpeg.texi `-progress`) until it ends.

        Args:
            process: With its standard output in a pipe.
            on_time: Called with the seconds of the output that are written.
        """
        if process.stdout is None:
            return
        async for line in process.stdout:
            key, _, value = line.decode(errors="replace").strip().partition("=")
            if key in ("frame", "out_time_us", "total_size") and value.lstrip("-").isdigit():
                self._feel(key, value)
            if key == "out_time_us" and value.isdigit():
                on_time(int(value) / _MICROSECONDS)
        await process.wait()

    async def watch(self, process: Process) -> None:
        """Look until something is wrong; never returns otherwise.

        Raises:
            FfmpegError: `stalled`, or `timeout` when the processor time is used up.
        """
        while True:
            await asyncio.sleep(min(_LOOK_S, self.stall_s / 4))
            found = await asyncio.to_thread(_size, self.part) if self.part else None
            if found != self._file:  # moving the index to the front writes without reports
                self._file, self._at_s = found, time.monotonic()
            if time.monotonic() - self._at_s > self.stall_s:
                raise FfmpegError("stalled", f"no progress for {self.stall_s} s")
            if self.cpu_s is not None and _cpu_s(process.pid) > self.cpu_s:
                raise FfmpegError("timeout", f"over {self.cpu_s} s of processor time")

    def _feel(self, key: str, value: str) -> None:
        if self._seen.get(key) != value:
            self._seen[key], self._at_s = value, time.monotonic()


def _size(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _cpu_s(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:  # it has just ended
        return 0.0
    return times.user + times.system
