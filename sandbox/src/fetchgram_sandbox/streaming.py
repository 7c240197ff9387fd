"""Sends media as web sites do: whole or by Range, at a chosen speed, or cut in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from dataclasses import dataclass

from aiohttp import web

_CHUNK_BYTES = 64 * 1024
_TICKS_PER_S = 10


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent: data and so many zero bytes behind it, which need no memory."""

    data: bytes
    padding_bytes: int = 0

    @property
    def size_bytes(self) -> int:
        """Return the length of the whole."""
        return len(self.data) + self.padding_bytes

    def read(self, offset: int, count: int) -> bytes:
        """Return a piece."""
        piece = self.data[offset : offset + count]
        return piece + bytes(min(count, self.size_bytes - offset) - len(piece))


def padded_mp4(clip: bytes, size_bytes: int) -> Body:
    """Return an MP4 of a wanted size: the clip and a `free` box behind it (ISO/IEC 14496-12, 8.1.2), still playable."""
    box_bytes = size_bytes - len(clip)
    if box_bytes < 16:  # noqa: PLR2004 - the header of a box with a 64-bit size
        return Body(clip)
    header = struct.pack(">I4sQ", 1, b"free", box_bytes)
    return Body(clip + header, box_bytes - len(header))


async def send(request: web.Request, body: Body, mime: str, *, cut_after: int = 0) -> web.StreamResponse:
    """Answer with a body; the query may ask for `kbps` (speed) and `cut_after` (bytes, then the line is cut)."""
    start, end, status = _range(request, body.size_bytes)
    headers = {"Content-Type": mime, "Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if status == web.HTTPPartialContent.status_code:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{body.size_bytes}"
    response = web.StreamResponse(status=status, headers=headers)
    cut_after = cut_after or int(request.query.get("cut_after", 0))
    # A reader that has seen enough, or died, hangs up: nothing to tell of.
    with contextlib.suppress(ConnectionResetError):
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        await _write(response, body, (start, min(end, start + cut_after) if cut_after else end), _speed(request))
    if cut_after and start + cut_after < end and request.transport is not None:
        request.transport.abort()
    return response


def _range(request: web.Request, size_bytes: int) -> tuple[int, int, int]:
    wanted = request.http_range
    if wanted.start is None and wanted.stop is None:
        return 0, size_bytes, 200
    start, end, _ = wanted.indices(size_bytes)
    if start >= size_bytes:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size_bytes}"})
    return start, end, web.HTTPPartialContent.status_code


def _speed(request: web.Request) -> float | None:
    kbps = float(request.query.get("kbps", 0))
    return kbps * 1000 / 8 if kbps > 0 else None


async def _write(response: web.StreamResponse, body: Body, piece: tuple[int, int], bytes_per_s: float | None) -> None:
    offset, end = piece
    step = _CHUNK_BYTES if bytes_per_s is None else max(1, int(bytes_per_s / _TICKS_PER_S))
    while offset < end:
        chunk = body.read(offset, min(step, end - offset))
        await response.write(chunk)
        offset += len(chunk)
        if bytes_per_s is not None:
            await asyncio.sleep(1 / _TICKS_PER_S)
