"""Presses of buttons: whose they are, whether they still hold, and where they lead."""

from __future__ import annotations

import re

import structlog
from aiogram.exceptions import AiogramError
from aiogram.methods import AnswerCallbackQuery, GetChatMember
from aiogram.types import CallbackQuery

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Text, text
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.storage.menus import Menu, MenuButton
from fetchgram.telegram import views
from fetchgram.telegram.entities import ANSWER_UNITS, cut
from fetchgram.telegram.failures import describe
from fetchgram.telegram.flood import Line
from fetchgram.telegram.gate import Admitted, is_faceless
from fetchgram.telegram.screens import Screens
from fetchgram.telegram.subscription import LOUD, QUIET, Subscription
from fetchgram.telegram.wishes import Wishes
from fetchgram.texts import Texts

log = structlog.get_logger()

_DATA = re.compile(r"([A-Za-z0-9_-]{10})\.(\d{1,3})")


class Presses:
    """Checks every press against what is stored: the data that comes with it is anybody's to forge.

    Args:
        line: The way to Telegram.
        storage: What buttons carry.
        texts: Catalogues.
        wishes: Buttons of requests.
        screens: Buttons of plugins.
        clock: Time.
    """

    def __init__(  # all kinds of buttons end here
        self, *, line: Line, storage: Storage, texts: Texts, wishes: Wishes, screens: Screens, clock: Clock
    ) -> None:
        self._line = line
        self._storage = storage
        self._texts = texts
        self._wishes = wishes
        self._screens = screens
        self._subscription = Subscription(line, storage, texts)
        self._clock = clock

    async def handle(self, query: CallbackQuery, who: Admitted) -> None:
        """Carry out a press, or say kindly why not; the client's waiting sign always ends."""
        toast: Text | None = text("error-internal")
        try:
            is_about_news = query.data in {QUIET, LOUD}
            toast = await (self._subscription.press if is_about_news else self._carry_out)(query, who)
        finally:
            await self.answer(query, toast, who.person.locale)

    async def answer(self, query: CallbackQuery, toast: Text | None, locale: str) -> None:
        """Answer a press; one that is too old to be answered is none the worse."""
        words = cut(self._texts.render(toast, locale), ANSWER_UNITS) if toast is not None else None
        try:
            await self._line(AnswerCallbackQuery(callback_query_id=query.id, text=words), patience_s=5)
        except (AiogramError, TemporarilyUnavailable) as error:
            log.info("press.not_answered", error=describe(error) if isinstance(error, AiogramError) else str(error))

    async def _carry_out(self, query: CallbackQuery, who: Admitted) -> Text | None:
        found = _DATA.fullmatch(query.data or "")
        if found is None:
            log.warning("press.forged", person=who.person.id, reason="shape")
            return text("toast-expired")
        async with self._storage.read() as session:
            menu = await session.menus.get(found[1], self._clock.now())
        if menu is None:
            log.info("press.expired", person=who.person.id)
            return text("toast-expired")
        if menu.owner != who.person.id and not await self._speaks_for(menu, who):
            log.warning("press.foreign", person=who.person.id, owner=menu.owner)
            return text("toast-not-yours")
        button = self._button(menu, int(found[2]), query, who)
        if isinstance(button, Text):
            return button
        if button.plugin == views.REQUESTS:
            return await self._press_wish(button, query)
        return await self._screens.press(button, query, who)

    async def _press_wish(self, button: MenuButton, query: CallbackQuery) -> Text | None:
        toast = await self._wishes.press(button.action, button.args)
        if query.message is not None:
            await self._wishes.tidy(button.args, query.message.message_id)
        return toast

    async def _speaks_for(self, menu: Menu, who: Admitted) -> bool:
        """Whether an admin presses what an anonymous admin got: the press comes with the real id."""
        if not (is_faceless(menu.owner) and menu.chat == who.chat.id):
            return False
        try:
            member = await self._line(GetChatMember(chat_id=menu.chat, user_id=who.person.id), patience_s=5)
        except (AiogramError, TemporarilyUnavailable):
            return False
        return member.status in {"creator", "administrator"}

    def _button(self, menu: Menu, number: int, query: CallbackQuery, who: Admitted) -> MenuButton | Text:
        here = query.message.chat.id if query.message else None
        if menu.bot_id != who.person.bot_id or menu.chat != here or number >= len(menu.buttons):
            log.warning("press.forged", person=who.person.id, reason="place or number")
            return text("toast-expired")
        return menu.buttons[number]
