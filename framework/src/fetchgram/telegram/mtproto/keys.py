"""The key exchange with a data centre, and the keys that we trust in it."""

from __future__ import annotations

import asyncio
import base64
import time
from hashlib import sha1
from types import SimpleNamespace

from pyrogram.connection import Connection as KurigramConnection
from pyrogram.connection.proxy import Proxy
from pyrogram.connection.transport import TCPAbridged
from pyrogram.crypto import rsa
from pyrogram.raw.core.primitives import Bytes
from pyrogram.session.auth import Auth

from fetchgram.telegram.mtproto.failures import Lost

_EXCHANGE_S = 30.0
_SEQUENCE, _INTEGER = 0x30, 0x02
_LONG_LENGTH = 0x80
_END = "-----END RSA PUBLIC KEY-----"


def trust(pem: str) -> None:
    """Accept servers that show one of these keys, besides Telegram's own ones that kurigram knows.

    Args:
        pem: RSA public keys, PKCS #1, one after the other.

    Raises:
        ValueError: One is none.
    """
    for key in pem.strip().removesuffix(_END).split(_END):
        _trust(f"{key}{_END}")


def _trust(pem: str) -> None:
    modulus, exponent = read_public_key(pem)
    parts = (_bytes_of(modulus), _bytes_of(exponent))
    digest = sha1(b"".join(bytes(Bytes(part)) for part in parts)).digest()  # noqa: S324  # the protocol's
    fingerprint = int.from_bytes(digest[-8:], "little", signed=True)
    rsa.server_public_keys[fingerprint] = rsa.PublicKey(modulus, exponent)


def read_public_key(pem: str) -> tuple[int, int]:
    """Return modulus and exponent.

    Raises:
        ValueError: It is no PKCS #1 public key.
    """
    lines = [line.strip() for line in pem.strip().splitlines()]
    if not lines or lines[0] != "-----BEGIN RSA PUBLIC KEY-----":
        raise ValueError("an RSA public key begins with -----BEGIN RSA PUBLIC KEY-----")
    try:
        body, _ = _element(base64.b64decode("".join(lines[1:-1])), _SEQUENCE)
        modulus, rest = _element(body, _INTEGER)
        exponent, _ = _element(rest, _INTEGER)
    except (ValueError, IndexError) as error:
        raise ValueError("the RSA public key cannot be read") from error
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Split one element off (X.690, distinguished encoding rules)."""
    if data[0] != tag:
        raise ValueError("not the expected element")
    length, start = data[1], 2
    if length & _LONG_LENGTH:
        start += length & ~_LONG_LENGTH
        length = int.from_bytes(data[2:start], "big")
    return data[start : start + length], data[start + length :]


def _bytes_of(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


async def exchange(dc_id: int, address: tuple[str, int], proxy: Proxy | None) -> bytes:
    """Agree on a new key with a data centre.

    It runs in a thread with a loop of its own: factoring and powers of 2048 bits would hold ours up.

    Raises:
        Lost: The server cannot be reached, or is not one that we trust.
    """
    try:
        async with asyncio.timeout(_EXCHANGE_S):
            return await asyncio.to_thread(asyncio.run, _exchange(dc_id, address, proxy))
    except Exception as error:
        raise Lost(f"no key: {error!r}") from error


async def _exchange(dc_id: int, address: tuple[str, int], proxy: Proxy | None) -> bytes:
    # What kurigram's exchange asks its client for.
    client = SimpleNamespace(
        ipv6=":" in address[0],
        proxy=proxy,
        connection_factory=KurigramConnection,
        protocol_factory=TCPAbridged,
        loop=asyncio.get_running_loop(),
        server_time=time.time(),
    )
    async with asyncio.timeout(_EXCHANGE_S):
        return bytes(await Auth(client, dc_id, address[0], address[1], test_mode=False).create())
