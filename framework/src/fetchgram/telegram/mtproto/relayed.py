"""A file that the user account brings to the relay chat, and that the bot takes from there."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

from pyrogram.raw import functions, types

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Json, Media
from fetchgram.ports import Ledger
from fetchgram.telegram.mtproto import messages
from fetchgram.telegram.mtproto.attachment import Attachment, Way
from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.failures import Lost, NoAnswer, Refused, RelayFailed
from fetchgram.telegram.mtproto.insisting import insist
from fetchgram.telegram.mtproto.peers import Peers
from fetchgram.telegram.mtproto.pool import Pool

ROUTE = "relay"
_DUPLICATE = "RANDOM_ID_DUPLICATE"
_PAGE = 100
_MOST_PAGES = 20


class Desk:
    """The relay chat, seen from both sides.

    Args:
        user: Connections of the user account.
        bot: Connections of the bot.
        chat: The relay chat.
    """

    def __init__(self, user: Pool, bot: Pool, chat: int) -> None:
        self.user = user
        self._user_peers = Peers(user, is_bot=False)
        self._bot, self._bot_peers = bot, Peers(bot)
        self._chat = chat

    async def newest(self) -> int:
        """Return the number of the last message."""
        history = await self._history(limit=1)
        return int(history[0].id) if history else 0

    async def post(self, media: TL, mark: str, random_id: int) -> int | None:
        """Send a file under a mark; `None` when it was sent before and the answer got lost."""
        peer = await self._user_peers.find(self._chat)
        query = functions.messages.SendMedia(peer=peer, media=media, message=mark, random_id=random_id, silent=True)
        try:
            updates = await insist(self.user, lambda _reply: query)
        except Refused as refused:
            if refused.message == _DUPLICATE:
                return None
            raise
        found = messages.sent_messages(updates, [random_id])
        return int(found[0].id) if found else None

    async def find(self, mark: str, after: int) -> int | None:
        """Return the number of the message with a mark, looked for among those after another one."""
        below = 0
        for _ in range(_MOST_PAGES):
            history = await self._history(limit=_PAGE, below=below, after=after)
            if not history:
                return None
            for message in history:
                if getattr(message, "message", None) == mark:
                    return int(message.id)
            below = history[-1].id
        return None

    async def take(self, number: int) -> TL | None:
        """Return the file of a message as the bot may send it; `None` when the message is gone."""
        channel = messages.channel_of(await self._bot_peers.find(self._chat))
        query = functions.channels.GetMessages(channel=channel, id=[types.InputMessageID(id=number)])
        answer = await self._bot.call(query)
        media = getattr(answer.messages[0], "media", None) if answer.messages else None
        return messages.kept_media(media) if media is not None else None

    async def _history(self, *, limit: int, below: int = 0, after: int = 0) -> list[TL]:
        peer = await self._user_peers.find(self._chat)
        query = functions.messages.GetHistory(
            peer=peer, offset_id=below, offset_date=0, add_offset=0, limit=limit, max_id=0, min_id=after, hash=0
        )
        return list((await self.user.call(query)).messages)


class Relayed:
    """One file of a message, by way of the relay chat.

    Args:
        desk: The relay chat.
        media: The file.
        ledger: Where progress is kept.
        key: Under which name.
        on_progress: Called with the bytes that the server has.
    """

    def __init__(
        self, desk: Desk, media: Media, *, ledger: Ledger, key: str, on_progress: Callable[[int], None]
    ) -> None:
        self._desk = desk
        self._ledger = ledger
        self._key = f"relay:{key}"
        self._attachment = Attachment(
            desk.user, media, ledger=ledger, key=f"{self._key}:parts", on_progress=on_progress
        )
        self._size_bytes, self._on_progress = media.size_bytes, on_progress
        self._file: TL = None

    async def upload(self) -> None:
        """Bring the file to the relay chat, unless an earlier attempt has, and take it from there.

        Raises:
            RelayFailed: The user account cannot do it.
            Refused, Lost, NoAnswer, TemporarilyUnavailable, KeyLost: The bot cannot take it.
        """
        self._file = await self._desk.take(await self._in_relay())
        if self._file is None:  # somebody tidied the relay chat up
            await self._ledger.put(self._key, None)
            self._file = await self._desk.take(await self._in_relay())
        if self._file is None:
            raise RelayFailed("the bot does not see what the user account sends to the relay chat")
        self._on_progress(self._size_bytes)

    async def used(self, call: Callable[[TL], Awaitable[TL]]) -> TL:
        """Make a call with the file.

        Raises:
            Refused: Whatever the server says.
        """
        return await call(self._file)

    async def kept(self, keep: Callable[[TL], Awaitable[TL]]) -> TL:  # noqa: ARG002  # Telegram has it already
        """Return the input media for an album."""
        return self._file

    async def _in_relay(self) -> int:
        try:
            return await self._brought()
        except (Lost, NoAnswer, Refused, TemporarilyUnavailable) as error:
            raise RelayFailed(str(error)) from error

    async def _brought(self) -> int:
        noted = cast("dict[str, Json] | None", await self._ledger.get(self._key))
        if noted is None:
            noted = {
                "random_id": secrets.randbits(62) + 1,
                "mark": secrets.token_hex(8),
                "after": await self._desk.newest(),
            }
        elif (number := noted.get("message_id")) is not None:
            return cast("int", number)
        mark, after = cast("str", noted["mark"]), cast("int", noted["after"])
        number = await self._desk.find(mark, after) if noted.get("sending") else None
        if number is None:
            await self._attachment.upload()
            await self._ledger.put(self._key, {**noted, "sending": True})
            number = await self._sent(mark, cast("int", noted["random_id"])) or await self._desk.find(mark, after)
        if number is None:
            await self._ledger.put(self._key, None)
            raise TemporarilyUnavailable("the relay chat lost a file")
        await self._ledger.put(self._key, {**noted, "message_id": number})
        return number

    async def _sent(self, mark: str, random_id: int) -> int | None:
        posted: list[int | None] = []

        async def post(media: TL) -> TL:
            posted.append(await self._desk.post(media, mark, random_id))

        await self._attachment.used(post)
        return posted[-1]


def way_over(user: Pool, chat: int) -> Callable[[Pool], Way]:
    """Return the way of files through a relay chat; it takes the bot's connections."""
    return lambda bot: Way(ROUTE, partial(Relayed, Desk(user, bot, chat)))
