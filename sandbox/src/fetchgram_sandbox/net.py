"""A bad line on loopback: delay, a rate for each connection, cuts. No root, no traffic control of the kernel."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from fetchgram_sandbox.relay import BUFFER_BYTES, Ends, Relay

_PIECE_BYTES = 64 * 1024
_QUEUED_PIECES = 4096
_AHEAD_S = 0.05
"""How much of a slow line's data is taken in advance: what a router's buffer would hold."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a line behaves.

    Args:
        delay_s: One way.
        bytes_per_s: Of each connection, each way; `None` is no limit.
        cut_after_bytes: All connections are cut once when one has carried so much one way.
    """

    delay_s: float = 0.0
    bytes_per_s: float | None = None
    cut_after_bytes: int | None = None


class Shaper(Relay):
    """A relay in front of a server on loopback.

    Args:
        target_port: Of the server.
        line: How it behaves; may be replaced while it runs.
    """

    def __init__(self, target_port: int, line: Line = Line()) -> None:  # frozen
        super().__init__()
        self.target_port = target_port
        self.line = line
        self._is_cut = False

    async def _dial(self) -> Ends:
        return await asyncio.open_connection("127.0.0.1", self.target_port, limit=BUFFER_BYTES)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read pieces and let each go when it is due: many are under way at once, as on a real line."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUED_PIECES)
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(_let_go(pieces, writer))
            free_at, carried = 0.0, 0
            while data := await reader.read(_PIECE_BYTES):
                line, now = self.line, time.monotonic()
                free_at = max(free_at, now) + (len(data) / line.bytes_per_s if line.bytes_per_s else 0.0)
                await pieces.put((free_at + line.delay_s, data))
                if free_at - now > _AHEAD_S:
                    await asyncio.sleep(free_at - now - _AHEAD_S)
                carried += len(data)
                self._cut_when_due(carried)
            await pieces.put((free_at + self.line.delay_s, b""))
            await sending

    def _cut_when_due(self, carried: int) -> None:
        limit = self.line.cut_after_bytes
        if limit is not None and carried >= limit and not self._is_cut:
            self._is_cut = True
            self.cut()


async def _let_go(pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    while True:
        due, data = await pieces.get()
        if (left_s := due - time.monotonic()) > 0:
            await asyncio.sleep(left_s)
        if not data:
            writer.close()
            return
        writer.write(data)
        await writer.drain()
