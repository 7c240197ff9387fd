"""Looks at a link that names a file: what it is and how large, from the first bytes of the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Protocol, cast
from urllib.parse import unquote, urlsplit

from fetchgram.api import ChoiceKind, ContentUnavailable, Link, LinkKind, Reason
from fetchgram_ytdlp.options import Downloader
from fetchgram_ytdlp.urls import FILE_KINDS, MANIFESTS, SUFFIXES, digest, suffix_of

_HEAD_BYTES = 1024
_HTML = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|!--|\?xml[^>]*>\s*<!doctype html)", re.IGNORECASE
)
_MANIFEST_MIMES = ("mpegurl", "dash+xml")


class _Response(Protocol):
    url: str
    headers: Mapping[str, str]

    def read(self, amt: int) -> bytes: ...
    def close(self) -> None: ...


def look(downloader: Downloader, link: Link) -> dict[str, object] | None:
    """Return yt-dlp's kind of dictionary for a plain file; `None` when a page or a manifest answers instead.

    Raises:
        ContentUnavailable: `no_media`, when a page calls itself a video.
    """
    if link.kind is not LinkKind.FILE or suffix_of(urlsplit(link.url)) in MANIFESTS:
        return None
    from yt_dlp.networking import Request  # noqa: PLC0415  # after `build`

    request = Request(link.url, headers={"Accept-Encoding": "identity"})
    response = cast("_Response", downloader.urlopen(request))
    try:
        head = response.read(_HEAD_BYTES)
    finally:
        response.close()
    mime = (response.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if _HTML.match(head):
        if mime.startswith(("video/", "audio/", "image/")):
            raise ContentUnavailable(Reason.NO_MEDIA, f"a page that calls itself {mime!r}")
        return None
    if any(sign in mime for sign in _MANIFEST_MIMES) or head.startswith(b"#EXTM3U"):
        return None
    return _info(link, response, mime)


def _info(link: Link, response: _Response, mime: str) -> dict[str, object]:
    path = PurePosixPath(unquote(urlsplit(link.url).path))
    suffix = path.suffix.lower().removeprefix(".")
    container = SUFFIXES.get(mime) or suffix
    is_sound = FILE_KINDS.get(container) is ChoiceKind.AUDIO
    length = response.headers.get("Content-Length") or ""
    is_packed = (response.headers.get("Content-Encoding") or "identity") != "identity"
    stream: dict[str, object] = {
        "format_id": "file",
        "url": link.url,
        "ext": container,
        "protocol": urlsplit(link.url).scheme,
        "vcodec": "none" if is_sound else None,
        "filesize": int(length) if length.isdigit() and not is_packed else None,
    }
    return {
        "id": digest(link.url),
        "title": path.stem or "file",
        "extractor": "generic",
        "extractor_key": "Generic",
        "webpage_url": link.url,
        "formats": [stream],
    }
