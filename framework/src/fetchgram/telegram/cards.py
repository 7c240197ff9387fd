"""From an accepted link to its card: looked at in the background, shown on the status message, with its picture."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from fetchgram.errors import DiskFull, FetchgramError, TooLarge
from fetchgram.model import Chat, Request, RequestState, Text
from fetchgram.pipeline.intake import Intake
from fetchgram.pipeline.lists import Lists
from fetchgram.pipeline.menu import Menu
from fetchgram.ports import Network
from fetchgram.telegram import views
from fetchgram.telegram.board import Board
from fetchgram.telegram.card import card_view
from fetchgram.telegram.files import is_sent_file
from fetchgram.telegram.options import sent_file_view
from fetchgram.telegram.picker import picker_view

log = structlog.get_logger()

_AT_ONCE = 16
_REST_S = 5.0
_PICTURE_BYTES = 1_000_000
"""Enough for the pictures of the big sites, and a tenth of what Telegram takes as a photo."""
_PICTURE_S = 4.0
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF")


class Cards:
    """Looks at links and shows their cards.

    Args:
        intake: Detects and probes.
        lists: What is a list is picked from.
        board: The status messages.
        network: Fetches pictures, guarded.
    """

    def __init__(self, *, intake: Intake, lists: Lists, board: Board, network: Network) -> None:
        self._intake = intake
        self._lists = lists
        self._board = board
        self._network = network
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._looks: dict[int, asyncio.Task[None]] = {}
        self._asked: set[int] = set()
        self._wanted: asyncio.Queue[tuple[Request, bool]] = asyncio.Queue()

    def look(self, request: Request, *, group: bool = False) -> None:
        """Look at a link in the background; the person may cancel meanwhile.

        Args:
            request: In state `probing`.
            group: Nobody asked for it expressly: only sure claims are answered, and nothing is said otherwise.
        """
        self._asked.add(request.id)
        self._wanted.put_nowait((request, group))

    @property
    def at_work(self) -> frozenset[int]:
        """Return the requests that are looked at now, or whose card is on its way."""
        return frozenset(self._asked)

    async def run(self) -> None:
        """Look until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                request, group = await self._wanted.get()
                if request.id in self._looks:
                    continue
                task = tasks.create_task(self._look(request, group=group), name=f"look {request.id}")
                self._looks[request.id] = task
                task.add_done_callback(partial(self._forget, request.id))

    def _forget(self, request_id: int, _: asyncio.Task[None]) -> None:
        self._looks.pop(request_id, None)
        self._asked.discard(request_id)

    async def stop(self, request_id: int) -> None:
        """Stop looking; returns when nothing of it goes on."""
        task = self._looks.get(request_id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def show(self, request_id: int, notice: Text | None = None) -> None:
        """Show the card as it is now; of a list, the page that was looked at last."""
        if (await self._intake.request(request_id)).listing is not None:
            picker = await self._lists.picker(request_id)
            await self._board.insist(picker.request, picker_view(picker, notice=notice))
            return
        menu = await self._intake.menu(request_id)
        view = (sent_file_view if is_sent_file(menu.request) else card_view)(menu, notice=notice)
        await self._board.insist(menu.request, view, picture=await self._picture(menu))

    async def _look(self, request: Request, *, group: bool) -> None:
        """Look until it is shown or told why not; a database without room is waited for."""
        while True:
            try:
                return await self._look_once(request, group=group)
            except FetchgramError as error:
                log.warning("look.postponed", request=request.id, error=repr(error), wait_s=_REST_S)
            await asyncio.sleep(_REST_S)

    async def _look_once(self, request: Request, *, group: bool) -> None:
        try:
            async with self._room:
                seen = await self._intake.look(request, group=group)
            if seen is not None and seen.state is RequestState.CHOOSING:
                await self.show(request.id)
        except DiskFull:
            raise
        except FetchgramError as error:
            await self._say_why(request, error, group=group)
        except Exception as error:  # one link must not stop the others
            log.error("look.failed", request=request.id, error=repr(error), exc_info=error)
            await self._say_why(request, FetchgramError(), group=group)

    async def _say_why(self, request: Request, error: FetchgramError, *, group: bool) -> None:
        request = await self._intake.request(request.id)
        if request.state is RequestState.CANCELLED or (
            group and request.link is None and request.status_message is None
        ):
            return
        is_final = isinstance(error, TooLarge)  # another look finds it no smaller
        view = views.failed(request, request.error or error.text, request.error_number or "", retryable=not is_final)
        await self._board.insist(request, view)

    async def _picture(self, menu: Menu) -> bytes | None:
        request = menu.request
        url = request.probe.thumbnail_url if request.probe else None
        if url is None or request.status_photo or not isinstance(request.destination, Chat):
            return None
        try:
            async with asyncio.timeout(_PICTURE_S):
                fetched = await self._network.fetch(url, max_bytes=_PICTURE_BYTES, timeout_s=_PICTURE_S)
        except (FetchgramError, TimeoutError, OSError) as error:
            log.info("card.no_picture", request=request.id, error=type(error).__name__)
            return None
        is_picture = fetched.status == 200 and fetched.body.startswith(_PICTURES)  # noqa: PLR2004  # HTTP's "OK"
        return fetched.body if is_picture else None
