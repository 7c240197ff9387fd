"""Encrypted packets, MTProto 2.0 (core.telegram.org/mtproto/description), by the fastest cipher there is.

cryptg does AES-IGE at twice the speed of the packages that kurigram can use, and the cipher is what bounds an upload.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha1, sha256

import cryptg

_KEY_ID_BYTES = 8
_SEAL_END = 24
_HEAD_BYTES = 16


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


def seal(message: bytes, auth: AuthKey, session_id: bytes) -> bytes:
    """Encipher a message."""
    head = auth.salt.to_bytes(8, "little", signed=True) + session_id
    padding = os.urandom(-(len(head) + len(message) + 12) % 16 + 12)
    data = b"".join((head, message, padding))
    seal_key = sha256(auth.key[88:120] + data).digest()[8:24]
    return b"".join((auth.id, seal_key, cryptg.encrypt_ige(data, *_cipher_of(auth.key, seal_key, 0))))


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
