"""Chats by the numbers of the Bot API, as MTProto names them."""

from __future__ import annotations

from pyrogram.raw import functions, types

from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.failures import Refused
from fetchgram.telegram.mtproto.pool import Pool

_PAGE, _MOST_PAGES = 100, 20
_CHANNEL_IDS = 1_000_000_000_000
"""core.telegram.org/api/bots/ids: a channel's id in the Bot API is this and its own, negative."""


def is_channel(chat_id: int) -> bool:
    """Whether a chat is a channel or supergroup, which count their messages for themselves."""
    return chat_id < -_CHANNEL_IDS


class Peers:
    """Finds chats once and remembers their access hashes.

    Args:
        pool: Asks Telegram.
        is_bot: Whether a bot asks; a person has to look among the own chats.
    """

    def __init__(self, pool: Pool, *, is_bot: bool = True) -> None:
        self._pool = pool
        self._is_bot = is_bot
        self._known: dict[int, TL] = {}

    async def find(self, chat_id: int) -> TL:
        """Return the `InputPeer` of a chat.

        Raises:
            Refused: There is no such chat for this account.
        """
        if chat_id not in self._known:
            self._known[chat_id] = await self._look_up(chat_id)
        return self._known[chat_id]

    async def _look_up(self, chat_id: int) -> TL:
        # A bot may say 0 for the hash of whom it has met (core.telegram.org/api/peers); the answer has the right one.
        if chat_id > 0:
            asked = types.InputUser(user_id=chat_id, access_hash=0)
            found = await self._pool.call(functions.users.GetUsers(id=[asked]))
            if not found or isinstance(found[0], types.UserEmpty):
                raise Refused(400, "PEER_ID_INVALID")
            return types.InputPeerUser(user_id=chat_id, access_hash=found[0].access_hash)
        if not is_channel(chat_id):
            return types.InputPeerChat(chat_id=-chat_id)
        found = await self.channel(chat_id)
        return types.InputPeerChannel(channel_id=found.id, access_hash=found.access_hash)

    async def channel(self, chat_id: int) -> TL:
        """Return a channel or supergroup as this account sees it.

        Raises:
            Refused: There is none for this account.
        """
        number = -chat_id - _CHANNEL_IDS
        if self._is_bot:
            asked = types.InputChannel(channel_id=number, access_hash=0)
            chats = (await self._pool.call(functions.channels.GetChannels(id=[asked]))).chats
        else:
            chats = await self._own_chats(number)
        found = next((chat for chat in chats if isinstance(chat, types.Channel) and chat.id == number), None)
        if found is None:
            raise Refused(400, "CHANNEL_INVALID")
        return found

    async def _own_chats(self, number: int) -> list[TL]:
        """Look through a person's chats, those with news first, until one is there."""
        date, last_id = 0, 0
        for _ in range(_MOST_PAGES):
            query = functions.messages.GetDialogs(
                offset_date=date, offset_id=last_id, offset_peer=types.InputPeerEmpty(), limit=_PAGE, hash=0
            )
            page = await self._pool.call(query)
            is_last = isinstance(page, types.messages.Dialogs) or not page.messages
            if is_last or any(chat.id == number for chat in page.chats):
                return list(page.chats)
            date, last_id = page.messages[-1].date, page.messages[-1].id
        return []
