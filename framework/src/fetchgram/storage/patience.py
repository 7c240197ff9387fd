"""Waiting for a database that is not there yet, as when a whole machine starts, or that another process holds."""

from __future__ import annotations

from pathlib import Path

import structlog

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.ports import Clock
from fetchgram.storage.engines import open_engine

log = structlog.get_logger()

_FIRST_S = 0.5
_LONGEST_S = 10.0


class Patience:
    """How long a start waits for its database; each pause is twice as long as the one before, up to 10 s.

    Args:
        limit_s: Setting `database.wait_s`, from the first failure on; 0 waits for nothing.
        clock: Time.
    """

    def __init__(self, limit_s: float, clock: Clock) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._until: float | None = None
        self._pause_s = _FIRST_S

    async def after(self, error: TemporarilyUnavailable) -> None:
        """Wait before the next try.

        Raises:
            TemporarilyUnavailable: The same, when the limit is reached.
        """
        now = self._clock.monotonic()
        self._until = now + self._limit_s if self._until is None else self._until
        left_s = self._until - now
        if left_s <= 0:
            raise error
        pause_s = min(self._pause_s, left_s)
        log.warning("database.awaited", error=str(error), again_s=round(pause_s, 1), gives_up_s=round(left_s))
        self._pause_s = min(2 * self._pause_s, _LONGEST_S)
        await self._clock.sleep(pause_s)


async def reach(url: str | None, data_dir: Path) -> None:
    """Ask the database whether it would take something now; it is not opened, and nothing is written.

    Args:
        url: Setting `database.url`.
        data_dir: The data folder.

    Raises:
        ConfigError: If it never would.
        TemporarilyUnavailable: If it does not now.
    """
    database = await open_engine(url, data_dir)
    try:
        await database.reach()
    finally:
        await database.close()
