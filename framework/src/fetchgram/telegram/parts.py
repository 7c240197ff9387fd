"""Parts on their way out: one after the other, each made when it is its turn and removed when it has arrived."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from fetchgram.errors import CannotDeliver
from fetchgram.model import Chat, Delivery, FileId, Growing, Json, Media, Receipt
from fetchgram.ports import Ledger, Sink
from fetchgram.telegram.albums import answering
from fetchgram.telegram.splitting import SPLIT, Piece, Splitter

Send: TypeAlias = Callable[[Delivery, Sequence[Media], Ledger, Sink], Awaitable[Receipt]]
"""Sends files on the way that was chosen."""


class Parts:
    """Sends the pieces of a delivery.

    Args:
        splitter: Makes them.
        pieces: What goes out.
        most_bytes: The largest file of the way.
        send: The way.
    """

    def __init__(self, splitter: Splitter, pieces: Sequence[Piece], most_bytes: int, send: Send) -> None:
        self._splitter = splitter
        self._pieces = pieces
        self._most_bytes = most_bytes
        self._send = send

    async def deliver(self, delivery: Delivery, ledger: Ledger, sink: Sink) -> Receipt:
        """Send them; what an earlier attempt sent is neither made nor sent again.

        Raises:
            CannotDeliver: Refused, or a part came out too large; what was sent before has arrived.
            Uncertain, TemporarilyUnavailable: As the way says.
        """
        total = sum(piece.media.size_bytes for piece in self._pieces)
        message_ids: list[int] = []
        file_ids: list[FileId] = []
        done = 0
        for number, piece in enumerate(self._pieces):
            place = answering(cast("Chat", delivery.destination), piece.media.kind, message_ids)
            own = _PartLedger(ledger, number)
            receipt = await self._send(
                replace(delivery, destination=place),
                [piece.media if await own.is_sent() else await self._made(piece)],
                own,
                _PartSink(sink, done, total),
            )
            await self._splitter.drop(piece)
            message_ids += receipt.message_ids
            file_ids += receipt.file_ids
            done += piece.media.size_bytes
        kept = tuple(file_ids) if len(file_ids) == len(self._pieces) else ()
        return Receipt(route=SPLIT, message_ids=tuple(message_ids), file_ids=kept, size_bytes=total)

    async def _made(self, piece: Piece) -> Media:
        made = await self._splitter.make(piece)
        if made.size_bytes > self._most_bytes:
            await self._splitter.drop(piece)
            raise CannotDeliver(f"a part came out too large: {made.size_bytes} of {self._most_bytes} bytes")
        return made


@dataclass(frozen=True, slots=True)
class _PartLedger:
    """The page of one part in the ledger of the delivery."""

    whole: Ledger
    number: int

    async def get(self, key: str) -> Json:
        """Return the value, or `None`."""
        return await self.whole.get(f"part{self.number}:{key}")

    async def put(self, key: str, value: Json) -> None:
        """Store a value."""
        await self.whole.put(f"part{self.number}:{key}", value)

    async def is_sent(self) -> bool:
        """Whether the part has arrived: every way writes down its one message under this key."""
        noted = await self.get("send:0")
        return isinstance(noted, dict) and noted["state"] == "sent"


@dataclass(frozen=True, slots=True)
class _PartSink:
    """Adds a part's progress to what was sent before it."""

    whole: Sink
    before_bytes: int
    total_bytes: int
    max_bytes: int | None = None

    def progress(self, done: int, total: int | None) -> None:  # noqa: ARG002  # of the part
        """Tell how far all of it is."""
        self.whole.progress(min(self.before_bytes + done, self.total_bytes), self.total_bytes)

    def announce(self, growing: Growing) -> None:
        """Pass it on."""
        self.whole.announce(growing)
