"""Time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> datetime:
        """Return the present in UTC, aware."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only rise."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
