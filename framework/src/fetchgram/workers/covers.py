"""The cover of a song in an Ogg file, which has no place for pictures but in its comments."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

from fetchgram.errors import FfmpegError

OGG_SUFFIXES = frozenset({".opus", ".ogg"})

_KINDS = {b"\xff\xd8\xff": b"image/jpeg", b"\x89PNG": b"image/png"}
_FRONT = 3
"""RFC 9639, table 13: the front cover."""
_UNKNOWN = bytes(16)
"""Width, height, depth and colours: nobody may decode by them, and what is not known is zero (section 8.8)."""


def comment_of(cover: Path) -> str:
    """Return the comment that holds a cover, as a file of metadata for ffmpeg.

    A file, since a word of a command line is at most 128 KiB long (execve(2), `MAX_ARG_STRLEN`). The comment's name is
    from wiki.xiph.org/VorbisComment, its content a picture block of FLAC in base64; Opus takes the comments of Vorbis
    (RFC 7845, section 5.2).

    Raises:
        FfmpegError: `input`, if it is neither JPEG nor PNG.
    """
    value = base64.b64encode(_block(cover.read_bytes())).decode()
    escaped = value.replace("=", r"\=")  # of base64's letters the only one that means something there
    return f";FFMETADATA1\nMETADATA_BLOCK_PICTURE={escaped}\n"


def _block(data: bytes) -> bytes:
    """Return a picture block: its kind, type, description, facts and data, each with its length (RFC 9639, 8.8)."""
    mime = next((mime for magic, mime in _KINDS.items() if data.startswith(magic)), None)
    if mime is None:
        raise FfmpegError("input", "a cover is a JPEG or a PNG")
    head = struct.pack(">II", _FRONT, len(mime)) + mime + struct.pack(">I", 0)
    return head + _UNKNOWN + struct.pack(">I", len(data)) + data
