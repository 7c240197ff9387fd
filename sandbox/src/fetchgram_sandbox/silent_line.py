"""A line to a PostgreSQL server that can fall silent, as a cut network does: nothing is refused, nothing answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fetchgram_sandbox.relay import Ends, Relay

_PIECE_BYTES = 65_536


class SilentLine(Relay):
    """A relay in front of the server's socket; it flows to begin with.

    Args:
        socket: Of the server.
    """

    def __init__(self, socket: Path) -> None:
        super().__init__()
        self._socket = socket
        self._flows = asyncio.Event()
        self._flows.set()

    def url(self, direct: str) -> str:
        """Return the URL of the same database over this line."""
        user, _, rest = direct.removeprefix("postgresql://").partition("@/")
        return f"postgresql://{user}@127.0.0.1:{self.port}/{rest.partition('?')[0]}?sslmode=disable"

    def fall_silent(self) -> None:
        """Let nothing through any more."""
        self._flows.clear()

    def heal(self) -> None:
        """Let everything through again, what was held back too."""
        self._flows.set()

    async def _dial(self) -> Ends:
        return await asyncio.open_unix_connection(str(self._socket))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_PIECE_BYTES):
            await self._flows.wait()
            writer.write(chunk)
            await writer.drain()
        writer.close()
