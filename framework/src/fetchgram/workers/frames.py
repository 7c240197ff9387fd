"""The wire between the bot and a child: JSON behind a length, bounded on both sides."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import cast

from fetchgram.model.codec import Json

_LENGTH = struct.Struct("!I")


class FrameTooLarge(ValueError):
    """A message is larger than its pool allows.

    Args:
        size_bytes: Of the message.
        limit_bytes: Of the pool.
    """

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"a message of {size_bytes} bytes is over the limit of {limit_bytes}")


def pack(frame: Json, limit_bytes: int) -> bytes:
    """Turn a message into bytes.

    Raises:
        FrameTooLarge: If it is over the limit.
        TypeError: If it holds something that JSON has no form for.
        ValueError: If a number is not finite.
    """
    body = json.dumps(frame, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > limit_bytes:
        raise FrameTooLarge(len(body), limit_bytes)
    return _LENGTH.pack(len(body)) + body


async def read_async(reader: asyncio.StreamReader, limit_bytes: int) -> dict[str, Json] | None:
    """Read the next message in the bot; `None` when the child is gone.

    Raises:
        FrameTooLarge: If the child announces more than it may send.
        ValueError: If it is not a JSON object.
    """
    try:
        (size_bytes,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if size_bytes > limit_bytes:
            raise FrameTooLarge(size_bytes, limit_bytes)
        return _parse(await reader.readexactly(size_bytes))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def read(connection: socket.socket) -> dict[str, Json] | None:
    """Read the next message in the child; `None` when the bot is gone."""
    head = _read_exactly(connection, _LENGTH.size)
    if head is None:
        return None
    (size_bytes,) = _LENGTH.unpack(head)
    body = _read_exactly(connection, size_bytes)
    return None if body is None else _parse(body)


def _read_exactly(connection: socket.socket, size_bytes: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size_bytes:
        try:
            part = connection.recv(size_bytes - len(parts))
        except ConnectionError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)


def _parse(body: bytes) -> dict[str, Json]:
    frame = json.loads(body)
    if not isinstance(frame, dict):
        raise ValueError("a message is no JSON object")
    return cast("dict[str, Json]", frame)
