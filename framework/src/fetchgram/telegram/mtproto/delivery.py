"""Delivery over MTProto: files up to 2000 MiB, and no message twice however often the line breaks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

import structlog

from fetchgram.errors import CannotDeliver, FetchgramError
from fetchgram.model import Chat, Delivery, FileId, Json, Media, MediaKind, Receipt, decode, text
from fetchgram.ports import Ledger, Sink
from fetchgram.telegram.albums import album_sizes, answering, shaped
from fetchgram.telegram.mtproto.attachment import Attachment, Way
from fetchgram.telegram.mtproto.failures import KeyLost, Refused
from fetchgram.telegram.mtproto.peers import Peers
from fetchgram.telegram.mtproto.pool import Pool
from fetchgram.telegram.mtproto.sending import Sending
from fetchgram.telegram.uploads import Meter

log = structlog.get_logger()

ROUTE = "mtproto"
_UNREACHABLE = frozenset(
    {
        "USER_IS_BLOCKED",
        "INPUT_USER_DEACTIVATED",
        "USER_DEACTIVATED",
        "PEER_ID_INVALID",
        "CHANNEL_PRIVATE",
        "CHANNEL_INVALID",
        "CHAT_ID_INVALID",
        "CHAT_WRITE_FORBIDDEN",
        "CHAT_ADMIN_REQUIRED",
        "CHAT_SEND_MEDIA_FORBIDDEN",
    }
)


class MtprotoDelivery:
    """Sends media into the chats of one bot, while its connections are open.

    Args:
        pool: The connections.
        on_unreachable: Told when the person blocked the bot or the chat is gone.
    """

    def __init__(self, pool: Pool, on_unreachable: Callable[[Chat], Awaitable[None]]) -> None:
        self._pool = pool
        self._peers = Peers(pool)
        self._on_unreachable = on_unreachable

    async def deliver(
        self,
        delivery: Delivery,
        media: Sequence[Media],
        ledger: Ledger,
        sink: Sink,
        *,
        way: Way | None = None,
    ) -> Receipt:
        """Send new files.

        Args:
            delivery: To whom.
            media: What.
            ledger: What was written down of it.
            sink: Hears how far it is.
            way: How the files come to Telegram; by default this account uploads them.

        Raises:
            CannotDeliver: Refused; nothing arrived of the refused part.
            Uncertain: Another route may have sent a part before.
            TemporarilyUnavailable: Nothing arrived of the part that is next, or it can be asked for again.
            KeyLost: The login is void; the same call may be made after another one.
        """
        media = [shaped(item) for item in media]
        total = sum(item.size_bytes for item in media)
        meter = Meter(sink, sum(item.size_bytes for item in media if item.kind is not MediaKind.TEXT))
        message_ids: list[int] = []
        file_ids: list[FileId] = []
        start = 0
        way = way or Way(ROUTE, partial(Attachment, self._pool))
        for number, size in enumerate(album_sizes([item.kind for item in media])):
            place = answering(cast("Chat", delivery.destination), media[start].kind, message_ids)
            next_one = replace(delivery, destination=place)
            sending = Sending(self._pool, self._peers, next_one, ledger, meter=meter, number=number, way=way)
            record = await self._send_once(sending, media[start : start + size])
            message_ids += cast("list[int]", record["message_ids"])
            file_ids += [decode(FileId, file) for file in cast("list[dict[str, Json]]", record["file_ids"])]
            start += size
        # Fewer ids than files: the cache could not send all of it again.
        kept = tuple(file_ids) if len(file_ids) == len(media) else ()
        return Receipt(route=way.route, message_ids=tuple(message_ids), file_ids=kept, size_bytes=total)

    async def _send_once(self, sending: Sending, media: Sequence[Media]) -> dict[str, Json]:
        before = await sending.recall()
        if before.get("state") == "sent":
            return before
        try:
            return await sending.run(media, before)
        except Refused as refused:
            if refused.is_login_lost:
                raise KeyLost(str(refused)) from refused
            await sending.note({"state": "unsent"})
            raise await self._translated(sending.chat, refused) from refused
        except CannotDeliver:
            await sending.note({"state": "unsent"})
            raise

    async def _translated(self, chat: Chat, refused: Refused) -> FetchgramError:
        log.warning("mtproto.refused", error=str(refused))
        if refused.message in _UNREACHABLE:
            await self._on_unreachable(chat)
            return CannotDeliver(str(refused), told=text("error-blocked"))
        return CannotDeliver(str(refused))
