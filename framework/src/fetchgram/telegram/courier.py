"""Words of admins on their way to one person, and what Telegram says of a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiogram.exceptions import AiogramError, TelegramBadRequest, TelegramForbiddenError
from aiogram.methods import GetChat, GetChatMember, GetMe, SendMessage
from aiogram.types import LinkPreviewOptions

from fetchgram.errors import CannotDeliver, TemporarilyUnavailable
from fetchgram.model import Text, text
from fetchgram.telegram.account import Account
from fetchgram.telegram.calls import Call
from fetchgram.telegram.entities import telegram_text
from fetchgram.telegram.failures import describe
from fetchgram.texts import Texts

_PATIENCE_S = 10.0
_ADMINS = frozenset({"creator", "administrator"})


class TelegramCourier:
    """Implements `control.courier.Courier`.

    Args:
        accounts: Our bots, by bot id.
        texts: Catalogues.
    """

    def __init__(self, accounts: Mapping[int, Account], texts: Texts) -> None:
        self._accounts = accounts
        self._texts = texts

    async def bring(self, bot_id: int, person: int, words: Text, locale: str) -> None:
        """Send a message into a person's private chat."""
        said, entities = telegram_text(self._texts.render_rich(words, locale))
        preview = LinkPreviewOptions(is_disabled=True)
        await self._call(
            bot_id, SendMessage(chat_id=person, text=said, entities=entities, link_preview_options=preview)
        )

    async def channel(self, bot_id: int, name: str) -> tuple[int, str]:
        """Return the id and the title of a channel or group whose members the bot can see."""
        chat = await self._call(bot_id, GetChat(chat_id=name))
        member = await self._call(bot_id, GetChatMember(chat_id=chat.id, user_id=bot_id))
        if chat.type == "private" or member.status not in _ADMINS:
            # Only an administrator is sure to see members (core.telegram.org/bots/api#getchatmember).
            raise CannotDeliver(f"{name!r} shows no members", told=text("control-no-channel"))
        return chat.id, chat.title or name

    async def link(self, bot_id: int, code: str) -> str:
        """Return the deep link that brings people to a bot with a code."""
        me = await self._call(bot_id, GetMe())
        return f"https://t.me/{me.username}?start={code}"

    async def _call(self, bot_id: int, call: Call) -> Any:
        account = self._accounts.get(bot_id)
        if account is None:
            raise CannotDeliver(f"no bot {bot_id}", told=text("control-not-reached"))
        try:
            return await account.line(call, patience_s=_PATIENCE_S)
        except (TelegramForbiddenError, TelegramBadRequest) as error:
            told = text("control-not-reached" if isinstance(call, SendMessage) else "control-no-channel")
            raise CannotDeliver(describe(error), told=told) from None
        except AiogramError as error:
            raise TemporarilyUnavailable(describe(error)) from None
