"""What a run is made of: the database, the processes over it, and their configuration."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.live_bot import UNHURRIED
from fetchgram_sandbox.postgres import PostgresServer
from fetchgram_sandbox.silent_line import SilentLine
from fetchgram_sandbox.stage import Stage

from .databases import Database, SharedDatabase, SqliteDatabase
from .part import Part

_CONFIG = f"""{UNHURRIED}
[plugins]
hook_timeout_s = 10
detect_timeout_s = 5
breaker_pause_s = 5
[limits]
links_per_minute = 1000
waiting = 1000
jobs_per_hour = 0
jobs_per_day = 0
file_max = "6 MB"
[log]
level = "info"
format = "json"
[work]
job_timeout_s = 20
stop_s = 3
disk_floor = "2 MB"
"""
_LEASE_S = 8


class Fleet:
    """The processes of one bot over one database.

    Args:
        stage: Telegram and the web.
        folder: Gets a folder for each process.
        temporary: Of all of them.
    """

    def __init__(self, stage: Stage, folder: Path, temporary: Path) -> None:
        self._stage, self._folder, self._temporary = stage, folder, temporary

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[tuple[Database, list[Part]]]:
        """Give one process over SQLite."""
        part = self._part("run", "run", talks=True)
        yield SqliteDatabase(part.data_dir / "fetchgram.db"), [part]

    @asynccontextmanager
    async def shared(self, workers: int) -> AsyncIterator[tuple[Database, list[Part]]]:
        """Give a process that talks and some that work over PostgreSQL; half of those can be cut off from it."""
        async with AsyncExitStack() as stack:
            server = stack.enter_context(PostgresServer())
            database = SharedDatabase(server, "chaos")
            parts = [self._part("bot", "bot", talks=True, url=database.url)]
            for number in range(1, workers + 1):
                line = await stack.enter_async_context(SilentLine(server.socket)) if number % 2 else None
                url = line.url(database.url) if line is not None else database.url
                parts.append(self._part(f"worker{number}", "worker", talks=False, url=url, line=line))
            yield database, parts

    def _part(
        self, name: str, command: str, *, talks: bool, url: str | None = None, line: SilentLine | None = None
    ) -> Part:
        folder, log = self._folder / name, self._folder.with_name(f"{name}.log")
        more = "" if url is None else f"lease_s = {_LEASE_S}\n[database]\nurl = {json.dumps(url)}\n"
        config = write_config(self._stage, folder, more=_CONFIG + more)
        data_dir = folder / "data"
        data_dir.mkdir()
        environ = {**os.environ, "TMPDIR": str(self._temporary)}
        process = BotProcess(config, log=log, environ=environ, part=command)
        return Part(name, process, data_dir=data_dir, log=log, talks=talks, line=line)
