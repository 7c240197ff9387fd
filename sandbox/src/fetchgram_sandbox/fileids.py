"""The names of files in Telegram's own form: a `file_id` with kind, id, access hash and reference, and a unique id.

MTProto clients build the same texts from a document's fields, so that an id from there works here and the other way
round. The form is TDLib's (td/telegram/files/FileManager.cpp, `get_persistent_id`; FileLocation.hpp).
"""

from __future__ import annotations

import base64
import struct
import zlib

DC_ID = 2
"""The data centre where everybody lives who was not told otherwise."""

# The numbers that Telegram's own file ids use for these kinds (TDLib, td/telegram/files/FileType.h).
_KIND_NUMBERS = {
    "thumbnail": 0,
    "photo": 2,
    "voice": 3,
    "video": 4,
    "document": 5,
    "sticker": 8,
    "audio": 9,
    "animation": 10,
    "video_note": 13,
}
_KINDS = {number: kind for kind, number in _KIND_NUMBERS.items()}
_PICTURES = frozenset({"thumbnail", "photo"})
_HAS_REFERENCE = 1 << 25
_HEAD = struct.Struct("<ii")
_BODY = struct.Struct("<qq")
# Volume id, source (1: a thumbnail of a file), the file's type, its size's letter, local id: minor version 30.
_PICTURE_TAIL = struct.Struct("<qiiii")
_VERSION = bytes([30, 4])
_UNIQUE_DOCUMENT = 2


def encode(kind: str, number: int, dc_id: int = DC_ID) -> str:
    """Build the file id of a stored file, which names the data centre where it lies."""
    kind_number, reference = _KIND_NUMBERS[kind], reference_of(number)
    data = _HEAD.pack(kind_number | _HAS_REFERENCE, dc_id) + _tl_bytes(reference) + _BODY.pack(number, hash_of(number))
    if kind in _PICTURES:
        data += _PICTURE_TAIL.pack(0, 1, kind_number, ord("x"), 0)
    return _text(_shrink(data + _VERSION))


def encode_unique(kind: str, number: int) -> str:  # noqa: ARG001  # Telegram's form does not tell documents apart
    """Build the id that is the same for everybody and cannot be used to send."""
    return _text(_shrink(struct.pack("<iq", _UNIQUE_DOCUMENT, number)))


def decode(file_id: str) -> tuple[str, int]:
    """Return the kind and the number in a file id.

    Raises:
        ValueError: The text is no file id of this world.
    """
    try:
        data = _grow(base64.b64decode(file_id + "=" * (-len(file_id) % 4), altchars=b"-_", validate=True))
        kind_number, _ = _HEAD.unpack_from(data)
        kind = _KINDS[kind_number & ~_HAS_REFERENCE]
        at = _HEAD.size + (_tl_length(data[_HEAD.size]) if kind_number & _HAS_REFERENCE else 0)
        number, access_hash = _BODY.unpack_from(data, at)
    except (ValueError, struct.error, KeyError, IndexError) as error:
        raise ValueError(f"no file id: {file_id!r}") from error
    if access_hash != hash_of(number):
        raise ValueError(f"no file id: {file_id!r}")
    return kind, number


def hash_of(number: int) -> int:
    """Return the access hash of a thing: who knows it has met the thing."""
    return zlib.crc32(struct.pack("<q", number)) << 16 | 1


def reference_of(number: int) -> bytes:
    """Return the file reference, which every use must bring."""
    return b"\x01" + struct.pack("<I", zlib.crc32(struct.pack("<qi", number, DC_ID)))


def _tl_bytes(value: bytes) -> bytes:
    return (bytes([len(value)]) + value).ljust(_tl_length(len(value)), b"\0")


def _tl_length(size: int) -> int:
    return (size + 4) & ~3


def _shrink(data: bytes) -> bytes:
    """Write runs of zero bytes as a zero and their number."""
    shrunk, zeros = bytearray(), 0
    for byte in (*data, -1):
        if byte == 0:
            zeros += 1
            continue
        if zeros:
            shrunk += bytes([0, zeros])
            zeros = 0
        if byte > 0:
            shrunk.append(byte)
    return bytes(shrunk)


def _grow(data: bytes) -> bytes:
    grown, rest = bytearray(), iter(data)
    for byte in rest:
        grown += bytes(next(rest, 0)) if byte == 0 else bytes([byte])
    return bytes(grown)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
