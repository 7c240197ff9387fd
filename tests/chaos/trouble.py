"""What goes wrong besides the bot's own death: children, disk, database, Telegram and the site."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
from aiohttp.web_protocol import RequestHandler

from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.site import MediaSite

from .machine import Machine
from .plan import REFUSED_MARK, Plan, Trouble

_FFMPEG_LOOK_S = 0.01
_AFTERMATH_S = 1.0
_TICK_S = 0.05
_FILES = ("sendVideo", "sendDocument", "sendAnimation", "sendAudio")


class Troubles:
    """Brings the troubles of a plan about.

    Args:
        plan: Which and when.
        machine: The bot.
        site: Whose connections are cut.
        disk: A folder on the bot's small disk; `None` when the disk cannot be filled here.
        link: Returns the link that a message of a chat is.
    """

    def __init__(
        self, plan: Plan, machine: Machine, site: MediaSite, disk: Path | None, link: Callable[[int, int], str]
    ) -> None:
        self._plan = plan
        self._link = link
        self._machine = machine
        self._site = site
        self._disk = disk
        self._rng = random.Random(plan.seed + 1)
        self._flavours: list[str] = []
        self._one_filler = asyncio.Lock()
        self._cut_lines = False
        self.done: Counter[str] = Counter()

    async def run(self) -> None:
        """Go through the plan; returns when the last trouble is over."""
        async with asyncio.TaskGroup() as group:
            for trouble in self._plan.troubles:
                while self._machine.clock_s < trouble.at_s:
                    await asyncio.sleep(_TICK_S)
                left_s = self._plan.seconds - trouble.at_s
                group.create_task(self._bring(trouble, min(trouble.seconds, max(left_s, 1.0))))

    def rule(self, method: str, params: Mapping[str, object]) -> Fault | None:
        """Decide about one call of the bot; hears also that the bot is there."""
        if method == "getUpdates":
            self._machine.hear()
        fault = self._fault(method, self._flavours[-1]) if self._flavours else None
        if fault is None and method in _FILES and self._is_refused(params):
            self.done["file refused"] += 1
            return Fault(method, "error", error_code=400, description="Bad Request: VIDEO_CONTENT_TYPE_INVALID")
        return fault

    def _is_refused(self, params: Mapping[str, object]) -> bool:
        """Whether a file answers a link whose file is refused."""
        answered = params.get("reply_parameters")
        link_id = answered.get("message_id") if isinstance(answered, dict) else None
        return link_id is not None and REFUSED_MARK in self._link(int(str(params["chat_id"])), int(link_id))

    def _fault(self, method: str, flavour: str) -> Fault | None:  # noqa: PLR0911  # one case per flavour
        is_write = method.startswith(("send", "edit", "delete", "answer"))
        match flavour:
            case "flood" if is_write:
                return Fault(
                    method, "error", error_code=429, description="Too Many Requests: retry after 1", retry_after_s=1
                )
            case "down":
                return Fault(method, "error", error_code=502, description="Bad Gateway")
            case "lost" if is_write and self._rng.random() < 0.5:
                return Fault(method, "lost")
            case "closed" if self._rng.random() < 0.5:
                return Fault(method, "close")
            case "garbage" if self._rng.random() < 0.3:
                return Fault(method, "garbage")
            case "slow" if is_write:
                return Fault(method, "delay", seconds=self._rng.uniform(0.3, 3))
            case _:
                return None

    async def _bring(self, trouble: Trouble, seconds: float) -> None:
        """Bring one about; what must last as planned is not cut short by the end of the plan."""
        match trouble.kind:
            case "telegram":
                await self._telegram(trouble.flavour, seconds)
            case "child":
                self._kill_child()
            case "stop":
                await self._stop_child(trouble.seconds)
            case kind:
                longs = {"lock": self._lock, "line": self._cut_off}
                shorts = {"cut": self._cut, "ffmpeg": self._kill_ffmpeg, "disk": self._fill_disk}
                await (longs[kind](trouble.seconds) if kind in longs else shorts[kind](seconds))

    async def _telegram(self, flavour: str, seconds: float) -> None:
        self.done[f"telegram {flavour}"] += 1
        self._flavours.append(flavour)
        await asyncio.sleep(seconds)
        self._flavours.remove(flavour)

    async def _cut(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not (connections := self._connections()) and time.monotonic() < until:
            await asyncio.sleep(_TICK_S)
        for connection in connections:
            if connection.transport is not None:
                connection.transport.abort()
        self.done["site cut"] += bool(connections)

    def _connections(self) -> list[RequestHandler]:
        runner = self._site._runner
        return list(runner.server.connections) if runner is not None and runner.server is not None else []

    def _kill_child(self) -> None:
        children = sorted(self._machine.children(), key=lambda process: process.pid)
        if children:
            self._signal(self._rng.choice(children), signal.SIGKILL)
            self.done["child killed"] += 1

    async def _kill_ffmpeg(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for pid in _named(b"ffmpeg"):
                if self._is_ours(pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        self.done["ffmpeg killed"] += 1
                        return
            await asyncio.sleep(_FFMPEG_LOOK_S)

    def _is_ours(self, pid: int) -> bool:
        try:
            return any(parent.pid in self._machine.pids for parent in psutil.Process(pid).parents())
        except psutil.Error:
            return False

    async def _stop_child(self, seconds: float) -> None:
        children = sorted(self._machine.children(), key=lambda process: process.pid)
        # The first ones import and bury; the ones that work are their children.
        workers = [each for each in children if any(parent in children for parent in _parents(each))]
        if not workers:
            return
        worker = self._rng.choice(workers)
        self._signal(worker, signal.SIGSTOP)
        self.done["child stopped"] += 1
        if seconds < self._plan.seconds:
            await asyncio.sleep(seconds)
            self._signal(worker, signal.SIGCONT)

    async def _lock(self, seconds: float) -> None:
        self._machine.excuse()
        if done := await asyncio.to_thread(self._machine.database.trouble, seconds):
            self.done[done] += 1
        self._machine.excuse()

    async def _cut_off(self, seconds: float) -> None:
        """Let a worker be alone with Telegram: the database neither hears nor answers it."""
        part = self._rng.choice(self._machine.cuttable)
        if part.line is None or self._cut_lines:
            return
        self._cut_lines = True
        try:
            part.line.fall_silent()
            self._machine.cut(part)
            self.done["worker cut off"] += 1
            await asyncio.sleep(seconds)
        finally:
            part.line.heal()
            self._cut_lines = False

    async def _fill_disk(self, seconds: float) -> None:
        if self._disk is None:
            return
        self._machine.excuse()
        filler = self._disk / "filler"
        async with self._one_filler:
            try:
                await asyncio.to_thread(_fill, filler)
                self.done["disk full"] += 1
                await asyncio.sleep(seconds)
            finally:
                filler.unlink(missing_ok=True)
        await asyncio.sleep(_AFTERMATH_S)
        self._machine.excuse()

    def _signal(self, process: psutil.Process, number: int) -> None:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65536))
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))


def _parents(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.parents()
    except psutil.Error:
        return []


def _named(name: bytes) -> list[int]:
    """Return the processes of a name; faster than psutil, since ffmpeg often lives for a tenth of a second."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "comm").read_bytes().strip() == name:
                    found.append(int(entry.name))
    return found
