"""Opening the connection that a request goes out on: to a checked address, or through the upstream proxy."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from fetchgram.workers.destinations import Target
from fetchgram.workers.http1 import parse_response
from fetchgram.workers.refusals import Unreachable

BUFFER_BYTES = 64 * 1024
HTTP_OK = 200
UPSTREAM_PORT = 3128

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Upstream:
    """The operator's own proxy behind the filter."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str | None) -> Upstream | None:
        """Read `http://[user:password@]host[:port]`.

        Raises:
            ValueError: It is something else; the text shows no credentials.
        """
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError("network.upstream_proxy: expected http://[user:password@]host:port")
        return cls(parts.hostname, parts.port or UPSTREAM_PORT, _basic(parts.username, parts.password))


class Dialer:
    """Opens connections; it never resolves a name that a link brought."""

    def __init__(self, upstream: Upstream | None, timeout_s: float) -> None:
        self._upstream = upstream
        self._timeout_s = timeout_s

    def authorization(self, target: Target) -> str:
        """Return the credentials for a request in absolute form, when it goes to the upstream proxy."""
        return self._upstream.authorization if self._upstream and not target.addresses else ""

    async def dial(self, target: Target) -> Streams:
        """Connect to one of the checked addresses, or to the upstream proxy when there are none.

        Raises:
            Unreachable: Nothing answered in time.
        """
        places = [str(address) for address in target.addresses]
        port = target.port
        if self._upstream is not None and not places:
            places, port = [self._upstream.host], self._upstream.port
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._first(places, port)
        except OSError as error:
            raise Unreachable(f"{target.host!r} does not answer") from error

    async def open_tunnel(self, target: Target) -> Streams:
        """Connect so that every byte from now on goes to the target.

        Raises:
            Unreachable: Nothing answered in time, or the upstream proxy said no.
        """
        reader, writer = await self.dial(target)
        if target.addresses or self._upstream is None:
            return reader, writer
        try:
            async with asyncio.timeout(self._timeout_s):
                await _ask_for_tunnel(reader, writer, target, self._upstream)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            writer.transport.abort()
            raise Unreachable("the upstream proxy does not answer") from error
        except BaseException:
            writer.transport.abort()
            raise
        return reader, writer

    async def _first(self, places: list[str], port: int) -> Streams:
        share_s = self._timeout_s / max(1, len(places[:3]))
        failure = OSError("no address")
        for place in places:
            try:
                async with asyncio.timeout(share_s):
                    return await _connect(place, port)
            except OSError as error:
                failure = error
        raise failure


async def _connect(place: str, port: int) -> Streams:
    reader, writer = await asyncio.open_connection(place, port, limit=BUFFER_BYTES)
    writer.transport.set_write_buffer_limits(high=BUFFER_BYTES)
    return reader, writer


async def _ask_for_tunnel(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target, upstream: Upstream
) -> None:
    credentials = f"Proxy-Authorization: {upstream.authorization}\r\n" if upstream.authorization else ""
    head = f"CONNECT {target.authority} HTTP/1.1\r\nHost: {target.authority}\r\n{credentials}\r\n"
    writer.write(head.encode("ascii"))
    await writer.drain()
    response = parse_response(await reader.readuntil(b"\r\n\r\n"))
    if response is None or response.status != HTTP_OK:
        writer.transport.abort()
        raise Unreachable("the upstream proxy refused the tunnel")


def _basic(username: str | None, password: str | None) -> str:
    if username is None:
        return ""
    pair = f"{unquote(username)}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
