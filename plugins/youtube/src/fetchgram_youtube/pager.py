"""Reads lists page by page with yt-dlp's own extractor: the one place that knows how it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias, cast

from yt_dlp.extractor.youtube import YoutubeTabIE

from fetchgram.api import ContentUnavailable, Reason

Info: TypeAlias = Mapping[str, object]

_MOST_REDIRECTS = 3
_VISITOR = "X-Goog-Visitor-Id"


class _PageEnds(Exception):
    """The extractor asks for a page more than is wanted.

    Args:
        cursor: Leads to that page.
    """

    def __init__(self, cursor: str) -> None:
        super().__init__(cursor)
        self.cursor = cursor


class Pager(YoutubeTabIE):  # type: ignore[misc]  # yt-dlp is not typed
    """yt-dlp's extractor for lists, stopped where it would ask for the next page.

    Left alone it walks from the first page to the wanted entry each time: a channel of thousands would cost a
    request for every thirty videos before the page that somebody opens.

    Args:
        downloader: From `fetchgram_ytdlp.options.build`.
    """

    _pages_left: int | None = None

    def open(self, url: str) -> Info:
        """Return a list with its first page, not read yet.

        Raises:
            ContentUnavailable: `no_media`, when it is no list.
        """
        for _ in range(_MOST_REDIRECTS):
            info = cast("Info", self.extract(url))
            if info.get("_type") == "playlist":
                return info
            url = str(info.get("url"))
        raise ContentUnavailable(Reason.NO_MEDIA, "this is no list")

    def read(self, info: Info) -> tuple[list[Info], str | None]:
        """Return the entries of the first page, and the cursor of the next one."""
        return self._read(cast("Iterable[Info]", info.get("entries") or ()), pages=0)

    def read_after(self, cursor: str) -> tuple[list[Info], str | None]:
        """Return the entries of the page that a cursor leads to, and the cursor of the next one.

        Raises:
            ContentUnavailable: `no_media`, when it is no cursor of ours.
        """
        try:
            token, visitor = json.loads(cursor)
        except ValueError as error:
            raise ContentUnavailable(Reason.NO_MEDIA, "no cursor of a list") from error
        command = {"continuationCommand": {"token": token}}
        ahead = {"contents": [{"continuationItemRenderer": {"continuationEndpoint": command}}]}
        self.initialize()
        entries = self._entries({"content": {"sectionListRenderer": ahead}}, "list", {}, None, visitor)
        return self._read(entries, pages=1)

    def _read(self, entries: Iterable[Info], *, pages: int) -> tuple[list[Info], str | None]:
        found: list[Info] = []
        self._pages_left = pages
        try:
            found += (each for each in entries if each)
        except _PageEnds as end:
            return found, end.cursor
        finally:
            self._pages_left = None
        return found, None

    def _extract_response(self, item_id: str, query: Mapping[str, object], **more: object) -> object:
        """Be asked by yt-dlp for a page; while entries are read it may have so many, and then no more."""
        if self._pages_left is not None:
            headers = cast("Mapping[str, str]", more.get("headers") or {})
            if self._pages_left == 0:
                raise _PageEnds(json.dumps([query["continuation"], headers.get(_VISITOR)]))
            self._pages_left -= 1
        return super()._extract_response(item_id=item_id, query=query, **more)
