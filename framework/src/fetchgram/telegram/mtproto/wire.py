"""What goes over a connection: messages, each with its number, sealed into packets."""

from __future__ import annotations

import asyncio
import os
import struct
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeAlias

from pyrogram.connection.transport import TCP
from pyrogram.raw.core import Message

from fetchgram.telegram.mtproto.envelopes import AuthKey, Bulk, Sealer, unseal
from fetchgram.telegram.mtproto.failures import KeyLost, Lost

TL: TypeAlias = Any
"""An object of Telegram's type language; kurigram generates its classes and does not type them for strict checks."""

_INLINE_BYTES = 32 * 1024
"""Larger packets are deciphered in a thread."""
_TRANSPORT_ERROR_BYTES = 4
_KEY_UNKNOWN = 404


@dataclass(frozen=True, slots=True)
class Stamp:
    """A message's id and its number in the session (core.telegram.org/mtproto/description#message-sequence-number)."""

    message_id: int
    number: int


class Wire:
    """One session over one TCP connection; who writes takes turns.

    Args:
        transport: Carries packets; not yet connected.
        auth: The key.
        executor: Where large messages are read, written and enciphered.
    """

    def __init__(self, transport: TCP, auth: AuthKey, executor: Executor) -> None:
        self._transport = transport
        self._auth = auth
        self._executor = executor
        self._session_id = os.urandom(8)
        self._sealer = Sealer(auth, self._session_id)
        self._clock_offset_s = 0.0
        self._last_id = 0
        self._content = 0

    async def connect(self, address: tuple[str, int]) -> None:
        """Connect.

        Raises:
            OSError, TimeoutError: It does not work.
        """
        with _heeding_cancellation():
            await self._transport.connect(address)

    async def close(self) -> None:
        """Cut the connection."""
        await self._transport.close()

    def stamp(self, *, is_content: bool) -> Stamp:
        """Return what the next message is numbered with.

        Args:
            is_content: Whether it has to be acknowledged.
        """
        now = int((time.time() + self._clock_offset_s) * 2**32) & ~3
        self._last_id = max(now, self._last_id + 4)
        number = self._content * 2 + is_content
        self._content += is_content
        return Stamp(self._last_id, number)

    def set_clock(self, message_id: int) -> None:
        """Go by the server's clock, which shows in the ids of its messages."""
        self._clock_offset_s = message_id / 2**32 - time.time()
        self._last_id = 0

    async def write(self, query: TL, stamp: Stamp, bulk: Bulk | None = None) -> None:
        """Send a message.

        Args:
            query: The message, or all of it but its end.
            stamp: Its numbers.
            bulk: Its end.

        Raises:
            OSError: The connection broke.
        """
        body = query.write()
        size = len(body) + (bulk.size_bytes if bulk is not None else 0)
        message = struct.pack("<qii", stamp.message_id, stamp.number, size) + body
        packet = self._sealer.seal(message) if bulk is None else await self._seal_apart(message, bulk)
        with _heeding_cancellation():
            await self._transport.send(packet)

    async def read(self) -> TL:
        """Return the next message; `None` at the end.

        Raises:
            Lost: The server does not want to talk; `KeyLost` when it does not know our key.
            OSError, ValueError, KeyError: What came cannot be read.
        """
        packet = await self._transport.recv()
        if not packet:
            return None
        if len(packet) == _TRANSPORT_ERROR_BYTES:
            code = -int.from_bytes(packet, "little", signed=True)
            raise KeyLost("the key is unknown") if code == _KEY_UNKNOWN else Lost(f"transport error {code}")
        return Message.read(BytesIO(await self._opened(packet)))

    async def _seal_apart(self, message: bytes, bulk: Bulk) -> memoryview:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, self._sealer.seal, message, bulk)
        except asyncio.CancelledError:
            # The thread may go on writing in the old one's memory.
            self._sealer = Sealer(self._auth, self._session_id)
            raise

    async def _opened(self, packet: bytes) -> bytes:
        if len(packet) <= _INLINE_BYTES:
            return unseal(packet, self._auth, self._session_id)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, unseal, packet, self._auth, self._session_id)


@contextmanager
def _heeding_cancellation() -> Iterator[None]:
    """Raise what kurigram's transport may have swallowed: `wait_for` drops a cancellation before Python 3.12.

    See github.com/python/cpython/issues/86296; without this a cancelled upload would wait for its next answer.
    Only what comes meanwhile counts: before Python 3.13 a task group that failed leaves its task marked for ever.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    yield
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError
