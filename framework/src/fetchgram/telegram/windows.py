"""Sliding windows: so many calls in so many seconds, as the server would count them."""

from __future__ import annotations

from collections import deque


class Window:
    """So many calls in so many seconds, counted from the answers, so that the server never sees them closer.

    A call under way counts as one of now. One that takes long holds up no other: it takes one place, not the window.

    Args:
        count: Calls; may change, and with 0 nothing goes.
        seconds: In which time.

    Attributes:
        begun: Calls so far.
    """

    def __init__(self, count: int, seconds: float) -> None:
        self.count = count
        self._seconds = seconds
        self.begun = 0
        self._under_way = 0
        self._ended: deque[float] = deque()

    def wait_s(self, now: float, cost: int = 1, *, spare: int = 0) -> float:
        """Return how long the next call has to wait.

        Args:
            now: Monotonic time.
            cost: For how many calls it counts; one larger than the window passes when that is empty.
            spare: How many places it shall leave free.
        """
        room = self._places(spare)
        if not room:
            return self._seconds
        over = self._used(now) + min(cost, room) - room
        if over <= 0:
            return 0.0
        freed = self._ended[over - 1] if over <= len(self._ended) else now
        return freed + self._seconds - now

    def room(self, now: float, *, spare: int = 0) -> int:
        """Return how many calls may begin now."""
        return max(0, self._places(spare) - self._used(now))

    def begin(self, cost: int) -> None:
        """Count calls that begin."""
        self.begun += cost
        self._under_way += cost

    def end(self, cost: int, now: float) -> None:
        """Count calls whose answer came."""
        self._under_way -= cost
        self._ended.extend([now] * cost)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is counted."""
        return not self._under_way and not self._ended

    def _places(self, spare: int) -> int:
        """Return how many there are besides those to spare; one at the least, where there is any."""
        return max(min(1, self.count), self.count - spare)

    def _used(self, now: float) -> int:
        while self._ended and self._ended[0] <= now - self._seconds:
            self._ended.popleft()
        return self._under_way + len(self._ended)
