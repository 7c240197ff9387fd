"""A line to a PostgreSQL server that can fall silent, as a cut network does: nothing is refused, nothing answers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

_PIECE_BYTES = 65_536


class SilentLine:
    """A TCP relay on loopback in front of a server's socket; `async with` starts and stops it.

    Where there is no server at the moment, whoever comes is sent away.

    Args:
        socket: Of the server.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop and cut everything."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, direct: str) -> str:
        """Return the URL of the same database over this line."""
        port = self._server.sockets[0].getsockname()[1] if self._server is not None else 0
        user, _, rest = direct.removeprefix("postgresql://").partition("@/")
        return f"postgresql://{user}@127.0.0.1:{port}/{rest.partition('?')[0]}?sslmode=disable"

    def cut(self) -> None:
        """Let nothing through any more."""
        self._flows.clear()

    def heal(self) -> None:
        """Let everything through again, what was held back too."""
        self._flows.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._relay(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(str(self._socket))
        except OSError:
            writer.transport.abort()
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, back))
                group.create_task(self._pass_on(there, writer))
        except* OSError:
            pass
        finally:
            for end in (writer, back):
                end.transport.abort()

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await source.read(_PIECE_BYTES):
            await self._flows.wait()
            target.write(chunk)
            await target.drain()
        target.close()
