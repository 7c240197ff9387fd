"""What runs in the isolated child for lists: one page of a playlist or channel, as YouTube sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, cast

from fetchgram.api import Entry, Json, Link, Page, Probe, decode, encode
from fetchgram_youtube.links import DEFAULT_TAB, claim
from fetchgram_ytdlp.failures import told, translate
from fetchgram_ytdlp.options import build, params
from fetchgram_ytdlp.streams import Report

if TYPE_CHECKING:
    from fetchgram_youtube.pager import Pager

Info: TypeAlias = Mapping[str, object]
Payload: TypeAlias = Mapping[str, Json]

_OTHER_TABS = ("shorts", "streams")
"""Where a channel without videos may have something."""
_NO_SUCH_TAB = "does not have a"


def first(payload: Payload, report: Report) -> Json:
    """Return what is known of a list and its first page, as encoded `Probe` and `Page`: one request."""
    link = decode(Link, cast("dict[str, Json]", payload["link"]))
    with told(0):
        pager = _pager(payload, report)
        info = _opened(pager, link.url)
        found, cursor = pager.read(info)
    total = info.get("playlist_count")
    page = _page(link, found, cursor, total=total if isinstance(total, int) else None)
    return {"probe": encode(_probe(link, info)), "page": encode(page)}


def following(payload: Payload, report: Report) -> Json:
    """Return the page that `cursor` leads to, as an encoded `Page`: one request."""
    link = decode(Link, cast("dict[str, Json]", payload["link"]))
    with told(0):
        found, cursor = _pager(payload, report).read_after(str(payload["cursor"]))
    return encode(_page(link, found, cursor))


def _pager(payload: Payload, report: Report) -> Pager:
    # Videos that nobody can see would cost one request more and lead nowhere.
    compat = cast("set[str]", params(payload)["compat_opts"]) | {"no-youtube-unavailable-videos"}
    downloader = build(payload, report=report, compat_opts=compat)
    from fetchgram_youtube.pager import Pager  # noqa: PLC0415  # imports yt-dlp, after `build`

    return Pager(downloader)


def _opened(pager: Pager, url: str) -> Info:
    """Open a list; of a channel that has no videos, the first tab that it has."""
    try:
        return pager.open(url)
    except Exception as error:
        tabless = url.removesuffix(f"/{DEFAULT_TAB}")
        if tabless == url or _NO_SUCH_TAB not in str(error):
            raise
        return _first_tab(pager, tabless, error)


def _first_tab(pager: Pager, tabless: str, error: Exception) -> Info:
    for tab in _OTHER_TABS:
        try:
            return pager.open(f"{tabless}/{tab}")
        except Exception as other:  # only for that wording; the first error says what was wished for
            if _NO_SUCH_TAB not in str(other):
                raise
    raise translate(error) or error


def _probe(link: Link, info: Info) -> Probe:
    thumbnails = info.get("thumbnails")
    best = thumbnails[0] if isinstance(thumbnails, list) and thumbnails else {}
    return Probe(
        link=link,
        title=str(info.get("title") or link.media_id),
        author=str(info["channel"]) if info.get("channel") else None,
        thumbnail_url=str(best["url"]) if best.get("url") else None,
    )


def _page(link: Link, found: Sequence[Info], cursor: str | None, *, total: int | None = None) -> Page:
    entries = tuple(entry for each in found if (entry := _entry(link, each)) is not None)
    return Page(entries=entries, next_cursor=cursor, total=total)


def _entry(within: Link, data: Info) -> Entry | None:
    """Return an entry under the name that its own link has; what is no link of ours is left out."""
    own = claim(str(data.get("url")))
    if own is None:
        return None
    duration = data.get("duration")
    return Entry(
        link=replace(own, within=within.url),
        title=str(data.get("title") or own.media_id),
        duration_s=float(duration) if isinstance(duration, int | float) else None,
    )
