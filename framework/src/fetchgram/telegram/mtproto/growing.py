"""A file that somebody else still writes, from its beginning to its end, and that may be sent meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from fetchgram.errors import CannotDeliver, TemporarilyUnavailable

_LOOK_S = 0.05
_SILENCE_S = 120.0
"""Downloads give up sooner themselves; this is for writers that died."""


class Growth:
    """How far such a file is.

    Args:
        path: The file; what is there does not change any more.
        size_bytes: What it will have.
        silence_s: How long it may stay as it is.
    """

    def __init__(self, path: Path, size_bytes: int, *, silence_s: float = _SILENCE_S) -> None:
        self.path = path
        self.size_bytes = size_bytes
        self._silence_s = silence_s
        self._ready_bytes = 0
        self._grew_at = time.monotonic()

    async def reaches(self, end: int) -> None:
        """Wait until everything before an offset is there.

        Raises:
            CannotDeliver: It became shorter, or larger than it was to be, or is gone: it is another file.
            TemporarilyUnavailable: Nobody writes it any more.
        """
        while self._ready_bytes < end:
            await self._look()
            if self._ready_bytes >= end:
                return
            if time.monotonic() - self._grew_at > self._silence_s:
                raise TemporarilyUnavailable(f"a file stopped growing at {self._ready_bytes} of {self.size_bytes}")
            await asyncio.sleep(_LOOK_S)

    async def _look(self) -> None:
        try:
            found = (await asyncio.to_thread(self.path.stat)).st_size
        except FileNotFoundError as error:
            raise CannotDeliver("a file went away while it grew") from error
        if not self._ready_bytes <= found <= self.size_bytes:
            raise CannotDeliver(f"a growing file has {found} bytes, after {self._ready_bytes} of {self.size_bytes}")
        if found > self._ready_bytes:
            self._ready_bytes, self._grew_at = found, time.monotonic()
