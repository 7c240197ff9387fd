"""What admins set for the whole bot at run time: maintenance, the log level, a restart; every process follows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.logs import configure
from fetchgram.model import Json, Text, text
from fetchgram.ports import Clock
from fetchgram.settings import LogSettings
from fetchgram.storage import Storage

MODE = "upkeep.mode"
LOG = "upkeep.log"
RESTART = "upkeep.restart"

_EVERY_S = 1.0
LEVELS = ("debug", "info", "warning", "error")

log = structlog.get_logger()


class Upkeep:
    """Lets hold here what is written down.

    Args:
        storage: Where it is written.
        logs: Of the configuration.
        clock: Time.

    Attributes:
        closed: What people read instead of getting something; `None` while everything is as usual.
        restart_wanted: Set when an admin asked for a restart after this process began.
    """

    def __init__(self, storage: Storage, logs: LogSettings, clock: Clock) -> None:
        self._storage = storage
        self._logs = logs
        self._clock = clock
        self._began: datetime | None = None
        self.closed: Text | None = None
        self.level: str = logs.level
        self.restart_wanted = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self.follow()
            except FetchgramError as error:
                log.warning("upkeep.no_database", error=repr(error))
            await self._clock.sleep(_EVERY_S)

    async def follow(self) -> None:
        """Let hold what is written down now."""
        async with self._storage.read() as session:
            self.apply(await session.overrides.get_all(), session.now)

    def apply(self, rows: Mapping[str, Json], now: datetime) -> None:
        """Let these rows hold.

        Args:
            rows: Of the table of overrides.
            now: By the database's clock, as the moments in the rows are.
        """
        self._began = self._began or now
        mode, level, restart = rows.get(MODE), rows.get(LOG), rows.get(RESTART)
        self.closed = text("maintenance", why=mode) if isinstance(mode, str) else None
        wanted = level if isinstance(level, str) and level in LEVELS else self._logs.level
        if wanted != self.level:
            self.level = wanted
            configure(self._logs.model_copy(update={"level": wanted}))
            log.warning("log.level", level=wanted)
        if isinstance(restart, str) and datetime.fromisoformat(restart) > self._began:
            self.restart_wanted.set()
