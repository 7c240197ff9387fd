"""What the buttons of lists do: pages, ticks, ranges, the one quality; and of lists at work, stop and again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from fetchgram.errors import FetchgramError
from fetchgram.model import DeliveryState, Json, Request, RequestState, Text, text
from fetchgram.pipeline import ranges
from fetchgram.pipeline.items import Items
from fetchgram.pipeline.lists import Lists
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.telegram import views
from fetchgram.telegram.board import Board
from fetchgram.telegram.cards import Cards
from fetchgram.telegram.picker import picker_view, wish_of
from fetchgram.telegram.progress import TelegramAudience

Args = Mapping[str, Json]
RANGES = "ranges"
"""Stands for the kind of option in a question about places of a list."""
_ASK_S = 600.0


class Picks:
    """Carries out presses on pickers and on lists at work; each returns what is said in passing.

    Args:
        lists: To pick from.
        items: At work.
        storage: Open questions.
        board: The status messages.
        cards: Shows pickers.
        audience: Tells how it goes on.
        clock: Time.
    """

    def __init__(
        self,
        *,
        lists: Lists,
        items: Items,
        storage: Storage,
        board: Board,
        cards: Cards,
        audience: TelegramAudience,
        clock: Clock,
    ) -> None:
        self._lists = lists
        self._items = items
        self._storage = storage
        self._board = board
        self._cards = cards
        self._audience = audience
        self._clock = clock
        self.actions: Mapping[str, Callable[[Request, Args], Awaitable[Text | None]]] = {
            "list-open": self._open,
            "list-close": self._close,
            "list-page": self._page,
            "list-tick": self._tick,
            "list-all": self._all,
            "list-none": self._none,
            "list-first": self._first,
            "list-ask": self._ask,
            "list-wish": self._wish,
            "list-start": self._start,
            "list-rest": self._rest,
            "list-retry": self._retry,
            "list-again": self._again,
        }

    async def answer(self, request_id: int, answer: str) -> Text | None:
        """Take typed places of a list; returns what is wrong with them, if anything."""
        found = ranges.parse(answer)
        try:
            count = await self._lists.pick_ranges(request_id, found) if found else 0
            await self._cards.show(request_id)
        except FetchgramError as error:
            return error.text
        return None if count else text("telegram-list-not-understood")

    async def _open(self, request: Request, args: Args) -> Text | None:  # noqa: ARG002  # one shape for all
        await self._lists.open_whole(request.id)
        await self._cards.show(request.id)
        return None

    async def _close(self, request: Request, args: Args) -> Text | None:  # noqa: ARG002  # the same
        await self._lists.close(request.id)
        await self._cards.show(request.id)
        return None

    async def _page(self, request: Request, args: Args) -> Text | None:
        await self._show(request, page=int(str(args["page"])))
        return None

    async def _tick(self, request: Request, args: Args) -> Text | None:
        await self._lists.tick(request.id, int(str(args["position"])), picked=bool(args["picked"]))
        await self._show(request)
        return None

    async def _all(self, request: Request, args: Args) -> Text | None:  # noqa: ARG002  # the same
        return await self._pick_first(request, None)

    async def _first(self, request: Request, args: Args) -> Text | None:
        return await self._pick_first(request, int(str(args["count"])))

    async def _pick_first(self, request: Request, count: int | None) -> Text | None:
        complete = await self._lists.pick_first(request.id, count)
        await self._show(request)
        return None if complete else text("list-limit", limit=await self._lists.limit(request.id))

    async def _none(self, request: Request, args: Args) -> Text | None:  # noqa: ARG002  # the same
        await self._lists.pick_none(request.id)
        await self._show(request)
        return None

    async def _ask(self, request: Request, args: Args) -> Text | None:  # noqa: ARG002  # the same
        chat = getattr(request.destination, "chat", 0)
        until = self._clock.now() + timedelta(seconds=_ASK_S)
        carried: Args = {"request": request.id, "input": RANGES}
        async with self._storage.write() as session:
            await session.menus.ask(request.bot_id, chat, request.person, views.REQUESTS, "answer", carried, until)
        await self._show(request, notice=text("telegram-list-ask"))
        return None

    async def _wish(self, request: Request, args: Args) -> Text | None:
        await self._lists.wish(request.id, wish_of(args))
        await self._show(request)
        return None

    async def _start(self, request: Request, args: Args) -> Text | None:  # noqa: ARG002  # the same
        await self._lists.choose(request.id)
        self._audience.refresh(request.id)
        return text("toast-queued")

    async def _rest(self, request: Request, args: Args) -> Text | None:  # noqa: ARG002  # the same
        if request.state is RequestState.WORKING:
            await self._items.stop_waiting(request.id)
            self._audience.refresh(request.id)
        return text("telegram-list-rest-stopped")

    async def _retry(self, request: Request, args: Args) -> Text | None:  # noqa: ARG002  # the same
        return await self._come_again(request, DeliveryState.FAILED)

    async def _again(self, request: Request, args: Args) -> Text | None:  # noqa: ARG002  # the same
        return await self._come_again(request, DeliveryState.UNCERTAIN)

    async def _come_again(self, request: Request, ended: DeliveryState) -> Text | None:
        self._audience.begin(request.id)
        await self._items.again(request.id, {ended})
        self._audience.refresh(request.id)
        return text("toast-queued")

    async def _show(self, request: Request, *, page: int | None = None, notice: Text | None = None) -> None:
        picker = await self._lists.picker(request.id, page)
        await self._board.show(request.id, picker_view(picker, notice=notice))
