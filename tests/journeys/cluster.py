"""One process talks to people, others work, PostgreSQL is between them: each its own process, as on many machines."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Self

from fetchgram.model import Job, JobState
from fetchgram.storage import Storage
from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, ready
from fetchgram_sandbox.silent_line import SilentLine
from fetchgram_sandbox.stage import Stage

from .accounts import Account
from .conftest import PATIENCE_S, Guest, until

FAR = "far"
"""The worker that reaches the database over a line that can be cut."""

_WORK = f"""
{UNHURRIED}
[work]
lease_s = 8
jobs = 2
stop_s = 1
[limits]
links_per_minute = 1000
running = 100
[plugins]
only = ["ytdlp"]
"""


class Cluster:
    """A stage, a database, the process that talks, and workers by name.

    Args:
        stage: Telegram and the web.
        folder: Of all processes.
        line: Of the worker `FAR` to the database.
        url: Of the database.
        storage: A look at the database.
        account: A user account that the workers share; the process that talks is one of them then.
    """

    def __init__(
        self,
        stage: Stage,
        folder: Path,
        line: SilentLine,
        url: str,
        storage: Storage,
        account: Account | None = None,
    ) -> None:
        self.stage, self.line, self.storage = stage, line, storage
        self.workers: dict[str, BotProcess] = {}
        self._folder, self._url = folder, url
        self._account = account
        self._numbers = itertools.count(2)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        config = self._config("bot", self._url)
        process = BotProcess(config, log=self.log("bot"), part="bot" if self._account is None else "run")
        await self._stack.enter_async_context(process)
        self.live = LiveBot(self.stage, process, config=config, log=self.log("bot"))
        await ready(self.stage, process, log=self.log("bot"))
        if self._account is not None:
            self.workers["bot"] = process
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(process.stop() for process in self.workers.values()))
        await self._stack.aclose()

    def guest(self) -> Guest:
        """Return somebody new."""
        return Guest(self.live, self.live.newcomer())

    async def grow(self, count: int) -> None:
        """Let so many workers be at work, `FAR` among them."""
        missing = count - len(self.workers)
        names = [FAR] if FAR not in self.workers else []
        names += [f"worker{next(self._numbers)}" for _ in range(missing - len(names))]
        await asyncio.gather(*map(self._start, names))

    async def _start(self, name: str) -> None:
        url = self.line.url(self._url) if name == FAR else self._url
        process = BotProcess(self._config(name, url), log=self.log(name), part="worker")
        seen = len(self.said(name, "process.started"))
        await process.start()
        await until(lambda: len(self.said(name, "process.started")) > seen, lambda: self.tail(name))
        self.workers[name] = process

    async def kill(self, name: str) -> None:
        """End a worker as a power cut would."""
        await self.workers.pop(name).kill()

    @contextmanager
    def paused(self, *but: str) -> Iterator[None]:
        """Let all workers but these stand still."""
        pids = [process.pid for name, process in self.workers.items() if name not in but]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def tail(self, name: str) -> str:
        return self.log(name).read_text(encoding="utf-8")[-3000:]

    def said(self, name: str, event: str) -> list[dict[str, object]]:
        """Return the lines of this event in the log of a process."""
        if not self.log(name).exists():
            return []
        lines = self.log(name).read_text(encoding="utf-8").splitlines()
        parsed = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [line for line in parsed if line.get("event") == event]

    def started(self) -> list[object]:
        """Return the jobs in the order in which workers began them."""
        lines = [line for name in self.workers for line in self.said(name, "job.started")]
        return [line["job"] for line in sorted(lines, key=lambda line: str(line["timestamp"]))]

    def session_file(self, name: str) -> Path:
        """Return where a process keeps its bot's login over MTProto."""
        return self._folder / name / "data" / "mtproto" / f"bot-{self.stage.world.bot.id}.session"

    def work_folder(self, name: str, job_id: int) -> Path:
        return self._folder / name / "data" / "work" / str(job_id)

    async def worker_of(self, job_id: int) -> str:
        """Return the name of the worker that runs a job, as soon as one does."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for name in self.workers:
                    if any(line.get("job") == job_id for line in self.said(name, "job.started")):
                        return name
                await asyncio.sleep(0.05)

    async def rests(self) -> None:
        """Wait until no job is left."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.jobs(*(state for state in JobState if not state.ended)):
                await asyncio.sleep(0.05)

    async def jobs(self, *states: JobState) -> list[Job]:
        async with self.storage.read() as session:
            return await session.jobs.list(states or tuple(JobState), 10_000)

    async def job_of(self, guest: Guest) -> int:
        """Return the number of the job that a person's last wish waits for."""
        async with self.storage.read() as session:
            (request, *_) = await session.requests.list_for(self.stage.world.bot.id, guest.person.id, 1)
            return max(delivery.job_id for delivery in await session.deliveries.of_request(request.id))

    async def fetchgram(self, *words: str) -> object:
        """Run a command as an operator does, in a process of its own, and return what it printed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "fetchgram", "--config", str(self.live.config), *words, "--json"),
            stdout=asyncio.subprocess.PIPE,
        )
        return json.loads((await process.communicate())[0])

    def _config(self, name: str, url: str) -> Path:
        more = f"{_WORK}[database]\nurl = {json.dumps(url)}\n"
        if self._account is not None:  # so that no worker takes the work of two
            more = more.replace("jobs = 2", "jobs = 1")
        config = write_config(self.stage, self._folder / name, more=more)
        if self._account is not None:
            self._account.add_to(config)
        return config
