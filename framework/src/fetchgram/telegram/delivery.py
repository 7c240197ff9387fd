"""Delivery over the Bot API: every message written down before it is sent, none repeated that may have arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import cast

import structlog
from aiogram.exceptions import AiogramError
from aiogram.types import InputFile, Message

from fetchgram.errors import CannotDeliver, FetchgramError, TemporarilyUnavailable, Uncertain
from fetchgram.model import Chat, Delivery, FileId, Json, Media, MediaKind, Receipt, decode, encode, text
from fetchgram.ports import Ledger, Sink
from fetchgram.telegram import calls
from fetchgram.telegram.albums import album_sizes, answering, shaped
from fetchgram.telegram.calls import Part, file_id_of
from fetchgram.telegram.failures import NotReached, describe, is_refused_file, is_unreachable, may_have_happened
from fetchgram.telegram.flood import Line
from fetchgram.telegram.uploads import CountedFile, Meter, handed

log = structlog.get_logger()

_PATIENCE_S = 90.0
"""Longest wait for our turn inside one attempt; a longer one goes back to the queue."""


class BotApiDelivery:
    """Sends media into the chats of one bot.

    Args:
        line: The way to Telegram.
        on_unreachable: Told when the person blocked the bot or the chat is gone.
        hand_over: Whether the server reads the files from this machine's disk.

    Attributes:
        line: The way to Telegram.
    """

    def __init__(
        self, line: Line, on_unreachable: Callable[[Chat], Awaitable[None]], *, hand_over: bool = False
    ) -> None:
        self.line = line
        self._hand_over = hand_over
        self._on_unreachable = on_unreachable

    async def upload(self, delivery: Delivery, media: Sequence[Media], ledger: Ledger, sink: Sink) -> Receipt:
        """Send new files.

        Raises:
            CannotDeliver: Refused; nothing arrived of the refused part.
            Uncertain: A part may have arrived.
            TemporarilyUnavailable: Nothing arrived of the part that is next.
        """
        media = [shaped(item) for item in media]
        meter = Meter(sink, sum(item.size_bytes for item in media if item.kind is not MediaKind.TEXT))
        parts = [await self._new_part(item, meter) for item in media]
        size_bytes = sum(m.size_bytes for m in media)
        return await self._send_all(delivery, parts, ledger, route="botapi", size_bytes=size_bytes)

    async def _new_part(self, media: Media, meter: Meter) -> Part:
        if media.kind is MediaKind.TEXT:
            return Part(kind=media.kind, file="", caption=media.caption)
        thumbnail = CountedFile(media.thumbnail, "thumbnail.jpg") if media.thumbnail else None
        name = media.file_name or media.path.name
        file: InputFile = meter.open(media.path, name)
        if self._hand_over:
            file = await asyncio.to_thread(handed, media.path, name)
        return Part(kind=media.kind, file=file, thumbnail=thumbnail, media=media)

    async def send_cached(self, delivery: Delivery, receipt: Receipt, ledger: Ledger) -> Receipt:
        """Send files that Telegram keeps.

        Raises:
            CannotDeliver: An id is refused; the cache entry is void.
            Uncertain: A part may have arrived.
        """
        if not receipt.file_ids:
            raise CannotDeliver("the receipt has no file ids")
        parts = [Part(kind=file.kind, file=file.file_id, caption=file.caption) for file in receipt.file_ids]
        return await self._send_all(delivery, parts, ledger, route="cache", size_bytes=receipt.size_bytes)

    async def _send_all(
        self,
        delivery: Delivery,
        parts: Sequence[Part],
        ledger: Ledger,
        *,
        route: str,
        size_bytes: int,
    ) -> Receipt:
        message_ids: list[int] = []
        file_ids: list[FileId] = []
        start = 0
        for number, size in enumerate(album_sizes([part.kind for part in parts])):
            place = answering(cast("Chat", delivery.destination), parts[start].kind, message_ids)
            next_one = replace(delivery, destination=place)
            record = await self._send_once(next_one, number, parts[start : start + size], ledger)
            message_ids += cast("list[int]", record["message_ids"])
            file_ids += [decode(FileId, file) for file in cast("list[dict[str, Json]]", record["file_ids"])]
            start += size
        # Fewer ids than parts: the cache could not send all of it again.
        kept = tuple(file_ids) if len(file_ids) == len(parts) else ()
        return Receipt(route=route, message_ids=tuple(message_ids), file_ids=kept, size_bytes=size_bytes)

    async def _send_once(
        self, delivery: Delivery, number: int, parts: Sequence[Part], ledger: Ledger
    ) -> dict[str, Json]:
        key = f"send:{number}"
        before = await ledger.get(key)
        if isinstance(before, dict):
            if before["state"] == "sent":
                return before
            if before["state"] == "sending" and cast("int", before["resends"]) >= delivery.resends:
                raise Uncertain(f"part {number} of delivery {delivery.id} was cut in the middle")
        await ledger.put(key, {"state": "sending", "resends": delivery.resends})
        try:
            messages = await self._send(delivery, parts)
        except asyncio.CancelledError:
            if not _all_read(parts):
                with suppress(TemporarilyUnavailable):  # the job was cancelled, and its lease with it
                    await asyncio.shield(ledger.put(key, {"state": "unsent"}))
            raise
        except Uncertain:
            raise
        except FetchgramError:
            await ledger.put(key, {"state": "unsent"})
            raise
        record = _record(messages)
        await ledger.put(key, record)
        return record

    async def _send(self, delivery: Delivery, parts: Sequence[Part]) -> list[Message]:
        chat = cast("Chat", delivery.destination)
        try:
            sent = await self.line(calls.send(chat, parts), patience_s=_PATIENCE_S)
        except AiogramError as error:
            log.warning("delivery.refused", delivery=delivery.id, error=describe(error))
            raise await self._translated(chat, error) from None
        return sent if isinstance(sent, list) else [sent]

    async def _translated(self, chat: Chat, error: AiogramError) -> FetchgramError:
        """Say what a failed send means for the route."""
        message = describe(error)
        if may_have_happened(error):
            return Uncertain(message)
        if isinstance(error, NotReached):
            return TemporarilyUnavailable(message)
        if is_unreachable(error):
            await self._on_unreachable(chat)
            return CannotDeliver(message, told=text("error-blocked"))
        if is_refused_file(error):
            return CannotDeliver(f"the file id is refused: {message}")
        return CannotDeliver(message)


def _all_read(parts: Sequence[Part]) -> bool:
    files = [part.file for part in parts if isinstance(part.file, CountedFile)]
    return all(file.exhausted for file in files)


def _record(messages: Sequence[Message]) -> dict[str, Json]:
    files = [file for message in messages if (file := file_id_of(message)) is not None]
    return {
        "state": "sent",
        "message_ids": [message.message_id for message in messages],
        "file_ids": [encode(file) for file in files],
    }
