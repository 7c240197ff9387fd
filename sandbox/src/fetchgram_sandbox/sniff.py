"""What a file really is: its mime type and, for a picture, its size, read from its first bytes."""

from __future__ import annotations

import mimetypes
import struct
from pathlib import Path

_HEAD_BYTES = 512 * 1024
"""Enough for the frame header of a JPEG behind its EXIF data and a preview."""

# SOF0 to SOF15 carry the size; C4, C8 and CC in that range are tables (ITU T.81, table B.1).
_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"%PDF", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)


def mime_of(path: Path, name: str = "") -> str:
    """Return the mime type by the first bytes, else by the name, else `application/octet-stream`."""
    head = _head(path, 64)
    for magic, mime in _MAGIC:
        if head.startswith(magic):
            return mime
    return _container(head) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def picture_size_px(path: Path) -> tuple[int, int] | None:
    """Return width and height of a JPEG, PNG, GIF or WebP; `None` for anything else."""
    head = _head(path, _HEAD_BYTES)
    try:
        return _picture_size_px(head)
    except (struct.error, IndexError):
        return None


def _head(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def _container(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":
        return {b"M4A ": "audio/mp4", b"qt  ": "video/quicktime"}.get(head[8:12], "video/mp4")
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head else "video/x-matroska"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/x-wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    is_mpeg_audio = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 in {0xE2, 0xE4, 0xE6}  # noqa: PLR2004 - sync bits
    return "audio/mpeg" if is_mpeg_audio else None


def _picture_size_px(head: bytes) -> tuple[int, int] | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return struct.unpack(">II", head[16:24])
    if head.startswith(b"GIF8"):
        return struct.unpack("<HH", head[6:10])
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg_size_px(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp_size_px(head)
    return None


def _jpeg_size_px(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(head):
        if head[at] != 0xFF:  # noqa: PLR2004 - a marker starts with FF
            return None
        marker = head[at + 1]
        if marker in _SIZE_MARKERS:
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", head[at + 2 : at + 4])[0]
    return None


def _webp_size_px(head: bytes) -> tuple[int, int] | None:
    # RFC 9649: a simple lossy (VP8), a lossless (VP8L) or an extended (VP8X) file.
    form = head[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if form == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
