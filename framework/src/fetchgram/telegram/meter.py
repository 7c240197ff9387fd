"""How Telegram answers a bot: the time of small calls, and how often it asked to wait."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from fetchgram.ports import Clock
from fetchgram.screens import Health, HealthReport

_LIGHT = frozenset({"sendMessage", "editMessageText", "answerCallbackQuery", "getMe", "sendChatAction"})
"""Calls whose time says something: others carry files, or wait for news on purpose."""
_CALLS = 100
_HOUR_S = 3600.0
_ANSWER_S = (1.0, 5.0)
_WAITS = (5, 50)
"""From where on it is amber, and from where on red."""


class Meter:
    """Measures by the way.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._took_s: deque[float] = deque(maxlen=_CALLS)
        self._waits: deque[float] = deque(maxlen=_WAITS[1])

    @contextmanager
    def timed(self, method: str) -> Iterator[None]:
        """Take the time of a call; one that fails says nothing."""
        began_s = self._clock.monotonic()
        yield
        if method in _LIGHT:
            self._took_s.append(self._clock.monotonic() - began_s)

    def asked_to_wait(self) -> None:
        """Note a 429."""
        self._waits.append(self._clock.monotonic())

    def report(self) -> HealthReport:
        """Say how it was lately."""
        hour_ago_s = self._clock.monotonic() - _HOUR_S
        waits = sum(at_s > hour_ago_s for at_s in self._waits)
        took_s = statistics.median(self._took_s) if self._took_s else 0.0
        told = f"answers in {took_s * 1000:.0f} ms, asked to wait {waits} times in an hour"
        told += f"; amber from {_ANSWER_S[0]:g} s or {_WAITS[0]} times, red from {_ANSWER_S[1]:g} s or {_WAITS[1]}"
        worst = max(sum(took_s >= level for level in _ANSWER_S), sum(waits >= level for level in _WAITS))
        return HealthReport(health=(Health.OK, Health.WARNING, Health.FAILING)[worst], detail=told)
