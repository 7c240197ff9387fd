"""A small media web site on loopback with real clips, good manners and, on other paths, bad ones."""

from __future__ import annotations

import asyncio
import mimetypes
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from aiohttp import web

from fetchgram_sandbox.clips import make_clips
from fetchgram_sandbox.feed import feed_xml
from fetchgram_sandbox.misbehaviour import add_misbehaviour
from fetchgram_sandbox.streaming import Body, padded_mp4, send
from fetchgram_sandbox.watch import WatchPage, watch_html, watch_pages

_SHUTDOWN_S = 0.1
_PADDED = re.compile(r"^padded-(\d{1,10})\.mp4$")
_MIMES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
    ".ts": "video/mp2t",
    ".m4s": "video/iso.segment",
    ".m4a": "audio/mp4",
}


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request that the site got."""

    method: str
    path: str
    range: str = ""
    user_agent: str = ""


class MediaSite:
    """The web site; `async with` makes its clips (once per folder), starts and stops it.

    Args:
        folder: Where the clips are kept.
        port: 0 takes a free one.
        host: A loopback address.

    Attributes:
        requests: What was asked for, oldest first.
        is_healed: Whether what was gone from lists is back.
    """

    def __init__(self, folder: Path, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self._folder = folder
        self._host, self._port = host, port
        self._bodies: dict[str, bytes] = {}
        self._pages = watch_pages()
        self._runner: web.AppRunner | None = None
        self._visits: Counter[str] = Counter()
        self.requests: list[SeenRequest] = []
        self.is_healed = False

    @property
    def url(self) -> str:
        """Return the base address, without a slash at the end."""
        return f"http://{self._host}:{self._port}"

    @property
    def samples(self) -> tuple[dict[str, str], ...]:
        """Return links to show to people, each with `title` and `url`."""
        pages = tuple({"title": page.title, "url": f"{self.url}/watch/{slug}"} for slug, page in self._pages.items())
        return (
            *pages,
            {"title": "A video file, slowly", "url": f"{self.url}/media/clip-720.mp4?kbps=1500"},
            {"title": "A picture", "url": f"{self.url}/media/picture.jpg"},
            {"title": "A song", "url": f"{self.url}/media/song.m4a"},
            {"title": "A list of 12 clips", "url": f"{self.url}/list/12"},
            {"title": "A video that is gone", "url": f"{self.url}/bad/404"},
        )

    def clip(self, name: str) -> Path:
        """Return the path of a clip, such as `clip-360.mp4`, `song.mp3` or `picture.jpg`."""
        return self._folder / name

    async def __aenter__(self) -> Self:
        """Make the clips and start to listen."""
        await make_clips(self._folder)
        self._bodies = await asyncio.to_thread(_read_all, self._folder)
        app = web.Application(middlewares=[self._note])
        app.router.add_get("/", self._index)
        app.router.add_get("/watch/{slug}", self._watch)
        app.router.add_get("/media/{name}", self._media)
        app.router.add_get("/gone/{name}", self._gone)
        app.router.add_get(r"/list/{count:\d{1,4}}", self._list)
        add_misbehaviour(app)
        # Without the cancellation an endless answer would outlive its reader.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening and cut open connections."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def _note(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        @web.middleware
        async def note(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            headers = request.headers
            seen = (request.method, request.path, headers.get("Range", ""), headers.get("User-Agent", ""))
            self.requests.append(SeenRequest(*seen))
            return await handler(request)

        return note

    async def _index(self, _request: web.Request) -> web.Response:
        links = "".join(f'<li><a href="{escape(each["url"])}">{escape(each["title"])}</a>' for each in self.samples)
        return _html(f"<title>Sandbox media</title><ul>{links}</ul>")

    async def _watch(self, request: web.Request) -> web.Response:
        page = self._pages.get(request.match_info["slug"])
        if page is None:
            raise web.HTTPNotFound(text="no such page")
        page = self._as_of_now(page, request)
        query = f"?{request.query_string}" if request.query_string else ""
        sizes_bytes = {name: len(data) for name, data in self._bodies.items()}
        return _html(watch_html(page, self.url, query, sizes_bytes))

    async def _gone(self, request: web.Request) -> web.StreamResponse:
        if not self.is_healed:
            raise web.HTTPNotFound(text="gone")
        return await self._media(request)

    async def _list(self, request: web.Request) -> web.Response:
        """Serve a feed of so many clips; `gone=3,7` takes items away, the rest of the query goes to the clips."""
        gone = frozenset(int(number) for number in request.query.get("gone", "").split(",") if number.isdigit())
        query = urlencode([(name, value) for name, value in request.query.items() if name != "gone"])
        feed = feed_xml(int(request.match_info["count"]), self.url, gone=gone, query=query)
        return web.Response(text=feed, content_type="application/rss+xml", charset="utf-8")

    def _as_of_now(self, page: WatchPage, request: web.Request) -> WatchPage:
        """Leave the best quality out once the page was looked at as often as `vanish_after` says."""
        self._visits[request.path_qs] += 1
        limit = int(request.query.get("vanish_after", sys.maxsize))
        return page if self._visits[request.path_qs] <= limit else replace(page, sources=page.sources[:-1])

    async def _media(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if (padded := _PADDED.match(name)) is not None:
            return await send(request, padded_mp4(self._bodies["clip-360.mp4"], int(padded[1])), "video/mp4")
        if name not in self._bodies:
            raise web.HTTPNotFound(text="no such file")
        suffix = Path(name).suffix
        mime = _MIMES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return await send(request, Body(self._bodies[name]), mime)


def _read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _html(body: str) -> web.Response:
    return web.Response(
        text=f'<!doctype html><html lang="en"><meta charset="utf-8">{body}</html>', content_type="text/html"
    )
