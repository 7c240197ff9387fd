"""How this process, its machine and its database are: measured by the way, so that asking costs next to nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fetchgram.screens import Health, HealthCheck, HealthReport
from fetchgram.settings import MB
from fetchgram.storage import Storage

EVERY_S = 60.0
"""How often these are looked at."""

_TICK_S = 0.5
_TICKS = 120
"""A minute of them is looked back on."""

_LAG_S = (0.2, 1.0)
_FREE = (0.10, 0.04)
_LOAD = (2.0, 6.0)
_ANSWER_S = (0.1, 1.0)
_WAIT_S = (900.0, 3600.0)
"""From where on it is amber, and from where on red."""

_PATIENCE_S = {"loop": 1800.0, "processor": 1800.0}
"""A machine that is busy for a while does its work: only what lasts is worth a message."""

OWN = ("loop", "memory", "processor", "workers", "disk")
"""What each process says of itself, in the order in which it is shown for the others."""

_GB = 1000 * MB
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Room:
    """How many jobs are at work here, of how many that may be."""

    running: Callable[[], int]
    most: int


class Pulse:
    """Watches how late the loop wakes who sleeps: that is what every person's tap waits for."""

    def __init__(self) -> None:
        self._lags: deque[float] = deque(maxlen=_TICKS)

    @property
    def lag_s(self) -> float:
        """Return the longest delay of the last minute."""
        return max(self._lags, default=0.0)

    async def run(self) -> None:
        """Watch until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _TICK_S
            await asyncio.sleep(_TICK_S)
            self._lags.append(max(0.0, loop.time() - due))


class Vitals:
    """The checks of a running process.

    Args:
        pulse: Of its loop.
        storage: Its database.
        room: For jobs.
    """

    def __init__(self, pulse: Pulse, storage: Storage, room: Room) -> None:
        self._pulse = pulse
        self._storage = storage
        self._room = room
        self._cpu = (time.monotonic(), time.process_time())

    def of_process(self) -> tuple[HealthCheck, ...]:
        """Name what each process says of itself and of its machine."""
        checks = {
            "loop": self._loop,
            "memory": self._memory,
            "processor": self._processor,
            "workers": self._workers,
        }
        return tuple(
            HealthCheck(name=name, check=check, every_s=EVERY_S, patience_s=_PATIENCE_S.get(name, 0.0))
            for name, check in checks.items()
        )

    def of_all(self) -> tuple[HealthCheck, ...]:
        """Name what is one for all processes."""
        checks = {"queue": self._queue, "database answers": self._database}
        return tuple(HealthCheck(name=name, check=check, every_s=EVERY_S) for name, check in checks.items())

    async def _loop(self) -> HealthReport:
        lag_s = self._pulse.lag_s
        told = f"a tap waits {_ms(lag_s)} at most; amber from {_ms(_LAG_S[0])}, red from {_ms(_LAG_S[1])}"
        return graded(lag_s, _LAG_S, told)

    async def _memory(self) -> HealthReport:
        own, free, total = await asyncio.to_thread(_memory)
        told = f"the bot's own {_gb(own)}, free {_gb(free)} of {_gb(total)}; amber below {_FREE[0]:.0%}, red below"
        return graded(-free / total, (-_FREE[0], -_FREE[1]), f"{told} {_FREE[1]:.0%}")

    async def _processor(self) -> HealthReport:
        cores = os.cpu_count() or 1
        load = os.getloadavg()[0] / cores
        (before_s, used_s), self._cpu = self._cpu, (time.monotonic(), time.process_time())
        share = (self._cpu[1] - used_s) / max(self._cpu[0] - before_s, 1e-3)
        told = f"load {load:.2f} on each of {cores} cores, the bot's own {share:.0%} of one; amber from {_LOAD[0]:g}"
        return graded(load, _LOAD, f"{told}, red from {_LOAD[1]:g}")

    async def _workers(self) -> HealthReport:
        room = self._room
        return HealthReport(health=Health.OK, detail=f"{room.running()} of {room.most} jobs at once are at work here")

    async def _queue(self) -> HealthReport:
        async with self._storage.read() as session:
            line = await session.vitals.line()
        waits_s = 0.0 if line.oldest is None else max(0.0, (line.now - line.oldest).total_seconds())
        told = f"{line.waiting} wait, {line.running} run, the oldest waits {waits_s / 60:.0f} min"
        return graded(waits_s, _WAIT_S, f"{told}; amber from {_WAIT_S[0] / 60:.0f} min, red from {_WAIT_S[1] / 60:.0f}")

    async def _database(self) -> HealthReport:
        began = time.monotonic()
        async with self._storage.read() as session:
            size = await session.vitals.size_bytes()
        took_s = time.monotonic() - began
        told = f"in {_ms(took_s)}, {_gb(size)} large; amber from {_ms(_ANSWER_S[0])}, red from {_ms(_ANSWER_S[1])}"
        return graded(took_s, _ANSWER_S, told)


def graded(value: float, levels: tuple[float, float], detail: str) -> HealthReport:
    """Report red or amber from these levels on."""
    amber, red = levels
    health = Health.FAILING if value >= red else Health.WARNING if value >= amber else Health.OK
    return HealthReport(health=health, detail=detail)


def _memory() -> tuple[int, int, int]:
    """Return bytes: of this process, free, and in all; of the control group where that is tighter."""
    own = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    lines = (line.split() for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    known = {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines}
    free, total = known["MemAvailable"], known["MemTotal"]
    try:
        group = Path("/sys/fs/cgroup")
        most = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):  # none, or "max"
        return own, free, total
    return own, min(free, most - used), min(total, most)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _gb(size_bytes: float) -> str:
    return f"{size_bytes / _GB:.1f} GB" if size_bytes >= _GB else f"{size_bytes / MB:.0f} MB"
