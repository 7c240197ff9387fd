"""How packets lie in a TCP stream: the transports of MTProto, told apart by their first bytes.

See core.telegram.org/mtproto/mtproto-transports: abridged, intermediate, padded intermediate and full, plain or
obfuscated, the latter also with the secret of an MTProxy.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import struct
import zlib
from typing import Protocol

import tgcrypto

_MOST_PACKET_BYTES = 2 * 1024 * 1024
_HEADER_BYTES = 64
_LONG_FORM = 0x7F
_FULL_OVERHEAD = 12


class Stream:
    """The bytes of one connection, deciphered where the connection is obfuscated."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._incoming: _Keystream | None = None
        self._outgoing: _Keystream | None = None

    async def read(self, count: int) -> bytes:
        """Return exactly so many bytes.

        Raises:
            asyncio.IncompleteReadError: The connection ended.
        """
        data = await self._reader.readexactly(count)
        return self._incoming.apply(data) if self._incoming else data

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        self._writer.write(self._outgoing.apply(data) if self._outgoing else data)
        await self._writer.drain()

    def cipher(self, incoming: _Keystream, outgoing: _Keystream) -> None:
        """Read and write through keystreams from now on."""
        self._incoming, self._outgoing = incoming, outgoing

    def abort(self) -> None:
        """Cut the connection."""
        self._writer.transport.abort()


class _Keystream:
    """AES-256 in counter mode, going on where it stopped."""

    def __init__(self, key: bytes, iv: bytes) -> None:
        self._key, self._iv, self._state = key, bytearray(iv), bytearray(1)

    def apply(self, data: bytes) -> bytes:
        return bytes(tgcrypto.ctr256_encrypt(data, self._key, self._iv, self._state))


class Transport(Protocol):
    """One way to cut a stream into packets."""

    async def receive(self, stream: Stream) -> bytes:
        """Return the next packet."""
        ...

    def wrap(self, packet: bytes) -> bytes:
        """Return a packet as it travels."""
        ...


class Abridged:
    """A length in words of one or four bytes."""

    async def receive(self, stream: Stream) -> bytes:
        """Return the next packet."""
        words = (await stream.read(1))[0] & _LONG_FORM  # the high bit asks for a quick ack, which nobody owes
        if words == _LONG_FORM:
            words = int.from_bytes(await stream.read(3), "little")
        return await stream.read(_checked(words * 4))

    def wrap(self, packet: bytes) -> bytes:
        """Return a packet as it travels."""
        words = len(packet) // 4
        head = bytes([words]) if words < _LONG_FORM else b"\x7f" + words.to_bytes(3, "little")
        return head + packet


class Intermediate:
    """A length in bytes; `padded` adds up to 15 random bytes."""

    def __init__(self, *, padded: bool = False) -> None:
        self._padded = padded

    async def receive(self, stream: Stream) -> bytes:
        """Return the next packet."""
        size = int.from_bytes(await stream.read(4), "little") & 0x7FFF_FFFF
        return await stream.read(_checked(size))

    def wrap(self, packet: bytes) -> bytes:
        """Return a packet as it travels."""
        if self._padded:
            packet += os.urandom(secrets.randbelow(4) * 4)
        return struct.pack("<i", len(packet)) + packet


class Full:
    """Length, number and checksum; `head` is what detection has read already."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._sent = 0

    async def receive(self, stream: Stream) -> bytes:
        """Return the next packet.

        Raises:
            ConnectionError: The checksum is wrong.
        """
        head = self._head or await stream.read(8)
        self._head = b""
        body = await stream.read(_checked(int.from_bytes(head[:4], "little") - len(head)))
        if zlib.crc32(head + body[:-4]) != int.from_bytes(body[-4:], "little"):
            raise ConnectionError("the checksum of a packet is wrong")
        return body[:-4]

    def wrap(self, packet: bytes) -> bytes:
        """Return a packet as it travels."""
        framed = struct.pack("<ii", len(packet) + _FULL_OVERHEAD, self._sent) + packet
        self._sent += 1
        return framed + struct.pack("<I", zlib.crc32(framed))


async def detect(stream: Stream, secret: bytes) -> tuple[str, Transport]:
    """Read the first bytes of a connection and return the transport's name and the transport.

    Args:
        stream: The connection.
        secret: Of the MTProxy that this server is as well.

    Raises:
        ConnectionError: No transport begins like this.
    """
    first = await stream.read(1)
    if first == b"\xef":
        return "abridged", Abridged()
    first += await stream.read(3)
    if first == b"\xee" * 4:
        return "intermediate", Intermediate()
    if first == b"\xdd" * 4:
        return "padded", Intermediate(padded=True)
    first += await stream.read(4)
    if first[4:8] == bytes(4):
        return "full", Full(first)
    return _deobfuscate(stream, first + await stream.read(_HEADER_BYTES - len(first)), secret)


def _deobfuscate(stream: Stream, header: bytes, secret: bytes) -> tuple[str, Transport]:
    for name, shared in (("obfuscated", b""), ("mtproxy", secret)):
        incoming, outgoing = _keystreams(header, shared)
        tag = incoming.apply(header)[56:60]
        transport = _tagged(tag)
        if transport is not None:
            stream.cipher(incoming, outgoing)
            return f"{name} {transport[0]}", transport[1]
    raise ConnectionError("no transport begins like this; a wrong secret does")


def _keystreams(header: bytes, secret: bytes) -> tuple[_Keystream, _Keystream]:
    back = header[55:7:-1]
    return (
        _Keystream(_mixed(header[8:40], secret), header[40:56]),
        _Keystream(_mixed(back[:32], secret), back[32:48]),
    )


def _mixed(key: bytes, secret: bytes) -> bytes:
    return hashlib.sha256(key + secret).digest() if secret else key


def _tagged(tag: bytes) -> tuple[str, Transport] | None:
    match tag:
        case b"\xef\xef\xef\xef":
            return "abridged", Abridged()
        case b"\xee\xee\xee\xee":
            return "intermediate", Intermediate()
        case b"\xdd\xdd\xdd\xdd":
            return "padded", Intermediate(padded=True)
        case _:
            return None


def _checked(size: int) -> int:
    if not 0 < size <= _MOST_PACKET_BYTES:
        raise ConnectionError(f"a packet of {size} bytes")
    return size
