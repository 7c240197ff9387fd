"""Chats by the numbers of the Bot API, as MTProto names them."""

from __future__ import annotations

from pyrogram.raw import functions, types

from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.failures import Refused
from fetchgram.telegram.mtproto.pool import Pool

_CHANNEL_IDS = 1_000_000_000_000
"""core.telegram.org/api/bots/ids: a channel's id in the Bot API is this and its own, negative."""


def is_channel(chat_id: int) -> bool:
    """Whether a chat is a channel or supergroup, which count their messages for themselves."""
    return chat_id < -_CHANNEL_IDS


class Peers:
    """Finds chats once and remembers their access hashes.

    Args:
        pool: Asks Telegram.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[int, TL] = {}

    async def find(self, chat_id: int) -> TL:
        """Return the `InputPeer` of a chat.

        Raises:
            Refused: There is no such chat for this bot.
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
        number = -chat_id - _CHANNEL_IDS
        asked = types.InputChannel(channel_id=number, access_hash=0)
        answer = await self._pool.call(functions.channels.GetChannels(id=[asked]))
        if not answer.chats:
            raise Refused(400, "CHANNEL_INVALID")
        return types.InputPeerChannel(channel_id=number, access_hash=answer.chats[0].access_hash)
