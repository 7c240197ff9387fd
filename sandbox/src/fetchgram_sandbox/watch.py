"""The pages with a player, set up as many sites do it, so that extractors find title, duration and sizes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from fetchgram_sandbox.clips import CLIP_S

# A stand-in for the player that the pages name: a `<video>` or `<audio>` with the best source.
_PLAYER = """
function jwplayer(id) {
  return {
    setup(options) {
      const player = Object.assign(document.createElement("TAG"), { controls: true, poster: options.image });
      player.src = options.sources.at(-1).file;
      document.getElementById(id).append(player);
    },
  };
}
"""


@dataclass(frozen=True, slots=True)
class Source:
    """One file that a page plays."""

    name: str
    mime: str
    label: str = ""
    height_px: int | None = None


@dataclass(frozen=True, slots=True)
class WatchPage:
    """A page with one video or song, perhaps in several qualities."""

    title: str
    sources: tuple[Source, ...]
    tag: str = "video"


def watch_pages() -> dict[str, WatchPage]:
    """Return the pages by the last part of their address."""
    return {
        "colours": WatchPage(
            "The big colour test",
            (
                Source("clip-144.mp4", "video/mp4", "144p", 144),
                Source("clip-360.mp4", "video/mp4", "360p", 360),
                Source("clip-720.mp4", "video/mp4", "720p", 720),
            ),
        ),
        "stream": WatchPage("A stream in pieces (HLS)", (Source("master.m3u8", "application/vnd.apple.mpegurl"),)),
        "dash": WatchPage("Picture and sound apart (DASH)", (Source("manifest.mpd", "application/dash+xml"),)),
        "song": WatchPage("Test tone", (Source("song.mp3", "audio/mpeg"),), tag="audio"),
    }


def watch_html(page: WatchPage, base_url: str, query: str, sizes_bytes: Mapping[str, int]) -> str:
    """Build a page; the query (`?kbps=…`) is handed on to its files."""
    picture = f"{base_url}/media/picture.jpg"
    title = escape(page.title)
    return (
        f'<title>{title}</title><meta property="og:title" content="{title}">'
        f'<meta property="og:image" content="{picture}"><h1>{title}</h1>'
        f'<div id="player"></div><script>{_PLAYER.replace("TAG", page.tag)}</script>'
        f"<script>{_set_up(page, base_url, query, sizes_bytes)}</script>"
    )


def _set_up(page: WatchPage, base_url: str, query: str, sizes_bytes: Mapping[str, int]) -> str:
    sources = [_source_fields(source, base_url, query, sizes_bytes[source.name]) for source in page.sources]
    options = {
        "title": page.title,
        "description": "Made on this machine by ffmpeg.",
        "category": "Sandbox Band",
        "image": f"{base_url}/media/picture.jpg",
        "duration": CLIP_S,
        "sources": sources,
    }
    text = json.dumps(options).replace("</", "<\\/")
    return f'jwplayer("player").setup({text});'


def _source_fields(source: Source, base_url: str, query: str, size_bytes: int) -> dict[str, object]:
    fields: dict[str, object] = {"file": f"{base_url}/media/{source.name}{query}", "type": source.mime}
    if source.height_px is not None:
        width_px = source.height_px * 16 // 9
        fields |= {"label": source.label, "height": source.height_px, "width": width_px, "filesize": size_bytes}
    return fields
