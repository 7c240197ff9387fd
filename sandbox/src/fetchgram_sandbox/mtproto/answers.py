"""What a server answers with, where kurigram's types are made for clients: ready bytes, vectors, refusals."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from io import BytesIO
from typing import Any, TypeAlias

from pyrogram.raw.core import Int, TLObject
from pyrogram.raw.core.primitives import Bytes, Vector

TL: TypeAlias = Any
"""An object of Telegram's type language; kurigram generates its classes and does not type them for strict checks."""

_GZIP_PACKED = 0x3072CFA1
_GZIP_FROM_BYTES = 512
_SHORT_BYTES, _LONG_BYTES = 4, 8


class Ready:
    """Bytes that stand where an object is written."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def write(self, *_: object) -> bytes:
        """Return the bytes."""
        return self._data


TRUE = Ready(bytes.fromhex("b5757299"))
FALSE = Ready(bytes.fromhex("379779bc"))


class Refusal(Exception):
    """An `rpc_error`, as core.telegram.org/api/errors lists them."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def bad_request(message: str) -> Refusal:
    """Build the error 400 with a name."""
    return Refusal(400, message)


def elsewhere(what: str, dc_id: int) -> Refusal:
    """Build the error 303: a `USER`, `PHONE` or `FILE` belongs to another data centre."""
    return Refusal(303, f"{what}_MIGRATE_{dc_id}")


def vector(items: Sequence[TL]) -> Ready:
    """Build a vector: in kurigram it is bytes, no object."""
    return Ready(bytes(Vector(list(items))))


def packed(answer: TL) -> Ready:
    """Serialise an answer, compressed when that may save something, as Telegram does."""
    data = answer.write()
    if len(data) <= _GZIP_FROM_BYTES:
        return Ready(data)
    return Ready(bytes(Int(_GZIP_PACKED, False)) + bytes(Bytes(gzip.compress(data, 1))))  # noqa: FBT003  # unsigned


def objects(values: Sequence[TL]) -> list[TL]:
    """Return the objects of a vector: kurigram takes those of 4 bytes (`inputUserSelf`) and of 8 for numbers."""
    return [_object(value) if isinstance(value, int) else value for value in values]


def _object(value: int) -> TL:
    size = _SHORT_BYTES if -(1 << 31) <= value < 1 << 31 else _LONG_BYTES
    return TLObject.read(BytesIO(value.to_bytes(size, "little", signed=True)))
