"""One process of the bot under supervision: started, killed, its children counted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

import psutil

from fetchgram_sandbox.bot_process import BotProcess
from fetchgram_sandbox.silent_line import SilentLine

_AT_WORK = b'"process.started"'
_LOOK_EVERY_S = 0.1


class Part:
    """A process, and what its supervisor knows of it.

    Args:
        name: For the tally.
        process: How it is started.
        data_dir: Its own.
        log: Of the process.
        talks: Whether it asks Telegram for updates; that is heard by the supervisor, and others say it in their log.
        line: Over which it reaches the database, where that can be cut.

    Attributes:
        ready_at: Since when it is at work; `None` while it is not.
        started_at: When it was started last.
        struck: Whether it was killed.
    """

    def __init__(
        self, name: str, process: BotProcess, *, data_dir: Path, log: Path, talks: bool, line: SilentLine | None = None
    ) -> None:
        self.name, self.process, self.data_dir, self.log = name, process, data_dir, log
        self.talks, self.line = talks, line
        self.ready_at: float | None = None
        self.started_at = time.monotonic()
        self.struck = False

    @property
    def pid(self) -> int | None:
        """Return its process id while it lives."""
        running = self.process._process
        return running.pid if running is not None and running.returncode is None and not self.struck else None

    async def start(self) -> None:
        """Start it; a part that does not talk is at work when it says so."""
        self.started_at, self.ready_at, self.struck = time.monotonic(), None, False
        await self.process.start()

    async def said_so(self) -> None:
        """Wait until it says in its log that it is at work."""
        seen = self._lines()
        while self._lines() <= seen:
            await asyncio.sleep(_LOOK_EVERY_S)

    def _lines(self) -> int:
        return self.log.read_bytes().count(_AT_WORK) if self.log.exists() else 0

    def kill(self) -> list[psutil.Process]:
        """Kill -9, right now; returns its children, which must not outlive it."""
        pid = self.pid
        if pid is None:
            return []
        self.struck = True
        # Nothing more happens in it while its children are counted.
        os.kill(pid, signal.SIGSTOP)
        children = children_of(pid)
        os.kill(pid, signal.SIGKILL)
        return children

    def children(self) -> list[psutil.Process]:
        """Return everything that it has started and that still runs."""
        return [] if self.pid is None else children_of(self.pid)


def children_of(pid: int) -> list[psutil.Process]:
    """Return all that a process has started, and what those have."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs, and is not just waiting to be buried."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
