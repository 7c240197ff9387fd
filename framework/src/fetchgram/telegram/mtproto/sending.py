"""One message or album on its way: uploaded, then sent under random ids that were written down before.

See core.telegram.org/method/messages.sendMedia, `random_id`: a second send under the same one is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import cast

from pyrogram.raw import functions, types

from fetchgram.errors import Uncertain
from fetchgram.model import Chat, Delivery, Json, Media, MediaKind, encode
from fetchgram.ports import Ledger
from fetchgram.telegram.mtproto import messages
from fetchgram.telegram.mtproto.attachment import Attaching, Way
from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.failures import Refused
from fetchgram.telegram.mtproto.insisting import insist
from fetchgram.telegram.mtproto.peers import Peers, is_channel
from fetchgram.telegram.mtproto.pool import Pool
from fetchgram.telegram.uploads import Meter

_DUPLICATE = "RANDOM_ID_DUPLICATE"


class Sending:
    """A message or an album.

    Args:
        pool: The connections.
        peers: Finds the chat.
        delivery: Whose message it is.
        ledger: What was written down of it.
        meter: Counts bytes.
        number: Which message of the delivery.
        way: How its files come to Telegram.
    """

    def __init__(  # what a message is made of
        self, pool: Pool, peers: Peers, delivery: Delivery, ledger: Ledger, *, meter: Meter, number: int, way: Way
    ) -> None:
        self._pool = pool
        self._peers = peers
        self._delivery = delivery
        self._ledger = ledger
        self._meter = meter
        self._number = number
        self._way = way
        self.chat = cast("Chat", delivery.destination)

    async def recall(self) -> dict[str, Json]:
        """Return what was written down of this message; empty when there is nothing that counts.

        Raises:
            Uncertain: A send without a random id, on another route, was cut in the middle.
        """
        before = await self._ledger.get(f"send:{self._number}")
        if not isinstance(before, dict) or before["state"] == "unsent":
            return {}
        if before["state"] == "sent":
            return before
        if cast("int", before["resends"]) < self._delivery.resends:
            return {}
        if "random_ids" not in before:
            raise Uncertain(f"part {self._number} of delivery {self._delivery.id} was cut in the middle")
        return before

    async def note(self, record: dict[str, Json]) -> None:
        """Write down how it stands."""
        await self._ledger.put(f"send:{self._number}", record)

    async def run(self, media: Sequence[Media], before: dict[str, Json]) -> dict[str, Json]:
        """Upload what is missing, then send; under the random ids of an earlier attempt, if there was one.

        Raises:
            CannotDeliver, Refused, TemporarilyUnavailable, KeyLost: Nothing arrived, or it can be asked for again.
        """
        random_ids = cast("list[int]", before.get("random_ids") or [secrets.randbits(62) + 1 for _ in media])
        events = before.get("events") or await self._events()
        peer = await self._peers.find(self.chat.chat)
        files = [(index, item) for index, item in enumerate(media) if item.kind is not MediaKind.TEXT]
        attachments = [self._attachment(item, index) for index, item in files]
        for attachment in attachments:
            await attachment.upload()
        await self.note(
            {
                "state": "sending",
                "resends": self._delivery.resends,
                "route": self._way.route,
                "random_ids": cast("Json", random_ids),
                "events": events,
            }
        )
        sent = await self._send(peer, media, attachments, random_ids)
        if sent is None:
            sent = await self._find_again(media, events)
        record = _record(sent)
        await self.note(record)
        return record

    def _attachment(self, media: Media, index: int) -> Attaching:
        return self._way.attach(
            media,
            ledger=self._ledger,
            key=f"upload:{self._number}:{index}",
            on_progress=lambda done: self._meter.count(media.path, done),
        )

    async def _send(
        self, peer: TL, media: Sequence[Media], attachments: Sequence[Attaching], random_ids: list[int]
    ) -> list[TL] | None:
        """Send; `None` when it was sent before and the answer got lost."""
        try:
            if not attachments:
                return await self._send_text(peer, media[0], random_ids[0])
            return await self._send_files(peer, media, attachments, random_ids)
        except Refused as refused:
            if refused.message == _DUPLICATE:
                return None
            raise

    async def _send_text(self, peer: TL, media: Media, random_id: int) -> list[TL]:
        updates = await self._insist(lambda reply: messages.text_query(peer, self.chat, media, random_id, reply=reply))
        return messages.sent_text(updates, media, random_id)

    async def _send_files(
        self, peer: TL, media: Sequence[Media], attachments: Sequence[Attaching], random_ids: list[int]
    ) -> list[TL]:
        captions = [messages.caption(item) for item in media]

        async def send(*files: TL) -> TL:
            items = list(zip(files, captions, random_ids, strict=True))
            return await self._insist(lambda reply: messages.send_query(peer, self.chat, items, reply=reply))

        if len(attachments) == 1:
            updates = await attachments[0].used(send)
        else:
            updates = await send(*[await self._kept(peer, attachment) for attachment in attachments])
        return messages.sent_messages(updates, random_ids)

    async def _kept(self, peer: TL, attachment: Attaching) -> TL:
        async def keep(media: TL) -> TL:
            return await self._insist(lambda _reply: functions.messages.UploadMedia(peer=peer, media=media))

        return await attachment.kept(keep)

    async def _insist(self, query: Callable[[bool], TL]) -> TL:
        return await insist(self._pool, query, has_reply=self.chat.reply_to is not None)

    async def _events(self) -> Json:
        """Return where the account's events stand, so that a message can be found whose answer gets lost."""
        if is_channel(self.chat.chat):
            return {}
        state = await self._pool.call(functions.updates.GetState())
        return {"pts": state.pts, "qts": state.qts, "date": state.date}

    async def _find_again(self, media: Sequence[Media], events: Json) -> list[TL]:
        """Find what was sent among the events since; empty when it cannot be told."""
        if not isinstance(events, dict) or not events:
            return []
        answer = await self._pool.call(functions.updates.GetDifference(**events))
        marks = [messages.mark_for(item) for item in media]
        mine = [message for message in getattr(answer, "new_messages", ()) if self._may_be_ours(message, marks)]
        return mine[-len(media) :] if [messages.mark_of(each) for each in mine[-len(media) :]] == marks else []

    def _may_be_ours(self, message: TL, marks: list[int | str]) -> bool:
        if not isinstance(message, types.Message) or not message.out:
            return False
        peer = message.peer_id
        chat_id = peer.user_id if isinstance(peer, types.PeerUser) else -getattr(peer, "chat_id", 0)
        return chat_id == self.chat.chat and messages.mark_of(message) in marks


def _record(sent: Sequence[TL]) -> dict[str, Json]:
    files = [file for message in sent if (file := messages.file_id_of(message)) is not None]
    return {
        "state": "sent",
        "message_ids": [message.id for message in sent],
        "file_ids": [encode(file) for file in files],
    }
