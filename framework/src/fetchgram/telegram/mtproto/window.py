"""How much may be under way at once, and over how many connections: learnt from the answers."""

from __future__ import annotations

import asyncio
from collections import deque

_LEAST_TIMEOUT_S, _MOST_TIMEOUT_S = 1.0, 30.0
_FIRST_TIMEOUT_S = 3.0
_GAIN, _SPREAD_GAIN = 1 / 8, 1 / 4
_QUEUE_S = 1.0
"""Parts that wait longer than this somewhere on the way only make cancelling slow."""


class RoundTrip:
    """When an answer is overdue: RFC 6298, as TCP decides it."""

    def __init__(self) -> None:
        self._smoothed_s = 0.0
        self._spread_s = 0.0
        self._backoff = 1
        self.least_s = float("inf")

    @property
    def timeout_s(self) -> float:
        """Return how long to wait for the next answer."""
        wanted = self._smoothed_s + 4 * self._spread_s if self._smoothed_s else _FIRST_TIMEOUT_S
        return min(_MOST_TIMEOUT_S, max(_LEAST_TIMEOUT_S, wanted) * self._backoff)

    def answered(self, took_s: float) -> None:
        """Learn from an answer."""
        if self._smoothed_s:
            self._spread_s += _SPREAD_GAIN * (abs(self._smoothed_s - took_s) - self._spread_s)
            self._smoothed_s += _GAIN * (took_s - self._smoothed_s)
        else:
            self._smoothed_s, self._spread_s = took_s, took_s / 2
        self.least_s = min(self.least_s, took_s)
        self._backoff = 1

    def overdue(self) -> None:
        """Learn that no answer came."""
        self._backoff = min(self._backoff * 2, 16)

    def is_queueing(self, took_s: float) -> bool:
        """Say whether an answer took so much longer than the fastest that data must be waiting on the way."""
        return took_s > self.least_s + _QUEUE_S


class Window:
    """Lets so many parts be under way; who waits gets in one after the other, so that uploads take turns.

    Args:
        most: Parts under way at most.
        first: Parts under way to begin with.
    """

    def __init__(self, most: int, first: int = 4) -> None:
        self._most = most
        self._limit = min(first, most)
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def limit(self) -> int:
        """Return how many parts may be under way now."""
        return self._limit

    async def enter(self) -> None:
        """Wait for room."""
        if self._inside < self._limit and not self._waiting:
            self._inside += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise

    def leave(self) -> None:
        """Give the room back."""
        self._inside -= 1
        self._admit()

    def widen(self) -> None:
        """Let one more in."""
        self._limit = min(self._limit + 1, self._most)
        self._admit()

    def narrow(self, divisor: int = 2) -> None:
        """Let fewer in: something on the way has had too much."""
        self._limit = max(1, self._limit - max(1, self._limit // divisor))

    def _admit(self) -> None:
        while self._waiting and self._inside < self._limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)


class Spread:
    """Over how many connections parts go: more of them while that makes it faster.

    A data centre may limit each connection, and then several are faster in proportion. Where the line, the window or
    our processor is the limit, more of them cost: parts that travel side by side are all late, and so are answers.
    So more of them are tried where parts queue up, which shows in answers that take several times the round trip, and
    as long as that pays; and from time to time fewer, which are kept when they are as good, at once where nothing
    queues up.

    Args:
        most: Connections at most.
        first: Connections to begin with.
    """

    _INTERVAL_S = 0.15
    _INTERVAL_PARTS = 12
    _FLOWING, _QUEUEING, _MOST_TIMES = 1.4, 2.0, 4
    _PAID, _AS_GOOD = 1.15, 0.95
    _AGAIN_S = 10.0

    def __init__(self, most: int, first: int = 2) -> None:
        self._most = most
        self.wanted = min(first, most)
        self._known = self.wanted
        self._before: float | None = None
        self._tries_more = True
        self._settling = False
        self._began_at: float | None = None
        self._parts = 0
        self._took_s = 0.0
        self._next_trial_at = 0.0

    def answered(self, now: float, took_s: float, round_trip_s: float) -> None:
        """Count a part, and decide when there is something to decide.

        Args:
            now: Monotonic seconds.
            took_s: Of its answer.
            round_trip_s: Of the fastest answer: nothing can be learnt sooner.
        """
        if self._began_at is None:
            self._began_at = now
            return
        self._parts += 1
        self._took_s += took_s
        elapsed_s = now - self._began_at
        if elapsed_s < self._INTERVAL_S + 2 * round_trip_s or self._parts < self._INTERVAL_PARTS:
            return
        rate, queueing = self._parts / elapsed_s, self._took_s / self._parts / round_trip_s
        self._begin(now)
        if self._settling:
            # New connections and a wider window take a round trip until they show.
            self._settling = False
        elif self._before is not None:
            self._judge(rate, queueing, now)
        elif now >= self._next_trial_at:
            self._try(rate, queueing, now)

    def rest(self) -> None:
        """Begin to measure anew, after a time without uploads."""
        self._before, self._settling = None, False
        self._begin(None)

    def _begin(self, now: float | None) -> None:
        self._began_at, self._parts, self._took_s = now, 0, 0.0

    def _try(self, rate: float, queueing: float, now: float) -> None:
        on_trial = self._more(queueing) if self._tries_more else max(self.wanted // 2, 1)
        if on_trial == self.wanted:
            self._turn(now if queueing < self._FLOWING else now + self._AGAIN_S)
        else:
            self._before, self._known, self._settling = rate, self.wanted, True
            self.wanted = on_trial

    def _more(self, queueing: float) -> int:
        """Return how many connections may be worth a trial: parts that take twice the way wait for others."""
        if queueing < self._QUEUEING:
            return self.wanted
        return min(self.wanted * min(int(queueing), self._MOST_TIMES), self._most)

    def _judge(self, rate: float, queueing: float, now: float) -> None:
        before, self._before = self._before or 0.0, None
        if rate >= before * (self._PAID if self._tries_more else self._AS_GOOD):
            self._try(rate, queueing, now)
        else:
            self.wanted = self._known
            self._turn(now + self._AGAIN_S)

    def _turn(self, next_trial_at: float) -> None:
        self._tries_more = not self._tries_more
        self._next_trial_at = next_trial_at
