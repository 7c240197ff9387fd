"""Media of the emulated sites: made by ffmpeg when they are first asked for, kept in a folder."""

from __future__ import annotations

import asyncio
import struct
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from fetchgram_sandbox.clips import run_ffmpeg
from fetchgram_sandbox.streaming import Body, padded_mp4

_MOST_VOID_BYTES = 2**56 - 2


class Kitchen:
    """Makes each clip once.

    Args:
        folder: Where the clips are kept; one folder may serve many runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._bytes: dict[str, bytes] = {}

    async def clip(self, name: str, recipe: Sequence[str]) -> bytes:
        """Return a clip.

        Args:
            name: Of its file, with the suffix that tells ffmpeg the container.
            recipe: Arguments of ffmpeg before the name of the output.

        Raises:
            RuntimeError: There is no ffmpeg, or it failed.
        """
        async with self._locks[name]:
            if name not in self._bytes:
                await self._make(name, recipe)
                self._bytes[name] = await asyncio.to_thread((self._folder / name).read_bytes)
        return self._bytes[name]

    async def _make(self, name: str, recipe: Sequence[str]) -> None:
        path = self._folder / name
        if await asyncio.to_thread(_is_made, path):
            return
        part = f"part-{name}"
        await run_ffmpeg(self._folder, *recipe, part)
        await asyncio.to_thread((self._folder / part).replace, path)


def padded(clip: bytes, size_bytes: int | None, mime: str) -> Body:
    """Return a clip that was made as large as a site says it is, and still plays.

    Args:
        clip: MP4 or WebM.
        size_bytes: Wished for; `None` leaves it as it is.
        mime: Tells MP4 from WebM.
    """
    if size_bytes is None:
        return Body(clip)
    return _padded_webm(clip, size_bytes) if "webm" in mime else padded_mp4(clip, size_bytes)


def _padded_webm(clip: bytes, size_bytes: int) -> Body:
    """Put a `Void` element behind the clip (RFC 8794, 11.3.2): its id, then its length in eight bytes."""
    void_bytes = size_bytes - len(clip)
    if not 9 <= void_bytes <= _MOST_VOID_BYTES:  # noqa: PLR2004 - the header alone has nine
        return Body(clip)
    header = b"\xec" + struct.pack(">Q", (1 << 56) | (void_bytes - 9))
    return Body(clip + header, void_bytes - len(header))


def _is_made(path: Path) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.exists()
