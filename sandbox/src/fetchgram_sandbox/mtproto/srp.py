"""The server's side of a password check that never shows the password: core.telegram.org/api/srp."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from pyrogram.crypto.prime import CURRENT_DH_PRIME

_G = 3
_BYTES = 256
_ROUNDS = 100_000


@dataclass(frozen=True, slots=True)
class Challenge:
    """One check: `secret` stays here, `public` goes to the client."""

    id: int
    secret: int
    public: bytes


class Verifier:
    """What a server keeps of a password.

    Args:
        password: Forgotten at once.
    """

    def __init__(self, password: str) -> None:
        self.salt1, self.salt2 = secrets.token_bytes(8), secrets.token_bytes(16)
        self.g, self.p = _G, CURRENT_DH_PRIME.to_bytes(_BYTES, "big")
        self._v = pow(_G, int.from_bytes(self._hash(password.encode()), "big"), CURRENT_DH_PRIME)

    def challenge(self) -> Challenge:
        """Begin a check."""
        secret = secrets.randbits(8 * _BYTES)
        public = _number(self.p + _padded(self.g)) * self._v + pow(self.g, secret, CURRENT_DH_PRIME)
        return Challenge(secrets.randbits(62), secret, _padded(public % CURRENT_DH_PRIME))

    def accepts(self, challenge: Challenge, a: bytes, proof: bytes) -> bool:
        """Whether a client that sent `A` has proved that it knows the password."""
        shared_base = int.from_bytes(a, "big") * pow(self._v, _number(a + challenge.public), CURRENT_DH_PRIME)
        key = _sha(_padded(pow(shared_base, challenge.secret, CURRENT_DH_PRIME)))
        group = bytes(x ^ y for x, y in zip(_sha(self.p), _sha(_padded(self.g)), strict=True))
        expected = _sha(group + _sha(self.salt1) + _sha(self.salt2) + a + challenge.public + key)
        return hmac.compare_digest(expected, proof)

    def _hash(self, password: bytes) -> bytes:
        first = self._salted(self._salted(password, self.salt1), self.salt2)
        return self._salted(hashlib.pbkdf2_hmac("sha512", first, self.salt1, _ROUNDS), self.salt2)

    @staticmethod
    def _salted(data: bytes, salt: bytes) -> bytes:
        return _sha(salt + data + salt)


def _sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _number(data: bytes) -> int:
    return int.from_bytes(_sha(data), "big")


def _padded(number: int) -> bytes:
    return number.to_bytes(_BYTES, "big")
