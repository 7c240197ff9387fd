"""The way out: a filtering forward proxy on loopback that everything a stranger's link fetches goes through.

The shape of stripe/smokescreen: a name is resolved once, every answer is judged, and a judged address is dialled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from fetchgram.settings import NetworkSettings
from fetchgram.workers.destinations import Destinations, Resolver, SystemResolver, Target
from fetchgram.workers.dialer import BUFFER_BYTES, Dialer, Streams, Upstream
from fetchgram.workers.http1 import Request, Response, answer, parse_request, parse_response
from fetchgram.workers.refusals import Refusal, RefusalLog, RefusalReason, Refused, Unreachable
from fetchgram.workers.relay import Meter, copy, finish, reset, tunnel

LOOPBACK = "127.0.0.1"
REFUSED_HEADER = "X-Fetchgram-Refused"
UNREACHABLE_HEADER = "X-Fetchgram-Unreachable"
"""Tells our 502 from one of a site, which may work again in a minute."""

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
MAX_INTERIM_ANSWERS = 8
FIRST_FINAL_STATUS = 200
LINGER_S = 1.0
LINGER_BYTES = 1024 * 1024

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection through the way out may use."""

    header_bytes: int = 32 * 1024
    header_s: float = 10.0
    idle_s: float = 60.0
    connection_bytes: int = 16 * 1024**3  # above any file that Telegram takes; the workdir has its own, smaller limit


class WayOut:
    """The proxy: `async with WayOut(settings.network) as way_out: way_out.url`.

    Args:
        settings: The section `[network]`.
        resolver: Another source of addresses than the operating system.
        limits: Other limits than the usual ones.
    """

    def __init__(
        self, settings: NetworkSettings, *, resolver: Resolver | None = None, limits: Limits | None = None
    ) -> None:
        self._own_resolver = SystemResolver() if resolver is None else None
        self._destinations = Destinations(settings, resolver or self._own_resolver or SystemResolver())
        self._dialer = Dialer(Upstream.parse(settings.upstream_proxy), settings.connect_timeout_s)
        self._max_connections = settings.max_connections
        self._limits = limits or Limits()
        self._refusals = RefusalLog()
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Start listening on a free port of loopback."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0, limit=BUFFER_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        if self._own_resolver is not None:
            self._own_resolver.close()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that the proxy listens on."""
        if self._server is None:
            raise RuntimeError("the way out is not open")
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    @property
    def url(self) -> str:
        """The address as a proxy setting: `http://127.0.0.1:port`."""
        host, port = self.address
        return f"http://{host}:{port}"

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The latest refusals, oldest first."""
        return self._refusals.recent

    @property
    def refusal_counts(self) -> Mapping[RefusalReason, int]:
        """How often each reason was given since the start."""
        return self._refusals.counts

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # a connection callback always runs in a task
            return
        self._connections.add(task)
        writer.transport.set_write_buffer_limits(high=BUFFER_BYTES)
        try:
            await self._serve((reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            reset(writer)
        except asyncio.CancelledError:
            # The task is this connection's alone, and asyncio's own callback fails on a cancelled one (3.11.7).
            reset(writer)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, client: Streams) -> None:
        try:
            request = await self._read_request(client[0])
            target = await self._destinations.choose(request.host, request.port)
            server = await self._open(request, target)
        except Refused as refused:
            self._refusals.add(refused)
            await _say(client, _refusal(refused.reason))
        except Unreachable as error:
            _log.info("wayout.unreachable", error=str(error))
            await _say(client, answer(502, "Bad Gateway", [(UNREACHABLE_HEADER, "1")], str(error)))
        else:
            await self._carry(request, target, client, server)

    async def _read_request(self, reader: asyncio.StreamReader) -> Request:
        if len(self._connections) > self._max_connections:
            raise Refused(RefusalReason.BUSY)
        try:
            async with asyncio.timeout(self._limits.header_s):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as error:
            raise Refused(RefusalReason.HEADERS_TOO_LARGE) from error
        if len(head) > self._limits.header_bytes:
            raise Refused(RefusalReason.HEADERS_TOO_LARGE)
        return parse_request(head)

    async def _open(self, request: Request, target: Target) -> Streams:
        return await (self._dialer.open_tunnel(target) if request.is_connect else self._dialer.dial(target))

    async def _carry(self, request: Request, target: Target, client: Streams, server: Streams) -> None:
        meter = Meter(self._limits.connection_bytes, self._limits.idle_s)
        try:
            if request.is_connect:
                client[1].write(ESTABLISHED)
                await tunnel(client, server, meter)
                await finish(server[1], meter)
                await finish(client[1], meter)
            else:
                async with meter.watching():
                    await self._forward(request, target, client, server, meter)
                await finish(client[1], meter)
        except Refused as refused:
            self._refusals.add(Refused(refused.reason, request.host, request.port))
            reset(client[1])
        finally:
            server[1].transport.abort()

    async def _forward(self, request: Request, target: Target, client: Streams, server: Streams, meter: Meter) -> None:
        """Carry one request and its answer; what the client sends after it is never looked at."""
        for_proxy = not target.addresses
        server[1].write(
            request.head(target.authority, for_proxy=for_proxy, authorization=self._dialer.authorization(target))
        )
        await copy(client[0], server[1], request.length, meter)
        response = await _read_response(server[0])
        if response is None:
            await _say(client, answer(502, "Bad Gateway", [], "the answer is not HTTP"))
            return
        client[1].write(response.head())
        await copy(server[0], client[1], response.body_length(request.method), meter)


def isolation_level() -> str:
    """Say what keeps child processes from reaching private addresses, for `fetchgram check`."""
    return "proxy + audit hook"


async def _read_response(reader: asyncio.StreamReader) -> Response | None:
    for _ in range(MAX_INTERIM_ANSWERS):
        try:
            response = parse_response(await reader.readuntil(b"\r\n\r\n"))
        except (asyncio.LimitOverrunError, asyncio.IncompleteReadError):
            return None
        if response is None or response.status >= FIRST_FINAL_STATUS:
            return response
    return None


def _refusal(reason: RefusalReason) -> bytes:
    status, phrase = (503, "Service Unavailable") if reason is RefusalReason.BUSY else (403, "Forbidden")
    return answer(status, phrase, [(REFUSED_HEADER, reason.value)], f"refused: {reason.sentence}")


async def _say(client: Streams, message: bytes) -> None:
    """Answer, then read on for a moment: closing with unread bytes would reset the connection before it is read."""
    reader, writer = client
    writer.write(message)
    await writer.drain()
    writer.write_eof()
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_S):
            while left > 0 and (data := await reader.read(BUFFER_BYTES)):
                left -= len(data)
    except TimeoutError:
        return
