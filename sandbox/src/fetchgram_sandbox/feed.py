"""A list of clips as a feed (RSS with enclosures), which yt-dlp reads as a playlist."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from fetchgram_sandbox.clips import CLIP_S


def feed_xml(count: int, base_url: str, *, gone: frozenset[int] = frozenset(), query: str = "") -> str:
    """Build a feed; each item is an address of its own for the smallest clip.

    Args:
        count: Items.
        base_url: Of the site.
        gone: Numbers of items, from 1, that lead to nothing.
        query: Handed on to the clips, as `kbps=…`.
    """
    items = "".join(_item(number, count, base_url, query, is_gone=number in gone) for number in range(1, count + 1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>'
        f"<title>{count} short clips</title><description>Made on this machine by ffmpeg.</description>"
        f"{items}</channel></rss>"
    )


def _item(number: int, count: int, base_url: str, query: str, *, is_gone: bool) -> str:
    more = f"&{query}" if query else ""
    folder = "gone" if is_gone else "media"
    url = quoteattr(f"{base_url}/{folder}/clip-144.mp4?list={count}&item={number}{more}")
    title = escape(f"Clip {number}")
    return (
        f"<item><title>{title}</title><guid>clip-{count}-{number}</guid>"
        f'<itunes:duration>{CLIP_S}</itunes:duration><enclosure url={url} type="video/mp4"/></item>'
    )
