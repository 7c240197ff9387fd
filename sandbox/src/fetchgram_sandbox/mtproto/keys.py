"""The server's RSA key and the exchange that gives a client its authorisation key.

See core.telegram.org/mtproto/auth_key; the steps in there have numbers, the comments name them.
"""

from __future__ import annotations

import os
import time
from hashlib import sha1, sha256
from io import BytesIO

import cryptg
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pyrogram.crypto.prime import CURRENT_DH_PRIME
from pyrogram.raw import functions, types
from pyrogram.raw.core import TLObject
from pyrogram.raw.core.primitives import Bytes

from fetchgram_sandbox.mtproto.answers import TL

_P, _Q = 1229739323, 1402015859
"""Two primes just over 2^30: clients factor their product in milliseconds."""
_GENERATOR = 3
_MODULUS_BYTES = 256
_PADDED_BYTES = 192


class ServerKey:
    """The RSA key that proves to a client which server it talks to."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        numbers = self._key.public_key().public_numbers()
        self.modulus, self.exponent = numbers.n, numbers.e

    @property
    def pem(self) -> str:
        """Return the public half as clients are given it (PKCS #1)."""
        public = self._key.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1).decode()

    @property
    def fingerprint(self) -> int:
        """Return the number by which the key is asked for."""
        parts = (self.modulus.to_bytes(_MODULUS_BYTES, "big"), self.exponent.to_bytes(3, "big"))
        return int.from_bytes(sha1(b"".join(bytes(Bytes(part)) for part in parts)).digest()[-8:], "little", signed=True)  # noqa: S324  # the protocol's

    def open(self, sealed: bytes) -> TL:
        """Decipher the client's part of step 5, padded in the old way or the new one (RSA_PAD).

        Raises:
            ConnectionError: It was made for another key.
        """
        private = self._key.private_numbers()
        data = pow(int.from_bytes(sealed, "big"), private.d, self.modulus).to_bytes(_MODULUS_BYTES, "big")
        found = _old_padding(data) or _new_padding(data)
        if found is None:
            raise ConnectionError("the client's part of the key exchange cannot be read")
        return found


def _old_padding(data: bytes) -> TL | None:
    try:
        inner = TLObject.read(BytesIO(data[21:]))
    except (KeyError, IndexError, ValueError):
        return None
    return inner if data[0] == 0 and sha1(inner.write()).digest() == data[1:21] else None  # noqa: S324  # the protocol's


def _new_padding(data: bytes) -> TL | None:
    key = _xor(data[:32], sha256(data[32:]).digest())
    opened = cryptg.decrypt_ige(data[32:], key, bytes(32))
    inner = opened[:_PADDED_BYTES][::-1]
    if sha256(key + inner).digest() != opened[_PADDED_BYTES:]:
        return None
    return TLObject.read(BytesIO(inner))


class KeyExchange:
    """One client's way to its key; call `answer` with each of its messages in turn.

    Attributes:
        auth_key: The key, once the exchange is done.
        salt: The first server salt.
    """

    def __init__(self, key: ServerKey) -> None:
        self._key = key
        self._nonce = 0
        self._server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
        self._new_nonce = b""
        self._secret = int.from_bytes(os.urandom(_MODULUS_BYTES), "big")
        self.auth_key: bytes | None = None
        self.salt = 0

    def answer(self, query: TL) -> TL:
        """Answer a message of the exchange.

        Raises:
            ConnectionError: It does not belong here.
        """
        if isinstance(query, functions.ReqPqMulti | functions.ReqPq):
            return self._first(query)
        if isinstance(query, functions.ReqDHParams):
            return self._second(query)
        if isinstance(query, functions.SetClientDHParams):
            return self._third(query)
        raise ConnectionError(f"{query.QUALNAME} outside of a session")

    def _first(self, query: TL) -> TL:
        """Steps 1 and 2: a number to factor, so that asking costs something."""
        self._nonce = query.nonce
        return types.ResPQ(
            nonce=query.nonce,
            server_nonce=self._server_nonce,
            pq=(_P * _Q).to_bytes(8, "big"),
            server_public_key_fingerprints=[self._key.fingerprint],
        )

    def _second(self, query: TL) -> TL:
        """Steps 4 and 5: our half of the Diffie-Hellman exchange."""
        if (int.from_bytes(query.p, "big"), int.from_bytes(query.q, "big")) != (_P, _Q):
            raise ConnectionError("wrong factors")
        self._new_nonce = self._key.open(query.encrypted_data).new_nonce.to_bytes(32, "little", signed=True)
        inner = types.ServerDHInnerData(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            g=_GENERATOR,
            dh_prime=CURRENT_DH_PRIME.to_bytes(_MODULUS_BYTES, "big"),
            g_a=pow(_GENERATOR, self._secret, CURRENT_DH_PRIME).to_bytes(_MODULUS_BYTES, "big"),
            server_time=int(time.time()),
        ).write()
        inner = sha1(inner).digest() + inner  # noqa: S324  # the protocol's
        inner += os.urandom(-len(inner) % 16)
        sealed = cryptg.encrypt_ige(inner, *self._temporary_key())
        return types.ServerDHParamsOk(nonce=self._nonce, server_nonce=self._server_nonce, encrypted_answer=sealed)

    def _third(self, query: TL) -> TL:
        """Steps 6 to 9: both sides have the key now."""
        data = cryptg.decrypt_ige(query.encrypted_data, *self._temporary_key())
        inner = TLObject.read(BytesIO(data[20:]))
        if sha1(inner.write()).digest() != data[:20]:  # noqa: S324  # the protocol's
            raise ConnectionError("the client's half of the exchange is broken")
        shared = pow(int.from_bytes(inner.g_b, "big"), self._secret, CURRENT_DH_PRIME)
        self.auth_key = shared.to_bytes(_MODULUS_BYTES, "big")
        self.salt = int.from_bytes(_xor(self._new_nonce[:8], self._server_nonce_bytes()[:8]), "little", signed=True)
        check = sha1(self._new_nonce + b"\1" + sha1(self.auth_key).digest()[:8]).digest()[4:]  # noqa: S324
        return types.DhGenOk(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            new_nonce_hash1=int.from_bytes(check, "little", signed=True),
        )

    def _temporary_key(self) -> tuple[bytes, bytes]:
        new, ours = self._new_nonce, self._server_nonce_bytes()
        first, second, third = sha1(new + ours).digest(), sha1(ours + new).digest(), sha1(new + new).digest()  # noqa: S324
        return first + second[:12], second[12:] + third + new[:4]

    def _server_nonce_bytes(self) -> bytes:
        return self._server_nonce.to_bytes(16, "little", signed=True)


def key_id(auth_key: bytes) -> bytes:
    """Return the eight bytes that name a key in every packet."""
    return sha1(auth_key).digest()[-8:]  # noqa: S324  # the protocol's


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
