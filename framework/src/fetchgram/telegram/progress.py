"""What people hear while nobody is on the stack: the status message, edited rarely enough and never missing its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.model import Request, RequestState, Text, text
from fetchgram.pipeline.audience import (
    Cancelled,
    Done,
    Failed,
    MenuAgain,
    News,
    NoRoom,
    Progress,
    Queued,
    Retrying,
    UncertainDelivery,
    Working,
)
from fetchgram.pipeline.intake import Intake
from fetchgram.pipeline.places import Standing
from fetchgram.ports import Clock
from fetchgram.telegram import views
from fetchgram.telegram.bars import Live, share_of, working_view
from fetchgram.telegram.board import Board
from fetchgram.telegram.bulletin import Bulletin
from fetchgram.telegram.flood import Lane

log = structlog.get_logger()

ShowCard: TypeAlias = Callable[[int, Text | None], Awaitable[None]]

_WAITING = (Queued, Retrying, NoRoom)
_LIVE = (*_WAITING, Working, Progress)
_SLOWER_AFTER_S = 300.0
_SLOWEST = 4.0
_LEAST_STEP = 0.01
_LONGEST_QUIET_S = 6.0
_AGAIN_S = 2.0
_MOST_ENDS = 10_000
"""Remembered until the events tell of them too, which takes seconds."""


@dataclass(slots=True)
class _Follow:
    """What this process knows of the news of one request."""

    latest: News | None = None
    shown: News | None = None
    shown_at: float = float("-inf")
    began: float = 0.0
    not_before: float = float("-inf")
    at_work: bool = False
    urgent: asyncio.Event = field(default_factory=asyncio.Event)


class TelegramAudience:
    """Tells people on the status message of their request.

    The latest news wins, but for news of progress that comes in behind the end: it was on its way when the work ended.
    News of progress is paced by time and by change and gives way to people who wait for an answer; an end is told until
    it is.

    Args:
        board: The status messages.
        intake: The requests as they stand.
        clock: Time.
        edit_interval_s: Shortest time between two edits of one message; grows for long jobs.
        show_card: Brings the menu back.
        bulletin: Tells of the items of lists.
    """

    def __init__(
        self,
        *,
        board: Board,
        intake: Intake,
        clock: Clock,
        edit_interval_s: float,
        show_card: ShowCard,
        bulletin: Bulletin,
    ) -> None:
        self._board = board
        self._intake = intake
        self._clock = clock
        self._interval_s = edit_interval_s
        self._show_card = show_card
        self._bulletin = bulletin
        self._follows: dict[int, _Follow] = {}
        self._ends: dict[tuple[int, int], None] = {}
        self._fresh: asyncio.Queue[int] = asyncio.Queue()

    async def tell(self, request_id: int, position: int, news: News) -> None:
        """Note the news; it is shown soon."""
        if position:
            self._note_end(request_id, position, news)
            self._bulletin.note(request_id, position, news)
            return
        follow = self._follows.setdefault(request_id, _Follow(began=self._clock.monotonic()))
        if isinstance(news, _LIVE) and _is_end(follow.latest or follow.shown):
            return
        follow.latest = news
        self._note_end(request_id, position, news)
        if _is_end(news):
            follow.urgent.set()
        if not follow.at_work:
            follow.at_work = True
            self._fresh.put_nowait(request_id)

    def refresh(self, request_id: int) -> None:
        """Show how a list stands, soon."""
        self._bulletin.refresh(request_id)

    def heard_end(self, request_id: int, position: int = 0) -> bool:
        """Whether the end of a request, or of an item of a list, came here to be told, since it last began."""
        return (request_id, position) in self._ends

    def begin(self, request_id: int) -> None:
        """Forget what was told before: a wish starts, or starts again."""
        for heard in [each for each in self._ends if each[0] == request_id]:
            del self._ends[heard]
        follow = self._follows.get(request_id)
        if follow is not None:
            follow.latest = follow.shown = None
            follow.began = self._clock.monotonic()

    def _note_end(self, request_id: int, position: int, news: News) -> None:
        if not _is_end(news):
            return
        self._ends[request_id, position] = None
        if len(self._ends) > _MOST_ENDS:
            del self._ends[next(iter(self._ends))]

    async def tell_place(self, request_id: int, news: Standing) -> None:
        """Tell where it stands, unless there is later news."""
        follow = self._follows.get(request_id)
        known = follow and (follow.latest or follow.shown)
        if known is None or isinstance(known, _WAITING):
            await self.tell(request_id, 0, news)

    @property
    def all_told(self) -> bool:
        """Whether no end is on its way."""
        return self._bulletin.all_told and not any(
            follow.at_work and not isinstance(follow.latest, _LIVE) for follow in self._follows.values()
        )

    @property
    def waiting_in_line(self) -> list[int]:
        """Requests whose last news was that they wait: their place, or the time to their next try, goes on."""
        return [key for key, follow in self._follows.items() if isinstance(follow.latest or follow.shown, _WAITING)]

    async def run(self) -> None:
        """Show news until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._bulletin.run())
            while True:
                request_id = await self._fresh.get()
                group.create_task(self._follow(request_id), name=f"news of request {request_id}")

    async def _follow(self, request_id: int) -> None:
        follow = self._follows[request_id]
        try:
            while (news := follow.latest) is not None:
                if isinstance(news, _LIVE) and (wait_s := self._due_in_s(follow, news)) > 0:
                    await self._nap(follow, wait_s)
                    continue
                follow.latest = None
                follow.urgent.clear()
                await self._show(request_id, follow, news)
        except Exception as error:  # an audience never raises
            log.error("status.failed", request=request_id, error=repr(error), exc_info=error)
        finally:
            follow.at_work = False
        if not isinstance(follow.shown, _LIVE):
            self._follows.pop(request_id, None)

    def _due_in_s(self, follow: _Follow, news: News) -> float:
        now = self._clock.monotonic()
        age_s = now - follow.began
        interval_s = self._interval_s * min(_SLOWEST, 1 + age_s / _SLOWER_AFTER_S)
        if not _worth_telling(follow.shown, news):
            interval_s = max(interval_s, _LONGEST_QUIET_S)
        return max(follow.shown_at + interval_s, follow.not_before) - now

    async def _nap(self, follow: _Follow, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await follow.urgent.wait()
        except TimeoutError:
            return

    async def _show(self, request_id: int, follow: _Follow, news: News) -> None:
        if not isinstance(news, _LIVE):
            await self._tell_end(request_id, follow, news)
            return
        try:
            await self._show_live(request_id, news)
        except (TemporarilyUnavailable, DiskFull) as error:
            follow.not_before = self._clock.monotonic() + (_asked_s(error) or self._interval_s)
            follow.latest = follow.latest or news
        else:
            follow.shown, follow.shown_at = news, self._clock.monotonic()

    async def _tell_end(self, request_id: int, follow: _Follow, news: News) -> None:
        """Show an end; when the database has no answer now, or no room, once more later."""
        follow.shown = news
        try:
            await self._show_end(await self._intake.request(request_id), news)
        except (TemporarilyUnavailable, DiskFull) as error:
            log.warning("status.end_postponed", request=request_id, error=repr(error))
            await self._clock.sleep(_asked_s(error) or _AGAIN_S)
            if follow.latest is None and follow.shown is news:  # it has not begun again meanwhile
                follow.latest = news

    async def _show_live(self, request_id: int, news: Live) -> None:
        request = await self._intake.request(request_id)
        if request.listing is not None:
            self._bulletin.refresh(request_id)
        elif request.state is RequestState.WORKING:
            await self._board.show(request_id, working_view(request, news), lane=Lane.NEWS)

    async def _show_end(self, request: Request, news: News) -> None:
        match news:
            case Done() | Failed() | UncertainDelivery() if not request.state.ended:
                log.info("status.begun_again", request=request.id)
            case Done() if request.state is RequestState.DONE:
                await self._board.remove(request.id)
            case Failed():
                view = views.failed(request, news.error, news.number, retryable=news.retryable)
                await self._board.insist(request, view)
            case UncertainDelivery():
                await self._board.insist(request, views.uncertain(request))
            case Cancelled() if request.listing is not None and request.recipe is not None:
                self._bulletin.refresh(request.id)
            case Cancelled():
                await self._board.insist(request, views.cancelled(request))
            case MenuAgain():
                await self._show_card(request.id, text("toast-choice-gone"))


def _is_end(news: News | None) -> bool:
    return news is not None and not isinstance(news, _LIVE)


def _asked_s(error: TemporarilyUnavailable | DiskFull) -> float | None:
    return error.retry_after_s if isinstance(error, TemporarilyUnavailable) else None


def _worth_telling(shown: News | None, news: News) -> bool:
    if not (isinstance(shown, Progress) and isinstance(news, Progress) and shown.stage is news.stage):
        return True
    return abs(share_of(news) - share_of(shown)) >= _LEAST_STEP or not news.total_bytes
