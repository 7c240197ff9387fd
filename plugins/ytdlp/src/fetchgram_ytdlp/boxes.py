"""Reads the order of an MP4's parts: a player can start early only when the index comes first."""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER_BYTES = 8
_MOST_BOXES = 64


def starts_fast(path: Path) -> bool:
    """Whether the index (`moov`) stands before the data (`mdat`); ISO/IEC 14496-12, 4.2 and 8.1."""
    with path.open("rb") as file:
        for _ in range(_MOST_BOXES):
            header = file.read(_HEADER_BYTES)
            if len(header) < _HEADER_BYTES:
                return False
            size, name = struct.unpack(">I4s", header)
            if name in (b"moov", b"mdat"):
                return bool(name == b"moov")
            used = _HEADER_BYTES
            if size == 1:  # the size follows in 64 bits
                size, used = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))[0], 16
            if size < used:
                return False
            file.seek(size - used, 1)
    return False
