"""The bot under supervision: started, killed, started again; its children counted, its interruptions timed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil

from fetchgram_sandbox.bot_process import BotProcess

from .plan import Life
from .transitions import connect, transitions

CONTINUES_WITHIN_S = 5.0
_LONGEST_LIFE_S = 6.0
_START_COUNTS_S = 1.5
"""So much of each start counts as time in which things happen; the rest depends on how busy the machine is."""
_LOOK_EVERY_S = 0.3


class Machine:
    """Keeps one bot running as a service manager would, and ends its lives as the plan says.

    Args:
        process: The bot.
        database: Its database.
        lives: How each life ends.
    """

    def __init__(self, process: BotProcess, database: Path, lives: tuple[Life, ...]) -> None:
        self.process = process
        self.database = database
        self.seen: set[psutil.Process] = set()
        self.covered: Counter[str] = Counter()
        self.falls: list[str] = []
        self.waits_s: list[float] = []
        self.late: list[str] = []
        self.starts_s: list[float] = []
        self.ready_at: float | None = None
        self._lives = iter(lives)
        self._life = next(self._lives)
        self._started_at = time.monotonic()
        self._struck = False
        self._calm = self._over = False
        self._interrupted: dict[int, int] = {}
        self._lived_s = 0.0

    @property
    def clock_s(self) -> float:
        """Return how long the bot has been there in all its lives; the plan goes by this clock."""
        starting_s = min(time.monotonic() - self._started_at, _START_COUNTS_S)
        at_work_s = time.monotonic() - self.ready_at if self.ready_at is not None else 0.0
        return self._lived_s + starting_s + at_work_s

    @property
    def kills(self) -> int:
        """Return how often the bot was killed."""
        return self.covered.total()

    @property
    def pid(self) -> int | None:
        """Return the bot's process id while it lives."""
        running = self.process._process
        return running.pid if running is not None and running.returncode is None and not self._struck else None

    async def run(self) -> None:
        """Start the bot whenever it is not running."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._census())
            group.create_task(self._end_old_lives())
            while True:
                self._started_at, self.ready_at, self._struck = time.monotonic(), None, False
                await self.process.start()
                code = await self.process.wait()
                if self._over:
                    return
                self._lived_s = self.clock_s
                self._note_death(code)
                self.ready_at, self._started_at = None, time.monotonic()
                await asyncio.sleep(self._life.dead_s)
                self._life = next(self._lives)

    def hear(self) -> None:
        """Note that the bot asks for updates: it is ready."""
        if self.ready_at is None and self.pid is not None:
            self.ready_at = time.monotonic()
            self.starts_s.append(self.ready_at - self._started_at)

    def calm(self) -> None:
        """Kill no more."""
        self._calm = True

    def excuse(self) -> None:
        """Time no interruption that coincides with a trouble that holds up everything."""
        self._interrupted.clear()

    def transition(self, name: str) -> None:
        """Kill at a transition at which nobody has been killed yet; called in the watching thread."""
        age_s = time.monotonic() - self.ready_at if self.ready_at is not None else -1.0
        if self._life.at_transition and age_s >= self._life.grace_s and name not in self.covered:
            self.strike(name)

    def strike(self, reason: str) -> None:
        """Kill -9, right now."""
        pid = self.pid
        if self._calm or pid is None:
            return
        self._struck = True
        # Nothing more happens in it while its children are counted.
        os.kill(pid, signal.SIGSTOP)
        with contextlib.suppress(psutil.Error):
            self.seen.update(psutil.Process(pid).children(recursive=True))
        os.kill(pid, signal.SIGKILL)
        self.covered[reason] += 1

    def children(self) -> list[psutil.Process]:
        """Return everything that the bot has started and that still runs."""
        pid = self.pid
        if pid is None:
            return []
        try:
            return psutil.Process(pid).children(recursive=True)
        except psutil.Error:
            return []

    async def stop(self) -> None:
        """End it gently."""
        self._over = True
        self.seen.update(self.children())
        await self.process.stop()

    def orphans(self) -> list[str]:
        """Return what still runs of everything that any life has started."""
        return [f"{each.pid} {each.status()}" for each in self.seen if is_alive(each)]

    def _note_death(self, code: int) -> None:
        if not self._struck:
            self.falls.append(f"exit code {code}, {'ready' if self.ready_at else 'starting'}")
        elif self.ready_at is not None:
            self._interrupted = self._running()

    async def _end_old_lives(self) -> None:
        """Kill at a random moment: when the plan says so, or when nothing new has happened for long."""
        while not self._calm:
            await asyncio.sleep(0.05)
            if self.ready_at is None:
                continue
            age_s = time.monotonic() - self.ready_at
            if age_s > (_LONGEST_LIFE_S if self._life.at_transition else self._life.grace_s + 0.5):
                self.strike("random moment")

    async def _census(self) -> None:
        """Count the children, and see that what was interrupted goes on."""
        while not self._over:
            self.seen.update(await asyncio.to_thread(self.children))
            if self.ready_at is not None and self._interrupted:
                self._check_interrupted(time.monotonic() - self.ready_at)
            await asyncio.sleep(_LOOK_EVERY_S)

    def _check_interrupted(self, waited_s: float) -> None:
        running = self._running()
        for job, lease in list(self._interrupted.items()):
            if running.get(job) != lease:
                self.waits_s.append(waited_s)
                del self._interrupted[job]
            elif waited_s > CONTINUES_WITHIN_S:
                self.late.append(f"job {job} did not go on within {waited_s:.1f} s")
                del self._interrupted[job]

    def _running(self) -> dict[int, int]:
        with looking_at(self.database) as database:
            return dict(database.execute("SELECT id, lease FROM jobs WHERE state = 'running'").fetchall())


@contextlib.contextmanager
def looking_at(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for a look."""
    with contextlib.closing(connect(path)) as database:
        yield database


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs, and is not just waiting to be buried."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def coverage(machine: Machine) -> tuple[int, tuple[str, ...]]:
    """Return at how many transitions the bot was killed, and the names of the others."""
    known = transitions()
    missed = tuple(name for name in known if name not in machine.covered)
    return len(known) - len(missed), missed
