"""What a broadcast sends: a copy of the admin's message, its buttons, and the one that ends broadcasts; or an album."""

from __future__ import annotations

from collections.abc import Sequence

from aiogram.methods import CopyMessage, CopyMessages
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, MessageId

from fetchgram.model import LinkButton, Post, text
from fetchgram.telegram.calls import Call
from fetchgram.telegram.subscription import QUIET
from fetchgram.texts import Texts


class Posts:
    """Builds the calls of one post; the keyboard of each language is made once.

    Args:
        post: What is sent.
        texts: Catalogues.
        paid: Whether it goes at the rate that Telegram sells.
    """

    def __init__(self, post: Post, texts: Texts, *, paid: bool = False) -> None:
        self._post = post
        self._texts = texts
        self._paid = paid and not post.is_album
        self._keyboards: dict[str, InlineKeyboardMarkup] = {}

    @property
    def is_paid(self) -> bool:
        """Whether it goes at the rate that Telegram sells: not for albums (core.telegram.org/bots/api#copymessages)."""
        return self._paid

    @property
    def cost(self) -> int:
        """Return for how many messages one copy counts: an album for all of its items."""
        return len(self._post.message_ids)

    def copy(self, person: int, locale: str) -> Call:
        """Build the copy for one person."""
        if self._post.is_album:
            return CopyMessages(chat_id=person, from_chat_id=self._post.chat, message_ids=list(self._post.message_ids))
        if locale not in self._keyboards:
            self._keyboards[locale] = self._keyboard(locale)
        return CopyMessage(
            chat_id=person,
            from_chat_id=self._post.chat,
            message_id=self._post.message_ids[0],
            reply_markup=self._keyboards[locale],
            allow_paid_broadcast=self._paid or None,
        )

    def _keyboard(self, locale: str) -> InlineKeyboardMarkup:
        quiet = InlineKeyboardButton(text=self._texts.render(text("telegram-quiet"), locale), callback_data=QUIET)
        return InlineKeyboardMarkup(inline_keyboard=[*map(_row, self._post.buttons), [quiet]])


def ids_of(sent: MessageId | Sequence[MessageId]) -> tuple[int, ...]:
    """Return the messages that a copy has become."""
    return (sent.message_id,) if isinstance(sent, MessageId) else tuple(each.message_id for each in sent)


def _row(buttons: Sequence[LinkButton]) -> list[InlineKeyboardButton]:
    return [InlineKeyboardButton(text=button.label, url=button.url) for button in buttons]
