"""One broadcast on its way: each message is on record before it goes out, and settled when its end is known."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

import structlog
from aiogram.exceptions import AiogramError, TelegramForbiddenError, TelegramRetryAfter

from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.model import Broadcast, Event, Json, Sent
from fetchgram.ports import Clock
from fetchgram.storage import Session, Storage
from fetchgram.storage.broadcast_sends import Ended
from fetchgram.storage.recipients import Recipient
from fetchgram.telegram.failures import NotReached, describe, is_nobody, is_unsendable, may_have_happened
from fetchgram.telegram.flood import Line, Places
from fetchgram.telegram.posts import Posts, ids_of

log = structlog.get_logger()

_TOLD = ("delivered", "blocked", "gone", "failed", "uncertain")
"""Of the tally, what observers learn at the end."""

_WIDTH = 96
"""Calls under way at once: a few less than the client has connections."""
_REFILL = _WIDTH // 2
"""So many are under way when more are begun, so that many share a transaction."""
_AHEAD = 500
"""People in memory whose turn comes next."""
_HELD = 50
"""People in memory whose chats are busy."""
_STREAK = 30
"""So many refusals in a row are no accident: an admin looks at it before the rest is tried."""
_REST_S = 2.0
_TICK_S = 0.2
_DRAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class _Turn:
    """Whose turn it is: to get their message now, or to wait because their chat is busy."""

    fresh: tuple[Recipient, ...]
    again: tuple[Recipient, ...]
    held: tuple[Recipient, ...]


class Mailing:
    """Sends one broadcast until it ends, is paused or stopped.

    One transaction settles what has ended and records what goes out next: its cost is shared by all that happened
    meanwhile, and nothing goes out that is not on record.

    Args:
        broadcast: Which.
        posts: Its calls.
        line: The way to Telegram.
        storage: Where its messages are recorded.
        clock: Time.
        owners: Ids of the owners.
    """

    def __init__(  # what is sent, over what, and where it is recorded
        self,
        broadcast: Broadcast,
        *,
        posts: Posts,
        line: Line,
        storage: Storage,
        clock: Clock,
        owners: Collection[int],
    ) -> None:
        self._broadcast = broadcast
        self._posts = posts
        self._line = line
        self._storage = storage
        self._clock = clock
        self._owners = owners
        self._ahead: deque[Recipient] = deque()
        self._waiting: deque[Recipient] = deque()
        self._last = 0
        self._is_at_end = False
        self._under_way: set[asyncio.Task[None]] = set()
        self._ends = asyncio.Event()
        self._ended: list[Ended] = []
        self._unsent: list[Recipient] = []
        self._doubtful: tuple[Recipient, ...] = ()
        """They may be on record, and surely nothing was sent to them."""
        self._streak = 0
        self._reason: str | None = None
        self._is_away = False

    async def run(self) -> None:
        """Send; what is under way at the end is settled first."""
        log.info("broadcast.sending", broadcast=self._broadcast.id, total=self._broadcast.total)
        await self._load()
        try:
            while await self._step():
                pass
        except asyncio.CancelledError:
            self._unsent.extend(self._doubtful)
            draining = asyncio.ensure_future(self._drain())
            await asyncio.wait([draining], timeout=_DRAIN_S)
            draining.cancel()
            raise
        await self._drain()

    async def _load(self) -> None:
        """Learn from the database where we are."""
        async with self._storage.write() as session:
            await session.sends.put_back(self._broadcast, [recipient.person for recipient in self._doubtful])
            self._waiting = deque(await session.recipients.waiting(self._broadcast))
            self._last = await session.broadcasts.walked_to(self._broadcast.id)
        self._ahead.clear()
        self._is_at_end = False

    async def _step(self) -> bool:
        """Let some messages go out; false when it is over, or shall not go on."""
        if self._is_away:
            self._is_away = False
            await self._clock.sleep(_REST_S)
        while len(self._under_way) > _REFILL:
            await self._next_end()
        turn = await self._choose(min(_WIDTH - len(self._under_way), self._stride))
        self._doubtful = (*turn.fresh, *turn.again)
        try:
            going = await self._record(turn)
        except (TemporarilyUnavailable, DiskFull) as error:
            await self._regain(error)
            return True
        self._doubtful = ()
        if going is None or (not going and self._is_over):
            return await self._goes_on(is_running=going is not None)
        await (self._let_go(going) if going else self._breathe())
        return True

    async def _let_go(self, going: Collection[Recipient]) -> None:
        """Send as soon as the rates allow it; who gets no place soon waits again."""
        left = deque(going)
        try:
            while left and (places := await self._places(len(left))).count:
                for _ in range(places.count):
                    self._begin(left.popleft(), places)
        finally:
            self._unsent.extend(left)

    async def _places(self, most: int) -> Places:
        return await self._line.places(most, paid=self._posts.is_paid, cost=self._posts.cost)

    @property
    def _stride(self) -> int:
        return self._line.stride(paid=self._posts.is_paid, cost=self._posts.cost)

    async def _goes_on(self, *, is_running: bool) -> bool:
        """End it when the last one had their turn."""
        if is_running and self._reason is None:
            async with self._storage.write() as session:
                if await session.broadcasts.finish(self._broadcast.id):
                    await self._tell_end(session)
        return False

    async def _tell_end(self, session: Session) -> None:
        """Write down how many got it, for observers."""
        ended = await session.broadcasts.get(self._broadcast.id)
        if ended is not None:
            told: dict[str, Json] = {name: getattr(ended.tally, name) for name in _TOLD}
            await session.events.add(Event(name="broadcast.done", at=session.now, bot_id=ended.bot_id, data=told))

    @property
    def _is_over(self) -> bool:
        left = (self._ahead, self._waiting, self._under_way, self._ended, self._unsent)
        return self._is_at_end and not any(left)

    async def _choose(self, count: int) -> _Turn:
        if not self._ahead and not self._is_at_end:
            await self._look_ahead()
        again = self._free_again(count)
        fresh: list[Recipient] = []
        held: list[Recipient] = []
        while self._ahead and len(fresh) - len(held) < count - len(again) and len(self._waiting) + len(held) < _HELD:
            fresh.append(self._ahead.popleft())
            if not self._line.is_free(fresh[-1].person):
                held.append(fresh[-1])
        return _Turn(tuple(fresh), tuple(again), tuple(held))

    def _free_again(self, count: int) -> list[Recipient]:
        free = [recipient for recipient in self._waiting if self._line.is_free(recipient.person)][:count]
        for recipient in free:
            self._waiting.remove(recipient)
        return free

    async def _look_ahead(self) -> None:
        async with self._storage.read() as session:
            found = await session.recipients.after(self._broadcast, self._owners, self._last, _AHEAD)
        self._ahead.extend(found)
        self._is_at_end = len(found) < _AHEAD
        self._last = found[-1].person if found else self._last

    async def _record(self, turn: _Turn) -> list[Recipient] | None:
        """Settle what has ended and record what goes out; `None` when it does not run any more."""
        ended, unsent = list(self._ended), list(self._unsent)
        async with self._storage.write() as session:
            await session.sends.settle(self._broadcast, ended)
            await session.sends.put_back(self._broadcast, [recipient.person for recipient in unsent])
            if self._reason is not None:
                await session.broadcasts.pause(self._broadcast.id, self._reason)
            going = await session.sends.begin(
                self._broadcast,
                self._owners,
                fresh=[recipient.person for recipient in turn.fresh],
                again=[recipient.person for recipient in turn.again],
                held=[recipient.person for recipient in turn.held],
            )
        del self._ended[: len(ended)], self._unsent[: len(unsent)]
        self._waiting.extend((*unsent, *turn.held))
        return None if going is None else [each for each in (*turn.again, *turn.fresh) if each.person in going]

    async def _regain(self, error: Exception) -> None:
        """Wait for the database; until it is back nothing goes out."""
        log.warning("broadcast.no_database", broadcast=self._broadcast.id, error=repr(error))
        while True:
            await self._clock.sleep(_REST_S)
            try:
                await self._load()
            except (TemporarilyUnavailable, DiskFull) as still:
                log.warning("broadcast.no_database", broadcast=self._broadcast.id, error=repr(still))
            else:
                return

    def _begin(self, recipient: Recipient, places: Places) -> None:
        sending = asyncio.ensure_future(self._send(recipient, places))
        self._under_way.add(sending)
        sending.add_done_callback(self._note_end)

    def _note_end(self, sending: asyncio.Task[None]) -> None:
        self._under_way.discard(sending)
        self._ends.set()

    async def _next_end(self) -> None:
        """Wait until one more answer is there; `asyncio.wait` would look at all of them each time."""
        self._ends.clear()
        await self._ends.wait()

    async def _send(self, recipient: Recipient, places: Places) -> None:
        try:
            sent = await self._line.mail(self._posts.copy(recipient.person, recipient.locale), places)
        except AiogramError as error:
            self._failed(recipient, error)
        except Exception as error:  # nobody knows how far it came: never sent again
            log.error("broadcast.broke", broadcast=self._broadcast.id, error=repr(error), exc_info=error)
            self._ended.append(Ended(recipient.person, Sent.UNCERTAIN))
        else:
            self._streak = 0
            self._ended.append(Ended(recipient.person, Sent.DELIVERED, ids_of(sent)))

    def _failed(self, recipient: Recipient, error: AiogramError) -> None:
        if isinstance(error, TelegramRetryAfter | NotReached):
            self._is_away = isinstance(error, NotReached)
            self._unsent.append(recipient)
        elif is_unsendable(error):
            self._reason = self._reason or describe(error)
            self._unsent.append(recipient)
        else:
            self._ended.append(Ended(recipient.person, _outcome(error)))
            self._note_refusal(error)

    def _note_refusal(self, error: AiogramError) -> None:
        if _outcome(error) is not Sent.FAILED:
            return
        log.info("broadcast.refused", broadcast=self._broadcast.id, error=describe(error))
        self._streak += 1
        if self._streak >= _STREAK:
            self._streak, self._reason = 0, describe(error)

    async def _breathe(self) -> None:
        """Wait for an answer, or for a chat that is busy."""
        if self._under_way:
            await self._next_end()
        elif not self._ended and not self._unsent:
            await self._clock.sleep(_TICK_S)

    async def _drain(self) -> None:
        """Wait for all answers and settle them."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        while self._ended or self._unsent:
            try:
                await self._settle_rest()
            except (TemporarilyUnavailable, DiskFull) as error:
                log.warning("broadcast.no_database", broadcast=self._broadcast.id, error=repr(error))
                await self._clock.sleep(_REST_S)

    async def _settle_rest(self) -> None:
        async with self._storage.write() as session:
            await session.sends.settle(self._broadcast, self._ended)
            await session.sends.put_back(self._broadcast, [recipient.person for recipient in self._unsent])
        self._ended, self._unsent = [], []


def _outcome(error: AiogramError) -> Sent:
    if may_have_happened(error):
        return Sent.UNCERTAIN
    if is_nobody(error):
        return Sent.GONE
    return Sent.BLOCKED if isinstance(error, TelegramForbiddenError) else Sent.FAILED
