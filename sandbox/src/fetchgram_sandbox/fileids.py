"""The names of files: an opaque `file_id` that carries the kind, and a `file_unique_id`."""

from __future__ import annotations

import base64
import struct
import zlib

# The numbers that Telegram's own file ids use for these kinds (TDLib, td/telegram/files/FileType.h).
_KIND_NUMBERS = {
    "thumbnail": 0,
    "photo": 2,
    "voice": 3,
    "video": 4,
    "document": 5,
    "audio": 9,
    "animation": 10,
    "video_note": 13,
}
_KINDS = {number: kind for kind, number in _KIND_NUMBERS.items()}
_BODY = struct.Struct("<BQ")
_CHECK = struct.Struct("<I")


def encode(kind: str, number: int) -> str:
    """Build the file id of a stored file."""
    body = _BODY.pack(_KIND_NUMBERS[kind], number)
    return _text(body + _CHECK.pack(zlib.crc32(body)))


def encode_unique(kind: str, number: int) -> str:
    """Build the id that is the same for everybody and cannot be used to send."""
    return _text(struct.pack("<BI", _KIND_NUMBERS[kind], number))


def decode(file_id: str) -> tuple[str, int]:
    """Return the kind and the number in a file id.

    Raises:
        ValueError: The text is no file id of this world.
    """
    try:
        data = base64.b64decode(file_id + "=" * (-len(file_id) % 4), altchars=b"-_", validate=True)
        body, check = data[: _BODY.size], data[_BODY.size :]
        kind_number, number = _BODY.unpack(body)
        kind = _KINDS[kind_number]
    except (ValueError, struct.error, KeyError) as error:
        raise ValueError(f"no file id: {file_id!r}") from error
    if _CHECK.unpack(check)[0] != zlib.crc32(body):
        raise ValueError(f"no file id: {file_id!r}")
    return kind, number


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
