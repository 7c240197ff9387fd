"""Routes of the media site that behave as bad sites do."""

from __future__ import annotations

import asyncio
import gzip

from aiohttp import web

_CHUNK = bytes(64 * 1024)
_BOMB_BYTES = 1024 * 1024 * 1024
_BOMB_PIECE_BYTES = 16 * 1024 * 1024


def add_misbehaviour(app: web.Application) -> None:
    """Add the routes below `/bad/`."""
    for name, handler in (
        ("404", _status),
        ("500", _status),
        ("403", _status),
        ("429", _status),
        ("endless.mp4", _endless),
        ("drip.mp4", _drip),
        ("redirect", _redirect),
        ("loop", _loop),
        ("page.mp4", _html_instead),
        ("bomb.mp4", _bomb),
        ("short.mp4", _wrong_length),
        ("silent.mp4", _silent),
    ):
        app.router.add_get(f"/bad/{name}", handler)


async def _status(request: web.Request) -> web.StreamResponse:
    """Answer with the status in the path; 429 says when to come back (`?retry_after=`)."""
    status = int(request.path.rpartition("/")[2])
    headers = (
        {"Retry-After": request.query.get("retry_after", "2")} if status == web.HTTPTooManyRequests.status_code else {}
    )
    return web.Response(status=status, text=f"{status}\n", headers=headers)


async def _endless(request: web.Request) -> web.StreamResponse:
    """Send chunks without a length and without an end."""
    response = await _video(request)
    while True:
        await response.write(_CHUNK)
        await asyncio.sleep(0)


async def _drip(request: web.Request) -> web.StreamResponse:
    """Promise a megabyte and send one byte in a while (`?seconds=`)."""
    response = await _video(request, length_bytes=1024 * 1024)
    while True:
        await response.write(b"\0")
        await asyncio.sleep(float(request.query.get("seconds", "1")))


async def _redirect(request: web.Request) -> web.StreamResponse:
    """Redirect to any address (`?to=`)."""
    return web.Response(status=302, headers={"Location": request.query["to"]})


async def _loop(request: web.Request) -> web.StreamResponse:
    """Redirect to itself, each time under another name."""
    turn = int(request.query.get("turn", "0"))
    return web.Response(status=302, headers={"Location": f"{request.path}?turn={turn + 1}"})


async def _html_instead(_request: web.Request) -> web.StreamResponse:
    """Answer with a page and call it a video."""
    page = "<!doctype html><title>Please log in</title><p>This video is for members."
    return web.Response(body=page.encode(), content_type="video/mp4")


async def _bomb(request: web.Request) -> web.StreamResponse:
    """Send a megabyte of gzip that becomes a gigabyte."""
    piece = await asyncio.to_thread(gzip.compress, bytes(_BOMB_PIECE_BYTES))
    response = web.StreamResponse(headers={"Content-Type": "video/mp4", "Content-Encoding": "gzip"})
    await response.prepare(request)
    for _ in range(_BOMB_BYTES // _BOMB_PIECE_BYTES):
        await response.write(piece)
    return response


async def _wrong_length(request: web.Request) -> web.StreamResponse:
    """Promise twice as much as is sent."""
    response = await _video(request, length_bytes=2 * len(_CHUNK))
    await response.write(_CHUNK)
    return _cut(request, response)


async def _silent(request: web.Request) -> web.StreamResponse:
    """Send headers, then nothing."""
    await _video(request, length_bytes=1024 * 1024)
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


async def _video(request: web.Request, length_bytes: int | None = None) -> web.StreamResponse:
    headers = {"Content-Type": "video/mp4"}
    if length_bytes is not None:
        headers["Content-Length"] = str(length_bytes)
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    return response


def _cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return response
