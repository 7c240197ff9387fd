"""Which links are YouTube's, and what they lead to: pure functions over the URL alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

from fetchgram.api import Link, LinkKind

PLUGIN = "youtube"
HOME = "https://www.youtube.com"
DEFAULT_TAB = "videos"
TABS = frozenset({DEFAULT_TAB, "shorts", "streams", "playlists", "podcasts", "releases"})
"""Tabs of a channel that are lists of their own; any other leads to its videos."""

_HOST = re.compile(r"(?:[a-z0-9-]+\.)?youtube(?:-nocookie|kids)?\.com|youtube\.googleapis\.com")
_SHORT_HOSTS = frozenset({"youtu.be", "www.youtu.be"})
_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_LIST = re.compile(r"(?:PL|LL|EC|UU|FL|RD|UL|TL|PU|OLAK5uy_)[0-9A-Za-z_-]{10,}|RDMM|WL|LL|LM")
_ALBUM = re.compile(r"MPREb_[0-9A-Za-z_-]{5,}")
_CHANNEL_ID = re.compile(r"UC[0-9A-Za-z_-]{22}")
_CLIP_ID = re.compile(r"Ug[0-9A-Za-z_-]{10,}")
_NAME = re.compile(r"[\w.·-]{1,100}")
_PERSONAL = re.compile(r"WL|LL|LM|RDMM|RD(?!CLAK)[0-9A-Za-z_-]+")
"""Lists that belong to who is logged in, and mixes, which have no page and no end."""
_VIDEO_PATHS = frozenset({"v", "embed", "e", "shorts", "live", "watch"})
_WATCH_PATHS = frozenset({"", "watch", "watch.php", "watch_popup", "movie", "movie_popup"})
_RESERVED = re.compile(
    r"about|account|attribution_link|browse|c|channel|clip|e|embed|explore|feeds?|get_video_info|gaming|hashtag|"
    r"iframe_api|index|live|logout|movies|oembed|oops|opensearch|playlist|post|premium|redirect|results|s|search|"
    r"shared|shorts|signin|source|storefront|t|trending|upload|user|v|w|watch|watch_popup|youtubei"
)
"""First parts of a path that are no channel's name."""
_FORWARDERS: Mapping[str, tuple[str, ...]] = {"attribution_link": ("u",), "m": ("continue",), "signin": ("next",)}
"""Pages that lead on to another one of YouTube, with the parameter that names it."""
_MOST_HOPS = 3
_SAFE = "/@?=&"
_CLOCK = re.compile(r"(?:(?P<h>\d{1,3})h)?(?:(?P<m>\d{1,4})m)?(?:(?P<s>\d{1,6})s?)?", re.IGNORECASE)

Query = Mapping[str, str]


def claim(url: str) -> Link | None:
    """Return what a URL leads to; `None` when it is not YouTube's, or leads to nothing that can be fetched."""
    return _claim(url, _MOST_HOPS)


def _claim(url: str, hops: int) -> Link | None:
    try:
        parts = urlsplit(_unescaped(url))
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    path, query = unquote(parts.path), _query(parts.query)
    if host in _SHORT_HOSTS:
        return _video(path.strip("/").partition("/")[0], query)
    if _HOST.fullmatch(host) is None:
        return None
    if "/" in parts.fragment:  # addresses of old: /#/watch?v=…
        path, _, behind = parts.fragment.lstrip("!").partition("?")
        query = _query(behind)
    steps = [step for step in path.split("/") if step] or [""]
    target = next((query[name] for name in _FORWARDERS.get(steps[0], ()) if name in query), None)
    if target is not None:
        return _claim(urljoin(HOME, target), hops - 1) if hops else None
    return _of_path(steps, query)


def _unescaped(url: str) -> str:
    """Read what was copied out of a page's source."""
    if "&" not in url:
        return url
    from html import unescape  # noqa: PLC0415  # its table of names costs more than the rest of this module

    return unescape(url)


def _of_path(steps: list[str], query: Query) -> Link | None:
    first, second = steps[0], steps[1] if len(steps) > 1 else ""
    if first in _WATCH_PATHS and not second:
        return _video(query.get("v", ""), query) or (_list(query.get("list", "")) if first else None)
    if first == "playlist" or second == "videoseries":
        return _list(query.get("list", ""))
    if first in _VIDEO_PATHS:
        return _embedded(first, second, query)
    if first == "clip":
        return _link(LinkKind.CLIP, second, f"/clip/{second}") if _CLIP_ID.fullmatch(second) else None
    return _list(second.removeprefix("VL")) if first == "browse" and not _channel_id(second) else _channel(steps)


def _embedded(first: str, second: str, query: Query) -> Link | None:
    if second == "live_stream":
        return _channel(["channel", query.get("channel", ""), "live"])
    return _video(second, query, kind=_KINDS.get(first, LinkKind.VIDEO))


_KINDS: Mapping[str, LinkKind] = {"shorts": LinkKind.SHORT, "live": LinkKind.LIVE}


def _video(text: str, query: Query, *, kind: LinkKind = LinkKind.VIDEO) -> Link | None:
    """Claim a video; as on YouTube itself, what stands behind the eleven characters does not matter."""
    found = _ID.match(text)
    if found is None:
        return None
    within = query.get("list", "")
    has_page = _LIST.fullmatch(within) is not None and _PERSONAL.fullmatch(within) is None
    path = f"/shorts/{found[0]}" if kind is LinkKind.SHORT else f"/watch?v={found[0]}"
    return _link(
        kind,
        found[0],
        path,
        hints=_times(query),
        within=f"{HOME}/playlist?list={within}" if has_page else None,
    )


def _list(list_id: str) -> Link | None:
    if _ALBUM.fullmatch(list_id):
        url = f"https://music.youtube.com/browse/{list_id}"
        return Link(plugin=PLUGIN, kind=LinkKind.PLAYLIST, media_id=list_id, url=url)
    is_list = _LIST.fullmatch(list_id) is not None
    return _link(LinkKind.PLAYLIST, list_id, f"/playlist?list={list_id}") if is_list else None


def _channel(steps: list[str]) -> Link | None:
    """Claim a channel by its id, handle or name, with the tab that is open."""
    name, rest = _channel_name(steps)
    if name is None:
        return None
    tab = rest[0] if rest else DEFAULT_TAB
    if tab == "live":
        return _link(LinkKind.LIVE, f"{name}/live", f"/{name}/live")
    tab = tab if tab in TABS else DEFAULT_TAB
    media_id = name if tab == DEFAULT_TAB else f"{name}/{tab}"
    return _link(LinkKind.CHANNEL, media_id.removeprefix("channel/"), f"/{name}/{tab}")


def _channel_name(steps: list[str]) -> tuple[str | None, list[str]]:
    """Return how a path names a channel, and what follows the name."""
    first, second = steps[0], steps[1] if len(steps) > 1 else ""
    if first in ("channel", "browse"):
        found = _channel_id(second)
        return (f"channel/{found}" if found else None), steps[2:]
    if first in ("c", "user"):
        return (f"{first}/{second}" if _NAME.fullmatch(second) else None), steps[2:]
    if first.startswith("@"):
        return (first if _NAME.fullmatch(first[1:]) else None), steps[1:]
    is_name = _RESERVED.fullmatch(first) is None and _NAME.fullmatch(first) is not None and "." not in first
    return (f"c/{first}" if is_name else None), steps[1:]


def _channel_id(text: str) -> str | None:
    return text if _CHANNEL_ID.fullmatch(text) else None


def _link(kind: LinkKind, media_id: str, path: str, *, hints: Query | None = None, within: str | None = None) -> Link:
    url = f"{HOME}{quote(path, safe=_SAFE)}"
    return Link(plugin=PLUGIN, kind=kind, media_id=media_id, url=url, hints=hints or {}, within=within)


def _query(text: str) -> dict[str, str]:
    """Read a query; of a parameter that stands there twice YouTube takes the first."""
    return dict(reversed(parse_qsl(text.replace("&amp;", "&"))))


def _times(query: Query) -> dict[str, str]:
    """Return from where to where the link wishes to be played, in whole seconds."""
    start_s = next((found for name in ("t", "start", "time_continue") if (found := _seconds(query.get(name, "")))), 0)
    end_s = _seconds(query.get("end", ""))
    return ({"t": str(start_s)} if start_s else {}) | ({"end": str(end_s)} if end_s > start_s else {})


def _seconds(text: str) -> int:
    """Read `90`, `90s` or `1h2m3s`; 0 for anything else."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return 0
    hours, minutes, seconds = (int(found[name] or 0) for name in ("h", "m", "s"))
    return (hours * 60 + minutes) * 60 + seconds
