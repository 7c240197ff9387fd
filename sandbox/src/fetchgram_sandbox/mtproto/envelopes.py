"""Encrypted packets, MTProto 2.0: core.telegram.org/mtproto/description."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256

import cryptg

_KEY_END = 24
_HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class Opened:
    """What was in a packet."""

    salt: int
    session_id: bytes
    message: bytes


def open_packet(packet: bytes, auth_key: bytes) -> Opened:
    """Decipher a packet of a client.

    Raises:
        ConnectionError: It was sealed with another key.
    """
    seal = packet[8:_KEY_END]
    size = (len(packet) - _KEY_END) & ~15  # a padded transport adds bytes behind
    data = cryptg.decrypt_ige(packet[_KEY_END : _KEY_END + size], *_cipher_of(auth_key, seal, 0))
    if _seal(auth_key, data, 88) != seal:
        raise ConnectionError("a packet's seal is wrong")
    return Opened(int.from_bytes(data[:8], "little", signed=True), data[8:16], data[_HEAD_BYTES:])


def seal_packet(message: bytes, *, salt: int, session_id: bytes, auth_key: bytes, key_id: bytes) -> bytes:
    """Encipher a message for a client."""
    data = salt.to_bytes(8, "little", signed=True) + session_id + message
    data += os.urandom(-(len(data) + 12) % 16 + 12)
    seal = _seal(auth_key, data, 96)
    return key_id + seal + bytes(cryptg.encrypt_ige(data, *_cipher_of(auth_key, seal, 8)))


def _seal(auth_key: bytes, data: bytes, offset: int) -> bytes:
    return sha256(auth_key[offset : offset + 32] + data).digest()[8:24]


def _cipher_of(auth_key: bytes, seal: bytes, offset: int) -> tuple[bytes, bytes]:
    """Derive key and start vector; the offset is 0 for what a client wrote and 8 for what a server did."""
    first = sha256(seal + auth_key[offset : offset + 36]).digest()
    second = sha256(auth_key[offset + 40 : offset + 76] + seal).digest()
    return first[:8] + second[8:24] + first[24:], second[:8] + first[8:24] + second[24:]
