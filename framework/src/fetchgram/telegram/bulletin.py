"""The status messages of lists at work: what happens to any item makes them new, rarely enough."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.pipeline.audience import News, NoRoom, Progress, Queued, Retrying, Working
from fetchgram.pipeline.items import Items
from fetchgram.ports import Clock
from fetchgram.telegram.board import Board
from fetchgram.telegram.flood import Lane
from fetchgram.telegram.items import items_view

log = structlog.get_logger()

_MOVING = (Working, Progress, Retrying, NoRoom)
_SLOWER_AFTER_S = 300.0
_SLOWEST = 4.0
_AGAIN_S = 2.0


@dataclass(slots=True)
class _Follow:
    """What this process knows of one list; the database knows the rest."""

    live: dict[int, News] = field(default_factory=dict)
    is_new: bool = True
    owes_end: bool = False
    at_work: bool = False
    began: float = 0.0
    not_before: float = float("-inf")


class Bulletin:
    """Shows how lists stand, built from the database and the latest news of the items at work.

    Args:
        board: The status messages.
        items: Of lists.
        clock: Time.
        interval_s: Shortest time between two edits of one message; grows for long lists.
    """

    def __init__(self, *, board: Board, items: Items, clock: Clock, interval_s: float) -> None:
        self._board = board
        self._items = items
        self._clock = clock
        self._interval_s = interval_s
        self._follows: dict[int, _Follow] = {}
        self._fresh: asyncio.Queue[int] = asyncio.Queue()

    def note(self, request_id: int, position: int, news: News) -> None:
        """Note news of an item; shown soon."""
        follow = self._of(request_id)
        if isinstance(news, _MOVING):
            follow.live[position] = news
        else:
            follow.live.pop(position, None)
            follow.owes_end = follow.owes_end or not isinstance(news, Queued)
        self._touch(request_id, follow)

    def refresh(self, request_id: int) -> None:
        """Show how a list stands, soon."""
        follow = self._of(request_id)
        follow.owes_end = True
        self._touch(request_id, follow)

    @property
    def all_told(self) -> bool:
        """Whether no end is on its way."""
        return not any(follow.owes_end for follow in self._follows.values())

    async def run(self) -> None:
        """Show until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                request_id = await self._fresh.get()
                group.create_task(self._follow(request_id), name=f"list of request {request_id}")

    def _of(self, request_id: int) -> _Follow:
        return self._follows.setdefault(request_id, _Follow(began=self._clock.monotonic()))

    def _touch(self, request_id: int, follow: _Follow) -> None:
        follow.is_new = True
        if not follow.at_work:
            follow.at_work = True
            self._fresh.put_nowait(request_id)

    async def _follow(self, request_id: int) -> None:
        follow = self._follows[request_id]
        try:
            while follow.is_new:
                await asyncio.sleep(max(0.0, follow.not_before - self._clock.monotonic()))
                await self._show(request_id, follow)
        except Exception as error:  # an audience never raises
            log.error("list.not_shown", request=request_id, error=repr(error), exc_info=error)
            follow.owes_end = False
        finally:
            follow.at_work = False

    async def _show(self, request_id: int, follow: _Follow) -> None:
        follow.is_new, owes_end = False, follow.owes_end
        follow.owes_end = False
        try:
            ended = await self._put(request_id, follow)
        except (TemporarilyUnavailable, DiskFull) as error:
            asked_s = error.retry_after_s if isinstance(error, TemporarilyUnavailable) else None
            follow.is_new, follow.owes_end = True, owes_end or follow.owes_end
            follow.not_before = self._clock.monotonic() + (asked_s or _AGAIN_S)
            return
        if ended and not follow.is_new:
            self._follows.pop(request_id, None)
        age_s = self._clock.monotonic() - follow.began
        interval_s = self._interval_s * min(_SLOWEST, 1 + age_s / _SLOWER_AFTER_S)
        follow.not_before = self._clock.monotonic() + interval_s

    async def _put(self, request_id: int, follow: _Follow) -> bool:
        """Show it; returns whether that was the end."""
        request, items = await self._items.read(request_id)
        if not items or request.status_message is None:
            return request.state.ended
        view = items_view(request, items, follow.live)
        if request.state.ended:
            await self._board.insist(request, view)
        else:
            await self._board.show(request_id, view, lane=Lane.NEWS)
        return request.state.ended
