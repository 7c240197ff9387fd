"""The updates that wait for a bot: numbered, long-polled, forgotten only when they were confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from fetchgram_sandbox.errors import ApiError
from fetchgram_sandbox.objects import Json

_LONGEST_POLL_S = 50.0
_MOST_UPDATES = 100
# See core.telegram.org/bots/api#getupdates: an empty list means all but these three.
_ONLY_WHEN_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class UpdateQueue:
    """Keeps the updates of one bot.

    Args:
        clock: Seconds since 1970.
        kept_s: How long an update is kept.

    Attributes:
        latest: The update that was queued last.
    """

    def __init__(self, clock: Callable[[], float], kept_s: float) -> None:
        self._clock = clock
        self._kept_s = kept_s
        self._waiting: list[tuple[float, Json]] = []
        self._next_id = 1
        self._allowed: frozenset[str] = frozenset()
        self._news = asyncio.Event()
        self._poller: object = None
        self.latest: Json = {}
        self._repeats: list[Json] = []

    def __len__(self) -> int:
        """Return how many updates wait."""
        return len(self._waiting)

    @property
    def allowed(self) -> tuple[str, ...]:
        """Return the kinds that the bot asked for, empty for the usual ones."""
        return tuple(sorted(self._allowed))

    @property
    def is_polled(self) -> bool:
        """Whether a bot has ever asked."""
        return self._poller is not None

    def add(self, kind: str, payload: Json, *, unasked: bool = False) -> None:
        """Queue an update, if the bot wants this kind, or even `unasked`."""
        wanted = kind in self._allowed if self._allowed else kind not in _ONLY_WHEN_ASKED
        if wanted or unasked:
            self.latest = {"update_id": self._next_id, kind: payload}
            self._waiting.append((self._clock(), self.latest))
            self._next_id += 1
            self._wake()

    def repeat(self, update: Json) -> None:
        """Let an update come once more under its number, though it was confirmed."""
        self._repeats.append(update)
        self._wake()

    def clear(self) -> None:
        """Drop everything that waits."""
        self._waiting.clear()

    async def take(
        self, *, offset: int = 0, limit: int = _MOST_UPDATES, timeout_s: float = 0, allowed: Sequence[str] | None = None
    ) -> list[Json]:
        """Confirm everything before the offset and return what waits, at the latest after the timeout.

        Raises:
            ApiError: 409 when a second client polls in the meantime; the later one wins.
        """
        if allowed is not None:
            self._allowed = frozenset(allowed)
        self._confirm(offset)
        me = self._poller = object()
        self._wake()
        await self._wait(me, min(max(timeout_s, 0), _LONGEST_POLL_S))
        if self._poller is not me:
            raise ApiError(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            )
        repeats, self._repeats = self._repeats, []
        return [*repeats, *(update for _, update in self._waiting)][: min(max(limit, 1), _MOST_UPDATES)]

    def _confirm(self, offset: int) -> None:
        oldest = self._clock() - self._kept_s
        self._waiting = [(at, update) for at, update in self._waiting if at > oldest]
        if offset < 0:
            self._waiting = self._waiting[offset:]
        elif offset > 0:
            self._waiting = [(at, update) for at, update in self._waiting if int(str(update["update_id"])) >= offset]

    async def _wait(self, me: object, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not self._waiting and not self._repeats and self._poller is me:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return

    def _wake(self) -> None:
        self._news.set()
