"""Keeps strangers out: only this machine's browser page and clients may talk to the servers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@web.middleware
async def only_from_here(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse a foreign Host (a rebound name) and writing requests of foreign pages.

    Raises:
        web.HTTPForbidden: The request comes from elsewhere.
    """
    if urlsplit(f"//{request.host}").hostname not in _HERE:
        raise web.HTTPForbidden(text="only loopback names are served")
    origin = request.headers.get("Origin")
    if request.method not in _READING and origin is not None and origin != f"http://{request.host}":
        raise web.HTTPForbidden(text="foreign Origin")
    return await handler(request)
