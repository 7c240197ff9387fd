"""The one status message of a request: written, edited, turned into a picture, replaced once, removed."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from aiogram.exceptions import AiogramError
from aiogram.methods import DeleteMessage, EditMessageCaption, EditMessageMedia, EditMessageText, SendMessage
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
)

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Chat, Request, RequestState
from fetchgram.pipeline.intake import Intake
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.storage.menus import MenuButton
from fetchgram.telegram import views
from fetchgram.telegram.calls import Call, place
from fetchgram.telegram.entities import CAPTION_UNITS, join, telegram_text
from fetchgram.telegram.failures import (
    NotReached,
    describe,
    is_gone,
    is_not_modified,
    is_picture_already,
    is_unreachable,
    may_have_happened,
)
from fetchgram.telegram.flood import Lane, Line
from fetchgram.telegram.views import Key, View
from fetchgram.texts import Rich, Texts

log = structlog.get_logger()

_REMEMBERED = 2_000
_AWAY_S = 2.0
_LONGEST_WAIT_S = 120.0
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(slots=True)
class _Shown:
    """What this process knows of one status message; the database knows the rest."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last: View | None = None
    keys: str | None = None
    token: str | None = None
    replaced: bool = False


class Board:
    """Shows views on status messages.

    Args:
        line: The way to Telegram.
        storage: Buttons.
        intake: Remembers which message it is.
        texts: Catalogues.
        clock: Time.
        menu_ttl_s: Life of buttons.
        on_unreachable: Told when the chat cannot be written to.
    """

    def __init__(
        self,
        *,
        line: Line,
        storage: Storage,
        intake: Intake,
        texts: Texts,
        clock: Clock,
        menu_ttl_s: float,
        on_unreachable: Callable[[Chat], Awaitable[None]],
    ) -> None:
        self._line = line
        self._storage = storage
        self._intake = intake
        self._texts = texts
        self._clock = clock
        self._ttl = timedelta(seconds=menu_ttl_s)
        self._on_unreachable = on_unreachable
        self._shown: OrderedDict[int, _Shown] = OrderedDict()

    async def show(self, request_id: int, view: View, *, picture: bytes | None = None, lane: Lane = Lane.TALK) -> None:
        """Put a view on the status message; a new message is sent when there is none.

        Args:
            request_id: Whose message.
            view: What it shall show.
            picture: Turns a message of text into a picture with a caption.
            lane: News of progress give way to what people wait for.

        Raises:
            TemporarilyUnavailable: Telegram has no room or cannot be reached now.
        """
        await self._show(request_id, view, picture, lane)

    async def insist(self, request: Request, view: View, *, picture: bytes | None = None) -> None:
        """Show a view that must be seen, also when Telegram is away or asks to wait first.

        Args:
            request: As it stood when the view was made. When it has gone on meanwhile, the view is not true any more
                and is dropped: an answer that was lost leaves a card that can be tapped before it is sent again.
            view: What the status message shall show.
            picture: Turns a message of text into a picture with a caption.
        """
        await self._insist(lambda: self._show(request.id, view, picture, Lane.TALK, owed_in=request.state))

    async def _show(
        self, request_id: int, view: View, picture: bytes | None, lane: Lane, *, owed_in: RequestState | None = None
    ) -> None:
        shown = self._of(request_id)
        async with shown.lock:
            request = await self._intake.request(request_id)
            chat = request.destination
            if not isinstance(chat, Chat) or (shown.last == view and picture is None and request.status_message):
                return
            if owed_in not in {None, request.state}:
                log.info("status.outlived", request=request_id, state=str(request.state))
                return
            try:
                await self._put(request, chat, view, shown, picture, lane)
            except AiogramError as error:
                await self._failed(request, chat, error, is_owed=owed_in is not None)
            else:
                shown.last = view

    async def remove(self, request_id: int) -> None:
        """Delete the status message; one that is too old to be deleted says that it is done."""
        await self._insist(lambda: self._remove(request_id))
        self._shown.pop(request_id, None)

    async def tidy(self, request_id: int, message_id: int) -> None:
        """Delete a message that carries buttons of a request and is not its status message.

        It was sent, and the process died, or the answer was lost, before its number was known: the Bot API can neither
        list nor find it. A press is the first that is heard of it.
        """
        async with self._of(request_id).lock:
            request = await self._intake.request(request_id)
            chat = request.destination
            if not isinstance(chat, Chat) or request.status_message in {None, message_id}:
                return
            log.info("status.stray_removed", request=request_id)
            with suppress(AiogramError, TemporarilyUnavailable):
                await self._line(DeleteMessage(chat_id=chat.chat, message_id=message_id))

    async def keyboard(self, request: Request, rows: Sequence[Sequence[Key]]) -> InlineKeyboardMarkup | None:
        """Store the buttons of a view and return them; equal buttons of the same request are stored once."""
        if not rows or not isinstance(request.destination, Chat):
            return None
        shown = self._of(request.id)
        known = json.dumps([[(str(key.label), key.action, dict(key.args)) for key in row] for row in rows])
        if shown.keys != known or shown.token is None:
            buttons = [
                MenuButton(plugin=views.REQUESTS, action=key.action, args=key.args) for row in rows for key in row
            ]
            async with self._storage.write() as session:
                shown.token = await session.menus.add(
                    request.bot_id, request.person, buttons, self._clock.now() + self._ttl, request.destination.chat
                )
            shown.keys = known
        labels = [[self._texts.render(key.label, request.locale) for key in row] for row in rows]
        return markup(shown.token, labels)

    async def _insist(self, action: Callable[[], Awaitable[None]]) -> None:
        """Try until it is done, however long Telegram is away: nobody is left with a message that is not true."""
        for attempt in itertools.count():
            try:
                await action()
            except TemporarilyUnavailable as error:
                wait_s = min(max(error.retry_after_s or 0.0, 2.0 ** min(attempt, 6)), _LONGEST_WAIT_S)
                log.warning("status.postponed", attempt=attempt + 1, after_s=wait_s, error=str(error))
                await self._clock.sleep(wait_s)
            else:
                return

    async def _remove(self, request_id: int) -> None:
        shown = self._of(request_id)
        async with shown.lock:
            request = await self._intake.request(request_id)
            chat = request.destination
            if not isinstance(chat, Chat) or request.status_message is None:
                return
            try:
                # Possible within 48 hours (core.telegram.org/bots/api#deletemessage).
                await self._line(DeleteMessage(chat_id=chat.chat, message_id=request.status_message))
            except AiogramError as error:
                if is_gone(error):
                    return
                if may_have_happened(error) or isinstance(error, NotReached):
                    raise TemporarilyUnavailable(describe(error), retry_after_s=_AWAY_S) from error
                await self._edit_instead(request, chat, shown)

    def _of(self, request_id: int) -> _Shown:
        shown = self._shown.setdefault(request_id, _Shown())
        self._shown.move_to_end(request_id)
        while len(self._shown) > _REMEMBERED and not next(iter(self._shown.values())).lock.locked():
            self._shown.popitem(last=False)
        return shown

    async def _put(
        self, request: Request, chat: Chat, view: View, shown: _Shown, picture: bytes | None, lane: Lane
    ) -> None:
        message = request.status_message
        if message is None:
            await self._send(request, chat, view)
            return
        try:
            await self._line(await self._edit(request, chat, view, picture), lane=lane)
        except AiogramError as error:
            if is_not_modified(error):
                return
            if picture is not None and not is_gone(error) and not is_unreachable(error):
                log.info("status.picture_refused", request=request.id, error=describe(error))
                await self._put(request, chat, view, shown, None, lane)
                return
            if is_picture_already(error) and not request.status_photo:
                # The process died between the edit and the note of it.
                request = await self._intake.set_status_message(request.id, message, photo=True)
                await self._put(request, chat, view, shown, picture, lane)
                return
            if not is_gone(error) or shown.replaced:
                raise
            shown.replaced = True
            await self._send(request, chat, view)
            return
        if picture is not None and not request.status_photo:
            await self._intake.set_status_message(request.id, message, photo=True)

    async def _send(self, request: Request, chat: Chat, view: View) -> None:
        words, entities = telegram_text(self._rich(request, view))
        keyboard = await self.keyboard(request, view.rows)
        call = SendMessage(
            **place(chat), text=words, entities=entities, reply_markup=keyboard, link_preview_options=_NO_PREVIEW
        )
        sent: Message = await self._line(call)
        await self._intake.set_status_message(request.id, sent.message_id, photo=False)

    async def _edit(self, request: Request, chat: Chat, view: View, picture: bytes | None) -> Call:
        rich = self._rich(request, view)
        where: dict[str, Any] = {"chat_id": chat.chat, "message_id": request.status_message}
        keyboard = await self.keyboard(request, view.rows)
        if picture is None and not request.status_photo:
            words, entities = telegram_text(rich)
            return EditMessageText(
                **where, text=words, entities=entities, reply_markup=keyboard, link_preview_options=_NO_PREVIEW
            )
        caption, entities = telegram_text(rich, CAPTION_UNITS)
        if picture is None:
            return EditMessageCaption(**where, caption=caption, caption_entities=entities, reply_markup=keyboard)
        file = BufferedInputFile(picture, "preview.jpg")
        media = InputMediaPhoto(media=file, caption=caption, caption_entities=entities)
        return EditMessageMedia(**where, media=media, reply_markup=keyboard)

    def _rich(self, request: Request, view: View) -> Rich:
        return join(self._texts.render_rich(line, request.locale) for line in view.lines)

    async def _failed(self, request: Request, chat: Chat, error: AiogramError, *, is_owed: bool) -> None:
        log.warning("status.not_shown", request=request.id, error=describe(error))
        may_repeat = is_owed or request.status_message is not None
        if isinstance(error, NotReached) or (may_have_happened(error) and may_repeat):
            # An edit may be repeated at will. A new message that may be there is sent twice only where the person would
            # be left with nothing: one too many goes with its first press, a wish without a word is lost.
            raise TemporarilyUnavailable(describe(error), retry_after_s=_AWAY_S) from error
        if is_unreachable(error):
            await self._on_unreachable(chat)

    async def _edit_instead(self, request: Request, chat: Chat, shown: _Shown) -> None:
        try:
            await self._put(request, chat, views.done(request), shown, None, Lane.TALK)
        except (AiogramError, TemporarilyUnavailable) as error:
            log.info("status.not_removed", request=request.id, error=type(error).__name__)


def markup(token: str, labels: Sequence[Sequence[str]]) -> InlineKeyboardMarkup:
    """Number the buttons of a stored menu: `<token>.<n>`, far below the 64 bytes of callback data."""
    rows, number = [], 0
    for row in labels:
        buttons = []
        for label in row:
            buttons.append(InlineKeyboardButton(text=label, callback_data=f"{token}.{number}"))
            number += 1
        rows.append(buttons)
    return InlineKeyboardMarkup(inline_keyboard=rows)
