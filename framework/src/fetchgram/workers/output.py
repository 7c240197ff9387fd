"""What children print, put into the log within bounds."""

from __future__ import annotations

import asyncio
import os
import re
from typing import cast

import structlog

log = structlog.get_logger()

TAIL_BYTES = 4096
_LOGGED_BYTES = 16 * 1024
_PAUSE_S = 0.05
# A bot token is "<bot id>:<35 characters>" (core.telegram.org/bots/api#authorizing-your-bot).
_TOKEN = re.compile(r"\b\d{5,}:[A-Za-z0-9_-]{30,}")


class Output(asyncio.Protocol):
    """Reads one child's output, logs the first part for each job and keeps the end.

    Args:
        pool: Name, for the log.
        event: Of the log.
    """

    def __init__(self, pool: str, event: str = "worker.output") -> None:
        self._pool = pool
        self._event = event
        self._tail = b""
        self._left_bytes = _LOGGED_BYTES
        self._transport: asyncio.ReadTransport | None = None
        self._closed = asyncio.Event()

    @property
    def tail(self) -> str:
        """The last that was printed, without tokens."""
        return redact(self._tail.decode(errors="replace")).strip()

    async def attach(self, read_fd: int) -> None:
        """Read from this descriptor from now on, and own it."""
        pipe = os.fdopen(read_fd, "rb", buffering=0)
        await asyncio.get_running_loop().connect_read_pipe(lambda: self, pipe)

    def renew(self) -> None:
        """Begin a new job's allowance."""
        self._left_bytes = _LOGGED_BYTES
        self._tail = b""

    async def close(self) -> None:
        """Stop reading."""
        if self._transport is not None:
            self._transport.close()
            await self._closed.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the pipe."""
        self._transport = cast("asyncio.ReadTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let `close` go on."""
        del exc
        self._closed.set()

    def data_received(self, data: bytes) -> None:
        """Log within the allowance; over it, drop and slow the writer down so that the loop stays free."""
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        if self._left_bytes > 0:
            shown = data[: self._left_bytes].decode(errors="replace")
            log.debug(self._event, pool=self._pool, text=redact(shown).rstrip())
            self._left_bytes -= len(data)
        elif self._transport is not None:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(_PAUSE_S, self._resume)

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()


def redact(text: str) -> str:
    """Take out what looks like a bot token."""
    return _TOKEN.sub("<token>", text)
