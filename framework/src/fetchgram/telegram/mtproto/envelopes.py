"""Encrypted packets, MTProto 2.0 (core.telegram.org/mtproto/description), by the fastest ciphers there are.

What goes out is enciphered by OpenSSL, see `ige`; IGE cannot be deciphered that way, and cryptg is the next fastest.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from typing import Protocol

import cryptg

from fetchgram.telegram.mtproto.ige import SPARE_BYTES, encipher

_KEY_ID_BYTES = 8
_SEAL_END = 24
_HEAD_BYTES = 16
_LEAST_PADDING = 12


@dataclass(slots=True)
class AuthKey:
    """The key that we share with a data centre.

    Args:
        key: 256 bytes.
        salt: The server's present salt; it tells us when it changes.
    """

    key: bytes
    salt: int = 0
    id: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.id = sha1(self.key).digest()[-_KEY_ID_BYTES:]  # noqa: S324  # the protocol's


class Bulk(Protocol):
    """The end of a message that is large, and written straight into its packet."""

    @property
    def size_bytes(self) -> int:
        """Return how much room it takes."""
        ...

    def write_into(self, room: memoryview) -> None:
        """Write exactly so many bytes."""
        ...


class Sealer:
    """Enciphers messages, one at a time, in memory that it uses again.

    Fresh memory for each packet of half a megabyte costs the kernel as much time as the cipher takes.

    Args:
        auth: The key.
        session_id: 8 bytes.
    """

    def __init__(self, auth: AuthKey, session_id: bytes) -> None:
        self._auth = auth
        self._session_id = session_id
        self._plain = self._sealed = memoryview(b"")

    def seal(self, message: bytes, bulk: Bulk | None = None) -> memoryview:
        """Return a packet, which holds until the next one is made.

        Args:
            message: The message, or all of it but its end.
            bulk: Its end.
        """
        head = b"".join((self._auth.salt.to_bytes(8, "little", signed=True), self._session_id, message))
        size = len(head) + (bulk.size_bytes if bulk is not None else 0)
        padding = os.urandom(-(size + _LEAST_PADDING) % 16 + _LEAST_PADDING)
        self._make_room(size + len(padding))
        plain = self._plain[: size + len(padding)]
        plain[: len(head)] = head
        if bulk is not None:
            bulk.write_into(plain[len(head) : size])
        plain[size:] = padding
        return self._enciphered(plain)

    def _make_room(self, size: int) -> None:
        if len(self._plain) < size:
            self._plain = memoryview(bytearray(size))
            self._sealed = memoryview(bytearray(_SEAL_END + size + SPARE_BYTES))

    def _enciphered(self, plain: memoryview) -> memoryview:
        digest = sha256(self._auth.key[88:120])
        digest.update(plain)
        seal_key = digest.digest()[8:24]
        self._sealed[:_KEY_ID_BYTES] = self._auth.id
        self._sealed[_KEY_ID_BYTES:_SEAL_END] = seal_key
        encipher(plain, self._sealed[_SEAL_END:], *_cipher_of(self._auth.key, seal_key, 0))
        return self._sealed[: _SEAL_END + len(plain)]


def unseal(packet: bytes, auth: AuthKey, session_id: bytes) -> bytes:
    """Decipher a packet of the server and return its message.

    Raises:
        ValueError: It is not for us, or was changed on its way.
    """
    if packet[:_KEY_ID_BYTES] != auth.id:
        raise ValueError("a packet under another key")
    seal_key = packet[_KEY_ID_BYTES:_SEAL_END]
    size = (len(packet) - _SEAL_END) & ~15  # a padded transport adds bytes behind
    data = cryptg.decrypt_ige(packet[_SEAL_END : _SEAL_END + size], *_cipher_of(auth.key, seal_key, 8))
    if sha256(auth.key[96:128] + data).digest()[8:24] != seal_key:
        raise ValueError("a packet's seal is wrong")
    if data[8:_HEAD_BYTES] != session_id:
        raise ValueError("a packet for another session")
    return bytes(data[_HEAD_BYTES:])


def _cipher_of(auth_key: bytes, seal_key: bytes, offset: int) -> tuple[bytes, bytes]:
    """Derive key and start vector; the offset is 0 for what we write and 8 for what the server does."""
    first = sha256(seal_key + auth_key[offset : offset + 36]).digest()
    second = sha256(auth_key[offset + 40 : offset + 76] + seal_key).digest()
    return first[:8] + second[8:24] + first[24:], second[:8] + first[8:24] + second[24:]
