"""The button under broadcasts: no more of them, or again; it is pressed for oneself only."""

from __future__ import annotations

import structlog
from aiogram.exceptions import AiogramError
from aiogram.methods import EditMessageReplyMarkup
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Text, text
from fetchgram.storage import Storage
from fetchgram.telegram.failures import describe
from fetchgram.telegram.flood import Line
from fetchgram.telegram.gate import Admitted
from fetchgram.texts import Texts

log = structlog.get_logger()

QUIET = "news.off"
LOUD = "news.on"
"""What the buttons carry; nothing is stored for them, since they change nothing but the wish of whoever presses."""


class Subscription:
    """Keeps who wants broadcasts.

    Args:
        line: The way to Telegram.
        storage: The wishes.
        texts: Catalogues.
    """

    def __init__(self, line: Line, storage: Storage, texts: Texts) -> None:
        self._line = line
        self._storage = storage
        self._texts = texts

    async def press(self, query: CallbackQuery, who: Admitted) -> Text:
        """Remember the wish, turn the button around, and return the toast."""
        is_quiet = query.data == QUIET
        async with self._storage.write() as session:
            await session.people.set_quiet(who.person.bot_id, who.person.id, quiet=is_quiet)
        message = query.message
        # Anybody can send this word for any message: the keyboards of others stay as they are.
        if isinstance(message, Message) and (shown := message.reply_markup) is not None and _is_under_news(shown):
            await self._turn_around(message, shown, who, is_quiet=is_quiet)
        return text("telegram-is-quiet" if is_quiet else "telegram-is-loud")

    async def _turn_around(
        self, message: Message, shown: InlineKeyboardMarkup, who: Admitted, *, is_quiet: bool
    ) -> None:
        label = self._texts.render(text("telegram-loud" if is_quiet else "telegram-quiet"), who.person.locale)
        button = InlineKeyboardButton(text=label, callback_data=LOUD if is_quiet else QUIET)
        keyboard = InlineKeyboardMarkup(inline_keyboard=[*shown.inline_keyboard[:-1], [button]])
        call = EditMessageReplyMarkup(chat_id=message.chat.id, message_id=message.message_id, reply_markup=keyboard)
        try:
            await self._line(call, patience_s=5)
        except (AiogramError, TemporarilyUnavailable) as error:
            log.info("quiet.not_shown", error=describe(error) if isinstance(error, AiogramError) else str(error))


def _is_under_news(shown: InlineKeyboardMarkup) -> bool:
    return [button.callback_data for button in shown.inline_keyboard[-1]] in ([QUIET], [LOUD])
