"""What a finished stage left, and whether it is still there after a restart."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from pathlib import Path

from fetchgram.model import Checkpoint, Media

_PIECE_BYTES = 1_048_576


async def checkpoint_of(media: Sequence[Media], steps_done: int = 0) -> Checkpoint:
    """Return the checkpoint of files that are finished, with the checksum of each."""
    checksums = await asyncio.to_thread(lambda: tuple(_checksum(item.path) for item in media))
    return Checkpoint(media=tuple(media), steps_done=steps_done, checksums=checksums)


async def holds(checkpoint: Checkpoint) -> bool:
    """Whether the files are what they were: a power cut may leave one of the right size with nothing in it."""
    return await asyncio.to_thread(_holds, checkpoint)


def _holds(checkpoint: Checkpoint) -> bool:
    media = checkpoint.media
    sizes = all(item.path.is_file() and item.path.stat().st_size == item.size_bytes for item in media)
    return sizes and checkpoint.checksums == tuple(_checksum(item.path) for item in media)


def _checksum(path: Path) -> str:
    """Return the CRC-32 of a file: against accidents, not against people, and four times as fast as a hash."""
    piece = bytearray(_PIECE_BYTES)
    value = 0
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(piece):
            value = zlib.crc32(memoryview(piece)[:count], value)
    return f"{value:08x}"
