"""Which encoders work: a list of names says nothing about the hardware that they need."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import structlog

from fetchgram.errors import FfmpegError
from fetchgram.ports import Watch
from fetchgram.workers.ffmpeg import Ffmpeg
from fetchgram.workers.homes import Home

log = structlog.get_logger()

_SIDE_PX = 256
"""Hardware has a smallest picture: NVENC's is 145 x 49 for HEVC."""
_TIMEOUT_S = 20.0


async def encodes(ffmpeg: Ffmpeg, encoder: str, *, roof: Path | None = None) -> bool:
    """Encode one grey frame and tell whether something came out.

    Args:
        ffmpeg: The program.
        encoder: Its name there.
        roof: Holds the folder in which that is tried; swept at the next start after a kill.
    """
    home = Home(roof, "encoder")
    picture = home.path / "grey.bmp"
    arguments = ("-frames:v", "1", "-pix_fmt", "yuv420p", "-c:v", encoder)
    watch = Watch(timeout_s=_TIMEOUT_S)
    try:
        await asyncio.to_thread(picture.write_bytes, _grey())
        await ffmpeg.run(arguments, inputs=[picture], output=home.path / "o.mkv", workdir=home.path, watch=watch)
    except FfmpegError as error:
        log.info("ffmpeg.no_encoder", encoder=encoder, error=str(error))
        return False
    finally:
        home.remove()
    return True


def _grey() -> bytes:
    """Return a picture (BITMAPFILEHEADER, BITMAPINFOHEADER, 24 bits a pixel)."""
    pixels = bytes([128]) * (_SIDE_PX * _SIDE_PX * 3)
    head = struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
    info = struct.pack("<IiiHHIIiiII", 40, _SIDE_PX, _SIDE_PX, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
    return head + info + pixels
