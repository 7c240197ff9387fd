"""The sink of a running stage: counts bytes, knows the speed, tells everyone who waits for the job."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fetchgram.model import Growing, Stage
from fetchgram.pipeline.audience import Progress
from fetchgram.ports import Clock

TICK_S = 0.5
"""People read no faster; what an audience does with it is its own affair."""

_SMOOTHING = 0.3


class ProgressSink:
    """Where a stage says how far it is; `pump` tells it on, at most once per tick and only when it changed.

    Args:
        stage: Of the job.
        tell: Takes the news to everyone who waits.
        clock: Time.
        max_bytes: What a download may bring.
    """

    def __init__(
        self,
        stage: Stage,
        tell: Callable[[Progress], Awaitable[None]],
        clock: Clock,
        *,
        max_bytes: int | None = None,
    ) -> None:
        self.max_bytes = max_bytes
        self._stage = stage
        self._tell = tell
        self._clock = clock
        self._done = 0
        self._total: int | None = None
        self._told: tuple[int, int | None] | None = None
        self._speed_bps: float | None = None
        self._measured: tuple[float, int] | None = None

    def progress(self, done: int, total: int | None) -> None:
        """Say how many bytes of how many are done."""
        self._done, self._total = done, total
        if self._measured is None:  # what came before the first byte is waiting, not speed
            self._measured = (self._clock.monotonic(), done)

    def announce(self, growing: Growing) -> None:
        """Offer a file that may be sent while it grows; finished files only are delivered so far."""

    async def pump(self) -> None:
        """Tell progress until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            await self.flush()

    async def flush(self) -> None:
        """Tell what is new."""
        if self._told == (self._done, self._total) or (self._done == 0 and self._total is None):
            return
        self._told = (self._done, self._total)
        self._measure()
        await self._tell(
            Progress(
                stage=self._stage,
                done_bytes=self._done,
                total_bytes=self._total,
                speed_bps=self._speed_bps,
                eta_s=self._eta_s(),
            )
        )

    def _measure(self) -> None:
        now = self._clock.monotonic()
        then, before = self._measured or (now, self._done)
        if now - then < TICK_S / 2 or self._done < before:
            if self._done < before:
                self._measured = (now, self._done)
            return
        current = (self._done - before) / (now - then)
        old = self._speed_bps if self._speed_bps is not None else current
        self._speed_bps = _SMOOTHING * current + (1 - _SMOOTHING) * old
        self._measured = (now, self._done)

    def _eta_s(self) -> float | None:
        if not self._speed_bps or self._total is None:
            return None
        return max(0.0, (self._total - self._done) / self._speed_bps)
