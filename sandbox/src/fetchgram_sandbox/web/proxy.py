"""The proxy of the emulated web: every known host leads to one server here, every other one nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

_HERE = "127.0.0.1"
_HTTPS = "443"
_PIECE_BYTES = 64 * 1024
_LONGEST_HEAD_S = 10.0
_REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"


class TunnelProxy:
    """Opens tunnels (CONNECT, RFC 9110, 9.3.6) to the TLS server; plain HTTP is refused.

    Args:
        knows: Whether some site has this host.

    Attributes:
        refused: What was asked for and is not here, as `host` or `host:port`, oldest first.
    """

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self._knows = knows
        self._server: asyncio.Server | None = None
        self._tunnels: set[asyncio.Task[None]] = set()
        self._tls_port = 0
        self.refused: list[str] = []

    @property
    def url(self) -> str:
        """Return the address as a proxy setting."""
        if self._server is None:
            raise RuntimeError("the proxy is not open")
        return f"http://{_HERE}:{self._server.sockets[0].getsockname()[1]}"

    def lead_to(self, tls_port: int) -> None:
        """Set where the TLS server listens."""
        self._tls_port = tls_port

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._server = await asyncio.start_server(self._accept, _HERE, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cut every tunnel."""
        if self._server is not None:
            self._server.close()
        tunnels = list(self._tunnels)
        for tunnel in tunnels:
            tunnel.cancel()
        await asyncio.gather(*tunnels, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # a connection callback always runs in a task
            return
        self._tunnels.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # the client went away, or never said what it wants
        except asyncio.CancelledError:
            pass  # the proxy closes; asyncio's own callback fails on a cancelled task (3.11.7)
        finally:
            self._tunnels.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_LONGEST_HEAD_S):
            head = await reader.readuntil(b"\r\n\r\n")
        method, target, *_ = head.decode("latin-1").split(" ", 2)
        host, _, port = target.rpartition(":")
        if method != "CONNECT" or port != _HTTPS or not self._knows(host):
            self.refused.append(host if method == "CONNECT" and port == _HTTPS else target)
            writer.write(_REFUSED)
            await writer.drain()
            return
        inner = await asyncio.open_connection(_HERE, self._tls_port)
        writer.write(_OPEN)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, inner[1]))
                group.create_task(_pump(inner[0], writer))
        except* OSError:
            pass  # one side went away
        finally:
            inner[1].close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Carry bytes until the source ends, then end the sink."""
    try:
        while data := await source.read(_PIECE_BYTES):
            sink.write(data)
            await sink.drain()
    finally:
        sink.close()
