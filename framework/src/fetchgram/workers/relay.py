"""Carrying bytes between two connections with small buffers, an idle limit and a byte limit."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fetchgram.workers.dialer import BUFFER_BYTES, Streams
from fetchgram.workers.refusals import RefusalReason, Refused


class Meter:
    """Counts the bytes of one connection and puts off its idle alarm."""

    def __init__(self, limit_bytes: int, idle_s: float) -> None:
        self._left_bytes = limit_bytes
        self._idle_s = idle_s
        self._alarm: asyncio.Timeout | None = None

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Raise `TimeoutError` once nothing has moved for the idle time."""
        async with asyncio.timeout(self._idle_s) as alarm:
            self._alarm = alarm
            yield

    def add(self, count: int) -> None:
        """Count bytes that were read.

        Raises:
            Refused: The connection carried too many.
        """
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise Refused(RefusalReason.BYTES)
        if self._alarm is not None:
            self._alarm.reschedule(asyncio.get_running_loop().time() + self._idle_s)


async def tunnel(client: Streams, server: Streams, meter: Meter) -> None:
    """Carry bytes both ways until both sides have ended; each side may end before the other."""
    try:
        async with meter.watching(), asyncio.TaskGroup() as both:
            both.create_task(_until_end(client[0], server[1], meter))
            both.create_task(_until_end(server[0], client[1], meter))
    except ExceptionGroup as errors:  # whichever way failed first ended the other
        raise errors.exceptions[0] from None


async def finish(writer: asyncio.StreamWriter, meter: Meter) -> None:
    """Send what is still buffered and close; a side that no longer reads is cut off by the idle limit."""
    async with meter.watching():
        writer.close()
        await writer.wait_closed()


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset, so that what was cut short cannot be taken for the whole."""
    connection = writer.get_extra_info("socket")
    if not writer.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int | None, meter: Meter) -> None:
    """Carry exactly `length` bytes one way, or everything until the end.

    Raises:
        ConnectionError: The end came too early.
    """
    left = length
    while left is None or left > 0:
        data = await reader.read(BUFFER_BYTES if left is None else min(BUFFER_BYTES, left))
        if not data and left is not None:
            raise ConnectionError("the body is shorter than it says")
        if not data:
            return
        meter.add(len(data))
        writer.write(data)
        await writer.drain()
        left = None if left is None else left - len(data)


async def _until_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, meter: Meter) -> None:
    await copy(reader, writer, None, meter)
    if writer.can_write_eof():
        writer.write_eof()
