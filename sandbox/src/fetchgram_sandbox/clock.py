"""A clock for tests about minutes and days that take no time."""

from __future__ import annotations

_START_S = 1_800_000_000.0


class StoppedClock:
    """A clock that stands still until it is turned: `World(clock=StoppedClock())`.

    Attributes:
        now_s: Seconds since 1970.
    """

    def __init__(self, now_s: float = _START_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        """Return what the clock shows."""
        return self.now_s

    def turn(self, seconds: float) -> None:
        """Turn the clock forwards."""
        self.now_s += seconds
