"""The time that everything behind one link has together: waiting for an account, each look, the other engine."""

from __future__ import annotations

from dataclasses import dataclass

from fetchgram.api import Clock


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment that nothing may pass: a person waits, and so does the core with its own limit.

    Args:
        clock: Time.
        until_s: Of the clock that only rises.
    """

    clock: Clock
    until_s: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        """Return one that is so far away."""
        return cls(clock, clock.monotonic() + seconds)

    @property
    def left_s(self) -> float:
        """Seconds that are left, never below 0."""
        return max(0.0, self.until_s - self.clock.monotonic())
