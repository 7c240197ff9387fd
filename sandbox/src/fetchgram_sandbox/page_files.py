"""Serves the chat page: the files in the package's folder `page`, and nothing beside them."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).with_name("page")
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".woff2": "font/woff2",
}
# The page shows what bots send: nothing foreign may load or run in it.
_POLICY = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'"


def add_page(app: web.Application) -> None:
    """Add the routes of the page."""
    app.router.add_get("/", _index)
    app.router.add_get("/favicon.ico", _favicon)
    app.router.add_get("/page/{name:.+}", _named)


async def _index(_request: web.Request) -> web.StreamResponse:
    return _serve("index.html")


async def _favicon(_request: web.Request) -> web.StreamResponse:
    return _serve("favicon.svg")


async def _named(request: web.Request) -> web.StreamResponse:
    return _serve(request.match_info["name"])


def _serve(name: str) -> web.StreamResponse:
    path = (_FOLDER / name).resolve()
    if not path.is_relative_to(_FOLDER.resolve()) or not path.is_file() or path.suffix not in _TYPES:
        raise web.HTTPNotFound(text="no such page")
    headers = {
        "Content-Type": f"{_TYPES[path.suffix]}; charset=utf-8" if path.suffix != ".png" else "image/png",
        "Cache-Control": "no-cache",
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return web.FileResponse(path, headers=headers)
