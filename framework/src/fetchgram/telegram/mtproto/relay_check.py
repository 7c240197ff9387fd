"""Whether the relay chat serves: the person writes there, the bot copies from there."""

from __future__ import annotations

from fetchgram.errors import CannotDeliver
from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.failures import Refused
from fetchgram.telegram.mtproto.peers import Peers
from fetchgram.telegram.mtproto.pool import Pool


async def seen_by_person(pool: Pool, chat: int) -> TL:
    """Return the chat as the user account sees it.

    Raises:
        CannotDeliver: The account may not send files there.
        Lost, NoAnswer, Refused, TemporarilyUnavailable: Telegram cannot be asked.
    """
    try:
        found = await Peers(pool, is_bot=False).channel(chat)
    except Refused as refused:
        if refused.is_login_lost:
            raise
        raise CannotDeliver(f"the user account is not in the relay chat {chat}: let it join") from refused
    is_mute = found.broadcast and not (found.creator or found.admin_rights)
    if found.left or is_mute:
        raise CannotDeliver(f"the user account may not write to the relay chat {found.title!r}: let it post there")
    return found


async def seen_by_bot(pool: Pool, chat: int, name: str) -> None:
    """See that a bot may copy from the chat.

    Raises:
        CannotDeliver: It may not.
        Lost, NoAnswer, Refused, TemporarilyUnavailable: Telegram cannot be asked.
    """
    try:
        found = await Peers(pool).channel(chat)
    except Refused as refused:
        raise CannotDeliver(
            f"the bot {name!r} is not in the relay chat {chat}: add it as an administrator"
        ) from refused
    # In a group a bot with privacy mode sees what others write only as an administrator (core.telegram.org/bots/faq).
    if not (found.creator or found.admin_rights):
        raise CannotDeliver(f"the bot {name!r} is no administrator of the relay chat {found.title!r}: make it one")
    if found.noforwards:
        raise CannotDeliver(f"nothing can be copied from the relay chat {found.title!r}: allow saving content there")
